// pushbench: the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "loadgen/commands.h"
#include "loadgen/version.h"

namespace {

constexpr const char* kExamples = R"(
Examples:
  pushbench run scenarios/quickstart.yaml                      every technique side by side, report in results/
  pushbench run scenarios/quickstart.yaml --only sse,websocket --set subscribers=100 --out /tmp/first
  pushbench run scenarios/smoke/*.yaml --repeat 3
  pushbench check scenarios/quickstart.yaml                    says what would be measured, or what is wrong
  pushbench report results/a results/b -o both.html            one page from several results

Exit codes: 0 good, 1 a threshold is broken, 2 usage or scenario error, 3 the measurement is invalid, 130/143 interrupted.
)";

std::string typed_command(int argc, char** argv) {
  std::string command = "pushbench";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" '\"$*?<>|&;()\\\n\t") == std::string::npos;
    command += plain ? " " + word : " '" + word + "'";
  }
  return command;
}

void add_run(CLI::App& app, loadgen::RunOptions& options, int& code) {
  CLI::App* run = app.add_subcommand("run", "Run every technique of a scenario; write result.json and report.html");
  run->add_option("SCENARIO", options.scenarios, "Scenario files (YAML)")->required();
  run->add_option("--out", options.directory, "Folder for the result; default results/<scenario>-<time>")->type_name("DIR");
  run->add_option("--only", options.only, "Only these techniques or variants, separated by commas (\"sse,polling 1s\")")
      ->delimiter(',')->type_name("NAME");
  run->add_option("--set", options.overrides, "Replace a value of the scenario (\"publish.rate=50/s\"); repeatable")
      ->type_name("KEY=VALUE")->allow_extra_args(false);
  run->add_option("--repeat", options.repeat, "Repetitions, interleaved over the techniques")->check(CLI::Range(1, 1000))->type_name("N");
  run->add_option("--seed", options.seed, "Seed of everything random; default: a new one, kept in the result")->type_name("N");
  run->add_flag("--quiet", options.quiet, "No progress");
  run->add_flag("--no-report", options.no_report, "Write result.json only");
  run->footer(kExamples);
  run->callback([&] { code = loadgen::run_command(options); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Pushbench: load testing and benchmarking for server push. Measures what one publish costs and how long it takes to reach\n"
               "every subscriber, for polling, long polling, HTTP streaming, SSE and WebSocket.");
  app.footer(kExamples);
  app.set_version_flag("--version", fmt::format("pushbench {}{}{}", loadgen::kVersion, *loadgen::kCommit == 0 ? "" : " ", loadgen::kCommit));
  app.require_subcommand(1);
  int code = 0;

  loadgen::RunOptions run_options;
  run_options.command = typed_command(argc, argv);
  add_run(app, run_options, code);

  std::vector<std::string> scenarios;
  std::vector<std::string> overrides;
  CLI::App* check = app.add_subcommand("check", "Read scenarios, say what they would measure, and every error in them");
  check->add_option("SCENARIO", scenarios, "Scenario files (YAML)")->required();
  check->add_option("--set", overrides, "Replace a value of the scenario")->type_name("KEY=VALUE")->allow_extra_args(false);
  check->footer("\nExample:\n  pushbench check scenarios/quickstart.yaml --set subscribers=5000\n");
  check->callback([&] { code = loadgen::check_command(scenarios, overrides); });

  std::vector<std::string> directories;
  std::string file = "report.html";
  CLI::App* report = app.add_subcommand("report", "Make the HTML report of one or more results");
  report->add_option("DIR", directories, "Folders with a result.json")->required();
  report->add_option("-o,--output", file, "The page")->type_name("FILE")->capture_default_str();
  report->footer("\nExample:\n  pushbench report results/monday results/tuesday -o week.html\n");
  report->callback([&] { code = loadgen::report_command(directories, file); });

  CLI::App* techniques = app.add_subcommand("techniques", "List the techniques and their options");
  techniques->callback([&] { code = loadgen::techniques_command(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);
    return shown == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "pushbench: {}\n", error.what());
    return 3;
  }
  return code;
}
