// `pushbench report`: the page is made by reports/, a Python program.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "loadgen/cli/commands.h"
#include "loadgen/host/child_process.h"
#include "loadgen/host/paths.h"
#include "loadgen/host/terminal.h"

extern char** environ;

namespace loadgen {

namespace {

struct ReportArguments {
  std::vector<std::string> directories;
  std::string file = "report.html";
};

}  // namespace

int make_report(const std::vector<std::string>& directories, const std::string& file) {
  std::vector<std::string> words = {kPython, "-m", "pushbench_report"};
  words.insert(words.end(), directories.begin(), directories.end());
  words.insert(words.end(), {"-o", file});
  const std::vector<char*> pointers = arguments_of(words);
  setenv("PYTHONPATH", reports_directory().c_str(), 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 0);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, kPython, nullptr, nullptr, pointers.data(), environ);
  if (error != 0) {
    complain(
        fmt::format("cannot start {} for the report: {} (`make deps` installs it)", kPython, std::strerror(error)));
    return kUsageError;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) {
    complain("the report was not written: its program was killed");
    return kNotMeasured;
  }
  const int code = WEXITSTATUS(status);
  if (code == 0) print(stdout, fmt::format("report: {}\n", file));
  // Python's code for an error that nobody foresaw is 1, which is a broken threshold here.
  return code == 0 || code == kUsageError ? code : kNotMeasured;
}

void add_report(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("report", "Make the HTML report of one or more results");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("DIR", arguments->directories, "Folders with a result.json")->required();
  command->add_option("-o,--output", arguments->file, "The page")->type_name("FILE")->capture_default_str();
  command->footer("\nExample:\n  pushbench report results/monday results/tuesday -o week.html\n");
  command->callback(
      [&invocation, arguments] { invocation.exit_code = make_report(arguments->directories, arguments->file); });
}

}  // namespace loadgen
