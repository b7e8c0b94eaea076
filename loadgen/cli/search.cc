#include "loadgen/cli/search.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "loadgen/host/terminal.h"
#include "loadgen/measure/percentile.h"
#include "loadgen/scenario/units.h"

namespace loadgen {

namespace {

constexpr Nanos kStep = std::chrono::seconds(5);
constexpr std::int64_t kTimesTheScenario = 1000;

// Fills what all scenarios have in common; returns the error or "".
std::string read_options(const SearchArguments& arguments, SearchSettings& settings, Nanos& step) {
  if (arguments.find == find_name(Quantity::kSubscribers)) {
    settings.quantity = Quantity::kSubscribers;
  } else if (arguments.find != find_name(Quantity::kRate)) {
    return fmt::format("--find {}: write max-rate or max-subscribers", arguments.find);
  }
  auto until = parse_condition(arguments.until, metric_infos());
  if (!until) return "--until: " + until.error;
  settings.until = std::move(*until.value);
  const auto precision = wire::parse_fraction(arguments.precision);
  if (!precision || *precision.value <= 0)
    return fmt::format("--precision {}: {}", arguments.precision,
                       precision ? "must be greater than 0" : precision.error);
  settings.bounds.precision = *precision.value;
  settings.bounds.most_steps = static_cast<std::size_t>(arguments.max_steps);
  if (arguments.step.empty()) return "";
  const auto typed = wire::parse_duration(arguments.step);
  if (!typed || *typed.value == Nanos(0))
    return fmt::format("--step {}: {}", arguments.step, typed ? "must be longer than 0" : typed.error);
  step = *typed.value;
  return "";
}

// What a scenario does for its own load only: every step would pay for it, and at another one it means nothing.
void leave_out_the_rest(Scenario& scenario) {
  scenario.phases.memory.counts.clear();
  scenario.phases.idle = Nanos(0);
  scenario.thresholds.clear();
}

constexpr std::string_view kColumns = "{:>12}  {:>12}  {:>13}  {:>10}  {}";

std::string_view verdict_text(StepVerdict verdict) {
  switch (verdict) {
    case StepVerdict::kHolds:
      return "carried";
    case StepVerdict::kBroken:
      return "too much: ";
    case StepVerdict::kGenerator:
      return "generator-limited: ";
    case StepVerdict::kUnknown:
      return "unknown: ";
  }
  return "";
}

std::string p99_text(const measure::Summary& latency) {
  if (latency.expected == 0) return "-";
  const auto p99 = latency.at(0.99);
  if (!p99) return "not delivered";
  return measure::enough_beyond(0.99, latency.expected) ? human_time(static_cast<double>(*p99))
                                                        : std::string(kTooFewSamples);
}

}  // namespace

CLI::Option* add_search_options(CLI::App& run, SearchArguments& arguments) {
  CLI::Option* find =
      run.add_option("--find", arguments.find,
                     "Instead of one load, search for the greatest that the server carries, beginning with the "
                     "scenario's: max-rate or max-subscribers; each step is a run")
          ->type_name("WHAT");
  run.add_option("--until", arguments.until,
                 "What must hold for a load to be carried: thresholds joined by \"and\" (\"delivery_latency.p99 < "
                 "100ms and missing == 0\")")
      ->type_name("CONDITION");
  run.add_option("--at-most", arguments.at_most, "Never offer more; default a thousand times the scenario's load")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  run.add_option("--precision", arguments.precision, "End when carried and too much are so close")
      ->type_name("SHARE")
      ->capture_default_str();
  run.add_option("--max-steps", arguments.max_steps, "Runs of each technique")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  run.add_option("--step", arguments.step,
                 "Measured time of each step; default the scenario's, at most 5s; longer, up to 60s, where the "
                 "condition takes more deliveries")
      ->type_name("TIME");
  for (const char* name : {"--find", "--until", "--at-most", "--precision", "--max-steps", "--step"}) {
    CLI::Option* option = run.get_option(name);
    option->group("Capacity search");
    if (option != find) option->needs(find);
  }
  return find->needs(run.get_option("--until"));
}

wire::Parsed<std::vector<SearchSettings>> plan_searches(const SearchArguments& arguments,
                                                        std::span<Scenario> scenarios) {
  std::vector<SearchSettings> searches;
  if (arguments.find.empty() && arguments.until.empty()) return {std::move(searches), {}};
  SearchSettings common;
  Nanos step{0};
  if (std::string error = read_options(arguments, common, step); !error.empty()) return {{}, error};
  for (Scenario& scenario : scenarios) {
    SearchSettings& search = searches.emplace_back(common);
    search.longest_step = std::max(search.longest_step, scenario.phases.measure);
    leave_out_the_rest(scenario);
    scenario.phases.measure = step > Nanos(0) ? step : std::min(scenario.phases.measure, kStep);
    search.bounds.from = load_of(search.quantity, scenario);
    search.bounds.least = least_load(search.quantity, scenario);
    search.bounds.at_most = arguments.at_most > 0 ? arguments.at_most : search.bounds.from * kTimesTheScenario;
    search.bounds.at_most = std::min(search.bounds.at_most, greatest_load(search.quantity, scenario));
    if (std::string problem = search_problem(search, scenario); !problem.empty()) return {{}, problem};
  }
  return {std::move(searches), {}};
}

CampaignOutcome find_capacity(const Scenario& scenario, const SearchSettings& settings, const CampaignOptions& options,
                              const ProcessLimits& limits, Progress& progress) {
  const auto line = [](std::string_view text) { print(stdout, std::string(text) + "\n"); };
  const auto found = [&](const Capacity& capacity) {
    line(fmt::format("{}: {}", capacity.variant->label(), capacity_text(settings.quantity, capacity)));
  };
  const CapacityEvents events{
      .on_begin =
          [&](const Variant& variant) {
            line(fmt::format("\n{}: {} until {}", variant.label(), find_name(settings.quantity), settings.until.text));
            line(step_heading(settings.quantity));
          },
      .on_step = [&](const CapacityStep& step) { line(step_line(step)); },
      .on_found = found};
  CampaignOutcome outcome = run_capacity(scenario, settings, options, limits, progress, events);
  line(fmt::format("\n{}: {} until {}", scenario.name, find_name(settings.quantity), settings.until.text));
  std::ranges::for_each(outcome.campaign.capacities, found);
  for (const Warning& warning : outcome.campaign.warnings)
    line(fmt::format("{}  {}", level_name(warning.level), warning.message));
  return outcome;
}

std::string step_heading(Quantity quantity) {
  const bool rate = quantity == Quantity::kRate;
  return fmt::format(fmt::runtime(kColumns), rate ? "offered/s" : "subscribers", rate ? "achieved/s" : "connected",
                     "p99", "missing", "verdict");
}

std::string step_line(const CapacityStep& step) {
  return fmt::format(fmt::runtime(kColumns), wire::format_count(static_cast<std::uint64_t>(step.offered)),
                     wire::format_count(static_cast<std::uint64_t>(step.achieved + 0.5)), p99_text(step.latency),
                     wire::format_count(step.missing), fmt::format("{}{}", verdict_text(step.verdict), step.reason));
}

}  // namespace loadgen
