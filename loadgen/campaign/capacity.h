// `pushbench run --find`: how much a server carries before a condition no longer holds, for each technique of a
// scenario. Each step of the search is a full run with another load.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/campaign/capacity_search.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/condition.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

enum class Quantity : std::uint8_t { kRate, kSubscribers };
std::string_view find_name(Quantity quantity);  // "max-rate", "max-subscribers"

struct SearchSettings {
  Quantity quantity = Quantity::kRate;
  Condition until;
  SearchBounds bounds;                           // messages per second over all topics, or subscribers
  Nanos longest_step{std::chrono::seconds(60)};  // to which the condition may lengthen one
};

struct CapacityStep {
  std::int64_t offered = 0;
  double achieved = 0;  // messages per second that arrived while measuring, or subscribers that were connected in time
  StepVerdict verdict = StepVerdict::kBroken;
  std::string reason;  // what was broken, unknown, or of the generator the limit; empty when the condition held
  std::uint64_t expected = 0;
  std::uint64_t missing = 0;
  measure::Summary latency;  // of delivery; count 0 when nothing ran
};

// Of one technique and variant.
struct Capacity {
  const Variant* variant = nullptr;
  std::vector<CapacityStep> steps;  // in the order they ran
  SearchOutcome outcome;
  bool interrupted = false;  // `outcome` is what was known by then
};

// Whether a server carried the load of `run`: it ended as it should, everyone was connected before `measure` began, the
// rate was reached (rule 11), something was measured, and the condition held. `scenario` is that of the run.
CapacityStep judge_step(const SearchSettings& plan, const Scenario& scenario, std::int64_t offered,
                        const RunResult& run);

// "2,340 messages/s", "1 subscriber".
std::string with_unit(Quantity quantity, std::int64_t load);
// "2,340 messages/s; 2,460 were too much", "at least 8,000 messages/s (the generator was the limit)".
std::string capacity_text(Quantity quantity, const Capacity& capacity);

// What is wrong with searching in this scenario; empty: nothing.
std::string search_problem(const SearchSettings& plan, const Scenario& scenario);
// The scenario's own load: where a search begins.
std::int64_t load_of(Quantity quantity, const Scenario& scenario);
// The least that there is anything to measure of, and the greatest that a scenario may ask for.
std::int64_t least_load(Quantity quantity, const Scenario& scenario);
std::int64_t greatest_load(Quantity quantity, const Scenario& scenario);
// The scenario with another load, and with what follows from it: what each subscriber publishes stays, no topic is left
// without a receiver, and the ramp is long enough for all to connect.
Scenario with_load(const Scenario& scenario, Quantity quantity, std::int64_t load);
// The same, measured for as long as the condition takes.
Scenario step_scenario(const SearchSettings& plan, const Scenario& scenario, std::int64_t load);

}  // namespace loadgen
