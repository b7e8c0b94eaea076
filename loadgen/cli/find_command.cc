#include "loadgen/cli/find_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "loadgen/campaign/capacity_campaign.h"

namespace loadgen {

namespace {

constexpr Nanos kStep = std::chrono::seconds(5);
constexpr std::int64_t kTimesTheScenario = 1000;

// Fills what all scenarios have in common; returns the error or "".
std::string read_options(const RunOptions& options, SearchSettings& plan, Nanos& step) {
  if (options.find == find_name(Quantity::kSubscribers)) {
    plan.quantity = Quantity::kSubscribers;
  } else if (options.find != find_name(Quantity::kRate)) {
    return fmt::format("--find {}: write max-rate or max-subscribers", options.find);
  }
  auto until = parse_condition(options.until);
  if (!until) return "--until: " + until.error;
  plan.until = std::move(*until.value);
  const auto precision = wire::parse_fraction(options.precision);
  if (!precision || *precision.value <= 0)
    return fmt::format("--precision {}: {}", options.precision, precision ? "must be greater than 0" : precision.error);
  plan.bounds.precision = *precision.value;
  plan.bounds.most_steps = static_cast<std::size_t>(options.max_steps);
  if (options.step.empty()) return "";
  const auto typed = wire::parse_duration(options.step);
  if (!typed || *typed.value == Nanos(0))
    return fmt::format("--step {}: {}", options.step, typed ? "must be longer than 0" : typed.error);
  step = *typed.value;
  return "";
}

// What a scenario does for its own load only: every step would pay for it, and at another one it means nothing.
void leave_out_the_rest(Scenario& scenario) {
  scenario.phases.memory.counts.clear();
  scenario.phases.idle = Nanos(0);
  scenario.thresholds.clear();
}

}  // namespace

wire::Parsed<std::vector<SearchSettings>> plan_searches(const RunOptions& options, std::span<Scenario> scenarios) {
  SearchSettings common;
  Nanos step{0};
  if (std::string error = read_options(options, common, step); !error.empty()) return {{}, error};
  std::vector<SearchSettings> plans;
  for (Scenario& scenario : scenarios) {
    SearchSettings& plan = plans.emplace_back(common);
    plan.longest_step = std::max(plan.longest_step, scenario.phases.measure);
    leave_out_the_rest(scenario);
    scenario.phases.measure = step > Nanos(0) ? step : std::min(scenario.phases.measure, kStep);
    plan.bounds.from = load_of(plan.quantity, scenario);
    plan.bounds.least = least_load(plan.quantity, scenario);
    plan.bounds.at_most = options.at_most > 0 ? options.at_most : plan.bounds.from * kTimesTheScenario;
    plan.bounds.at_most = std::min(plan.bounds.at_most, greatest_load(plan.quantity, scenario));
    if (std::string problem = search_problem(plan, scenario); !problem.empty()) return {{}, problem};
  }
  return {std::move(plans), {}};
}

int find_capacity(const Scenario& scenario, const SearchSettings& plan, const CampaignOptions& options,
                  const ProcessLimits& limits, Progress& progress) {
  const PrintLine print = [](std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  const CampaignOutcome outcome = run_capacity(scenario, plan, options, limits, progress, print);
  print(fmt::format("\n{}: {} until {}", scenario.name, find_name(plan.quantity), plan.until.text));
  for (const Capacity& capacity : outcome.campaign.capacities)
    print(fmt::format("{}: {}", capacity.variant->label(), capacity_text(plan.quantity, capacity)));
  for (const Warning& warning : outcome.campaign.warnings)
    print(fmt::format("{}  {}", level_name(warning.level), warning.message));
  if (!outcome.error.empty()) fmt::print(stderr, "pushbench: {}\n", outcome.error);
  if (!outcome.write_error.empty()) fmt::print(stderr, "pushbench: {}\n", outcome.write_error);
  return search_exit_code(outcome);
}

}  // namespace loadgen
