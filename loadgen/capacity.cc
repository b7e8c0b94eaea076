#include "loadgen/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "loadgen/saturation.h"
#include "loadgen/verdicts.h"

namespace loadgen {

namespace {

std::string with_unit(Quantity quantity, std::int64_t load) {
  return fmt::format("{} {}", wire::format_count(static_cast<std::uint64_t>(load)),
                     quantity == Quantity::kRate ? "messages/s"
                     : load == 1                 ? "subscriber"
                                                 : "subscribers");
}

// Messages per second that reached their subscribers while measuring, counted or not.
double delivered_rate(const RunResult& run) {
  double deliveries = 0, seconds = 0;
  for (const SeriesRow& row : run.series) {
    if (!row.measuring) continue;
    deliveries += static_cast<double>(row.delivered);
    seconds += std::chrono::duration<double>(row.length).count();
  }
  if (seconds <= 0 || run.subscribers == 0) return 0;
  return deliveries / seconds * static_cast<double>(run.topics) / static_cast<double>(run.subscribers);
}

// What the server did not carry; empty: it carried all of it.
std::string shortcoming(const CapacityPlan& plan, const Scenario& scenario, const RunResult& run) {
  if (!run.server_ended.empty()) return run.server_ended;
  if (run.connected < run.subscribers) {
    return fmt::format("{} of {} subscribers were connected", wire::format_count(run.connected),
                       wire::format_count(run.subscribers));
  }
  for (const Warning& warning : run.warnings) {
    if (warning.rule == 11 && warning.level != Level::kInfo) return warning.message;
  }
  const std::vector<Group> groups = group_runs(scenario, {&run, 1});
  for (const Threshold& threshold : plan.until.thresholds) {
    const Judgement judgement = judge(threshold, measured(groups.front(), threshold));
    if (!judgement.holds) return judgement.text;
  }
  return {};
}

}  // namespace

std::string_view find_name(Quantity quantity) {
  return quantity == Quantity::kRate ? "max-rate" : "max-subscribers";
}

CapacityStep judge_step(const CapacityPlan& plan, const Scenario& scenario, std::int64_t offered,
                        const RunResult& run) {
  CapacityStep step;
  step.offered = offered;
  // What the warm-up left behind may arrive on top.
  step.achieved = plan.quantity == Quantity::kRate ? std::min(delivered_rate(run), static_cast<double>(offered))
                                                   : static_cast<double>(run.connected);
  step.expected = run.expected;
  step.missing = run.missing;
  step.latency = measure::summarise(run.recorder.delivery_latency, run.expected);
  step.reason = shortcoming(plan, scenario, run);
  step.verdict = step.reason.empty() ? StepVerdict::kHolds : StepVerdict::kBroken;
  if (step.verdict == StepVerdict::kHolds) return step;
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
  if (!carried) {
    if (!too_much) return "nothing was measured" + stop;
    if (limit == Limit::kGenerator)
      return fmt::format("unknown: the generator was the limit at {}{}", with_unit(quantity, *too_much), stop);
    return fmt::format("less than {}{}", with_unit(quantity, *too_much), stop);
  }
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
      return fmt::format("at least {}{}", load,
                         capacity.interrupted ? stop : " (there were no more steps: --max-steps)");
  }
  return load;
}

std::string search_problem(const CapacityPlan& plan, const Scenario& scenario) {
  if (scenario.publish.arrivals == Arrivals::kRamp)
    return fmt::format("--find needs a steady rate, and {} has publish.arrivals: ramp; use constant", scenario.path);
  if (plan.bounds.at_most < plan.bounds.from) {
    return fmt::format("--at-most {} is less than what {} begins with: {}", plan.bounds.at_most, scenario.path,
                       with_unit(plan.quantity, plan.bounds.from));
  }
  for (const Threshold& threshold : plan.until.thresholds) {
    const bool asks = threshold.metric == Metric::kRoundTrip;
    const auto polls = [](const Variant& variant) { return variant.technique->name == "polling"; };
    if (asks && !std::ranges::all_of(scenario.variants, polls))
      return fmt::format("--until '{}': only polling has a round trip; choose it with --only", threshold.text);
  }
  return {};
}

std::int64_t load_of(Quantity quantity, const Scenario& scenario) {
  if (quantity == Quantity::kSubscribers) return scenario.subscribers;
  return std::max<std::int64_t>(1, std::llround(scenario.publish.rate.per_second()));
}

Scenario with_load(const Scenario& scenario, Quantity quantity, std::int64_t load) {
  Scenario changed = scenario;
  if (quantity == Quantity::kSubscribers) {
    changed.subscribers = load;
    // An empty topic has nobody to deliver to.
    changed.topics = std::min(changed.topics, load);
  } else {
    changed.publish.rate = {load, std::chrono::seconds(1)};
  }
  return changed;
}

}  // namespace loadgen
