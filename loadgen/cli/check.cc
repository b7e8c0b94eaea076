// `pushbench check`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "loadgen/cli/commands.h"
#include "loadgen/cli/scenarios.h"
#include "loadgen/host/terminal.h"

namespace loadgen {

namespace {

struct CheckArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> overrides;
};

int check(const CheckArguments& arguments) {
  const auto scenarios = load_scenarios(arguments.scenarios, arguments.overrides);
  if (!scenarios) return kUsageError;
  const ProcessLimits limits = limits_for(*scenarios);
  bool fit = true;
  for (const Scenario& scenario : *scenarios) {
    const std::vector<Preflight> checks = preflight(scenario, limits);
    print(stdout, fmt::format("{}  limits of this machine\n{}", describe(scenario), preflight_text(checks, false)));
    fit = fit && !is_fatal(checks);
  }
  return fit ? 0 : kNotMeasured;
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "check",
      "Read scenarios, say what they would measure, every error in them, and whether this machine can carry them");
  const auto arguments = std::make_shared<CheckArguments>();
  command->add_option("SCENARIO", arguments->scenarios, "Scenario files (YAML)")->required();
  command->add_option("--set", arguments->overrides, "Replace a value of the scenario")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->footer("\nExample:\n  pushbench check scenarios/quickstart.yaml --set subscribers=5000\n");
  command->callback([&invocation, arguments] { invocation.exit_code = check(*arguments); });
}

}  // namespace loadgen
