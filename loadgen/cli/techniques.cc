// `pushbench techniques`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "loadgen/cli/commands.h"
#include "loadgen/clients/technique.h"
#include "loadgen/host/terminal.h"

namespace loadgen {

namespace {

int list_techniques() {
  for (const TechniqueInfo& technique : techniques()) {
    print(stdout, fmt::format("{}\n    {}\n", technique.name, technique.description));
    for (const OptionSpec& option : technique.options) {
      print(stdout, fmt::format("    {} (default {}): {}\n", option.key, option.fallback, option.description));
    }
  }
  return 0;
}

}  // namespace

void add_techniques(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("techniques", "List the techniques and their options");
  command->callback([&invocation] { invocation.exit_code = list_techniques(); });
}

}  // namespace loadgen
