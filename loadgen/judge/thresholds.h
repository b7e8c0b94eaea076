// Thresholds against what was measured, over all repetitions of a technique and variant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loadgen/judge/variant_summary.h"
#include "loadgen/scenario/threshold.h"

namespace loadgen {

enum class Answer : std::uint8_t { kMet, kBroken, kUnknown };

struct ThresholdOutcome {
  const Threshold* threshold = nullptr;
  const VariantSummary* group = nullptr;
  MetricValue value;
  Answer answer = Answer::kUnknown;
  std::string measured;  // "61.2 ms", "not delivered", "not measured"
  std::string text;      // "delivery_latency.p99 < 50ms: measured 61.2 ms"
};

// A quantity that was not measured breaks every threshold on it: a check that cannot be made must not pass. A
// percentile with too few samples beyond it was measured: it is judged, and the text says how little it rests on.
// Unknown where the runs are invalid. `threshold` and `group` must outlive the outcome.
ThresholdOutcome judge(const Threshold& threshold, const VariantSummary& group);
// The same of a value alone.
ThresholdOutcome judge(const Threshold& threshold, MetricValue value);

std::vector<ThresholdOutcome> check_thresholds(const Scenario& scenario, std::span<const VariantSummary> groups);

}  // namespace loadgen
