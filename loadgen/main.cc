// pushbench: the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "loadgen/cli/commands.h"
#include "loadgen/clients/techniques.h"
#include "loadgen/host/terminal.h"
#include "loadgen/version.h"

namespace {

constexpr const char* kDescription =
    "Pushbench: load testing and benchmarking for server push. Measures what one publish costs and how long it takes "
    "to reach\nevery subscriber, over ";

constexpr const char* kExamples = R"(
Examples:
  pushbench run scenarios/quickstart.yaml                      every technique side by side, report in results/
  pushbench check scenarios/quickstart.yaml                    says what would be measured, or what is wrong
  pushbench report results/a results/b -o both.html            one page from several results
  pushbench listen 'http://127.0.0.1:8080/sse?topic=t'         one client by hand: what arrives, as JSON lines
  pushbench run --help                                         every option of a subcommand, and more examples

Exit codes: 0 good, 1 a threshold is broken (with --find: not even the least load was carried), 2 usage or scenario error,
3 the measurement is invalid (with --find: nobody knows what was carried), 129/130/143 interrupted.
)";

// The words as a shell takes them.
std::string typed_command(int argc, char** argv) {
  std::string command = "pushbench";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" '\"$*?<>|&;()\\\n\t") == std::string::npos;
    command += plain ? " " + word : " '" + word + "'";
  }
  return command;
}

int run_command_line(int argc, char** argv) {
  CLI::App app(kDescription + loadgen::technique_names([](const loadgen::TechniqueInfo&) { return true; }) + ".");
  app.footer(kExamples);
  app.set_version_flag("--version", fmt::format("pushbench {}{}{}", loadgen::kVersion,
                                                *loadgen::kCommit == 0 ? "" : " ", loadgen::kCommit));
  app.require_subcommand(1);
  loadgen::Invocation invocation{typed_command(argc, argv)};
  for (const auto add : {loadgen::add_run, loadgen::add_check, loadgen::add_report, loadgen::add_listen,
                         loadgen::add_fetch, loadgen::add_idle_server, loadgen::add_techniques})
    add(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool good = app.exit(error) == 0;  // prints the help, or what is wrong
    return good ? 0 : loadgen::kUsageError;
  } catch (const std::exception& error) {
    loadgen::complain(error.what());
    return loadgen::kNotMeasured;
  }
  return invocation.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run_command_line(argc, argv);
  std::string error = loadgen::output_error();
  if (error.empty() && !std::cout.flush()) error = "cannot write to standard output";
  if (!error.empty()) loadgen::complain(error);
  return code == 0 && !error.empty() ? loadgen::kNotMeasured : code;
}
