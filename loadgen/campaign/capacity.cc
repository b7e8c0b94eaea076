#include "loadgen/campaign/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

#include "loadgen/campaign/capacity_step.h"
#include "loadgen/campaign/saturation.h"
#include "loadgen/judge/verdicts.h"

namespace loadgen {

namespace {

// Of a topic: one that is delivered to, beside the one who speaks and does not hear himself.
std::int64_t least_members(const Scenario& scenario) {
  return scenario.publish.echo ? 1 : 2;
}

// As connect.rate has it.
Nanos time_to_connect(const Scenario& scenario) {
  constexpr double kMost = 1e9;  // more than anybody waits, and less than Nanos holds
  const double seconds = static_cast<double>(scenario.subscribers) / scenario.connect.rate.per_second();
  return Nanos(std::llround(std::min(seconds, kMost) * 1e9));
}

constexpr std::string_view kNoMoreSteps = " (there were no more steps: --max-steps)";

// Why the last step said nothing.
std::string unknown_text(const Capacity& capacity) {
  return capacity.steps.empty() ? "unknown" : "unknown: " + capacity.steps.back().reason;
}

// Messages per second that reached their subscribers while measuring, counted or not.
double delivered_rate(const Scenario& scenario, const RunResult& run) {
  double deliveries = 0, seconds = 0;
  for (const SeriesRow& row : run.series) {
    if (!row.measuring) continue;
    deliveries += static_cast<double>(row.delivered);
    seconds += std::chrono::duration<double>(row.length).count();
  }
  return seconds > 0 && scenario.receivers() > 0 ? deliveries / seconds / scenario.receivers() : 0;
}

struct Finding {
  StepVerdict verdict = StepVerdict::kHolds;
  std::string reason;
};

// One part that is broken is enough; else nothing is known where one was not measured.
Finding check_condition(const SearchSettings& plan, const Scenario& scenario, const RunResult& run) {
  Finding found;
  const std::vector<VariantSummary> groups = group_runs(scenario, {&run, 1});
  for (const Threshold& threshold : plan.until.thresholds) {
    if (const std::uint64_t needed = deliveries_needed(threshold); run.expected < needed) {
      found = {StepVerdict::kUnknown, fmt::format("{}: takes {} deliveries, and {} were owed", threshold.text,
                                                  wire::format_count(needed), wire::format_count(run.expected))};
      continue;
    }
    const Judgement judgement = judge(threshold, measured(groups.front(), threshold));
    if (!judgement.known) {
      found = {StepVerdict::kUnknown, judgement.text};
    } else if (!judgement.holds) {
      return {StepVerdict::kBroken, judgement.text};
    }
  }
  return found;
}

// Rules of the load generator (saturation.h). What is invalid by one of them has latencies that are too great, never
// too small, so a condition that holds all the same holds of the server.
bool is_of_the_generator(int rule) {
  constexpr int kRules[] = {1, 9, 10, 12, 23};
  return std::ranges::find(kRules, rule) != std::end(kRules);
}

// What the server did not carry, or what nobody knows.
Finding shortcoming(const SearchSettings& plan, const Scenario& scenario, const RunResult& run) {
  if (!run.server_ended.empty()) return {StepVerdict::kBroken, run.server_ended};
  if (run.connected_in_time < run.subscribers) {
    return {StepVerdict::kBroken,
            fmt::format("{} of {} subscribers were connected in time", wire::format_count(run.connected_in_time),
                        wire::format_count(run.subscribers))};
  }
  for (const Warning& warning : run.warnings) {
    if (warning.rule == 11 && warning.level != Level::kInfo) return {StepVerdict::kBroken, warning.message};
  }
  if (run.expected == 0) return {StepVerdict::kUnknown, "no delivery was owed: nothing was measured"};
  for (const Warning& warning : run.warnings) {
    if (warning.level == Level::kInvalid && !is_of_the_generator(warning.rule))
      return {StepVerdict::kBroken, warning.message};
  }
  return check_condition(plan, scenario, run);
}

// Of a search that found no load that was carried.
std::string nothing_carried_text(Quantity quantity, const Capacity& capacity, const std::string& stop) {
  using Limit = SearchOutcome::Limit;
  const auto& [carried, too_much, limit] = capacity.outcome;
  const std::string less = too_much ? "less than " + with_unit(quantity, *too_much) : "unknown";
  switch (limit) {
    case Limit::kServer:
    case Limit::kAtMost:
      return less + stop;
    case Limit::kGenerator:
      return fmt::format("unknown: the generator was the limit at {}{}", with_unit(quantity, too_much.value_or(0)),
                         stop);
    case Limit::kSteps:
      if (capacity.interrupted && !too_much) return "nothing was measured" + stop;
      return less + (capacity.interrupted ? stop : std::string(kNoMoreSteps));
    case Limit::kUnknown:
      return too_much ? fmt::format("{} (then {}){}", less, unknown_text(capacity), stop)
                      : unknown_text(capacity) + stop;
  }
  return less;
}

}  // namespace

std::string with_unit(Quantity quantity, std::int64_t load) {
  return fmt::format("{} {}", wire::format_count(static_cast<std::uint64_t>(load)),
                     quantity == Quantity::kRate ? "messages/s"
                     : load == 1                 ? "subscriber"
                                                 : "subscribers");
}

std::string_view find_name(Quantity quantity) {
  return quantity == Quantity::kRate ? "max-rate" : "max-subscribers";
}

CapacityStep judge_step(const SearchSettings& plan, const Scenario& scenario, std::int64_t offered,
                        const RunResult& run) {
  CapacityStep step;
  step.offered = offered;
  // What the warm-up left behind may arrive on top.
  step.achieved = plan.quantity == Quantity::kRate
                      ? std::min(delivered_rate(scenario, run), static_cast<double>(offered))
                      : static_cast<double>(run.connected_in_time);
  step.expected = run.expected;
  step.missing = run.missing;
  step.latency = measure::summarise(run.recorder.delivery_latency, run.expected);
  Finding found = shortcoming(plan, scenario, run);
  step.verdict = found.verdict;
  step.reason = std::move(found.reason);
  if (step.verdict != StepVerdict::kBroken) return step;
  if (const std::string limit = generator_limit(run); !limit.empty()) {
    step.verdict = StepVerdict::kGenerator;
    step.reason = limit + "; " + step.reason;
  }
  return step;
}

std::string capacity_text(Quantity quantity, const Capacity& capacity) {
  using Limit = SearchOutcome::Limit;
  const auto& [carried, too_much, limit] = capacity.outcome;
  const std::string stop = capacity.interrupted ? " (interrupted)" : "";
  if (!carried) return nothing_carried_text(quantity, capacity, stop);
  const std::string load = with_unit(quantity, *carried);
  switch (limit) {
    case Limit::kServer:
      return fmt::format("{}; {} were too much{}", load, wire::format_count(static_cast<std::uint64_t>(*too_much)),
                         stop);
    case Limit::kGenerator:
      return fmt::format("at least {} (the generator was the limit){}", load, stop);
    case Limit::kAtMost:
      return fmt::format("at least {} (more was not offered: --at-most){}", load, stop);
    case Limit::kSteps:
      return fmt::format(
          "{}{}",
          too_much ? fmt::format("between {} and {}", wire::format_count(static_cast<std::uint64_t>(*carried)),
                                 with_unit(quantity, *too_much))
                   : "at least " + load,
          capacity.interrupted ? stop : kNoMoreSteps);
    case Limit::kUnknown:
      return fmt::format("at least {} (then {}){}", load, unknown_text(capacity), stop);
  }
  return load;
}

namespace {

// Whether the first step has something to be judged by.
std::string step_problem(const SearchSettings& plan, const Scenario& scenario) {
  const Scenario first = step_scenario(plan, scenario, plan.bounds.from);
  const std::uint64_t deliveries = deliveries_needed(plan.until);
  const Nanos needed = time_for(deliveries, first);
  if (first.phases.measure >= needed) return {};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(needed);
  return fmt::format("--until '{}': at {} of {} it takes {} until {}; write --step {}", plan.until.text,
                     with_unit(plan.quantity, plan.bounds.from), scenario.path, wire::format_duration(seconds),
                     deliveries == 1 ? "there is something to measure"
                                     : fmt::format("there are {} deliveries", wire::format_count(deliveries)),
                     wire::format_duration(seconds));
}

}  // namespace

std::string search_problem(const SearchSettings& plan, const Scenario& scenario) {
  if (scenario.publish.arrivals == Arrivals::kRamp)
    return fmt::format("--find needs a steady rate, and {} has publish.arrivals: ramp; use constant", scenario.path);
  if (plan.bounds.at_most < plan.bounds.from) {
    return fmt::format("--at-most {} is less than what {} begins with: {}", plan.bounds.at_most, scenario.path,
                       with_unit(plan.quantity, plan.bounds.from));
  }
  for (const Threshold& threshold : plan.until.thresholds) {
    if (threshold.metric != Metric::kRoundTrip) continue;
    const auto has_none = [](const Variant& variant) { return !variant.traits().times_round_trips; };
    const auto without = std::ranges::find_if(scenario.variants, has_none);
    if (without != scenario.variants.end()) {
      return fmt::format("--until '{}': {} has no round trip; choose with --only what has one", threshold.text,
                         without->label());
    }
  }
  return step_problem(plan, scenario);
}

std::int64_t load_of(Quantity quantity, const Scenario& scenario) {
  if (quantity == Quantity::kSubscribers) return scenario.subscribers;
  return std::max<std::int64_t>(1, std::llround(scenario.publish.rate.per_second()));
}

std::int64_t least_load(Quantity quantity, const Scenario& scenario) {
  return quantity == Quantity::kSubscribers ? least_members(scenario) : 1;
}

std::int64_t greatest_load(Quantity quantity, const Scenario& scenario) {
  if (quantity == Quantity::kRate) return static_cast<std::int64_t>(kMaxRate);
  const auto& each = scenario.publish.each;
  return each ? std::min(kMaxSubscribers, static_cast<std::int64_t>(kMaxRate / each->per_second())) : kMaxSubscribers;
}

Scenario with_load(const Scenario& scenario, Quantity quantity, std::int64_t load) {
  Scenario changed = scenario;
  if (quantity == Quantity::kRate) {
    changed.publish.rate = {load, std::chrono::seconds(1)};
    return changed;
  }
  changed.subscribers = load;
  changed.topics = std::clamp<std::int64_t>(load / least_members(scenario), 1, scenario.topics);
  if (const auto& each = scenario.publish.each) changed.publish.rate = {each->count * load, each->period};
  changed.phases.ramp = std::max(changed.phases.ramp, 2 * time_to_connect(changed));
  return changed;
}

Scenario step_scenario(const SearchSettings& plan, const Scenario& scenario, std::int64_t load) {
  Scenario step = with_load(scenario, plan.quantity, load);
  step.phases.measure = step_length(plan.until, step, plan.longest_step);
  return step;
}

}  // namespace loadgen
