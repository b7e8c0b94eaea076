// What the repetitions of one variant say together, beyond their merged histograms: confidence intervals over
// repetitions.
#pragma once

#include <string_view>
#include <vector>

#include "loadgen/judge/verdicts.h"
#include "loadgen/measure/confidence.h"

namespace loadgen {

struct MetricConfidence {
  std::string_view metric;  // "delivery_latency.p50", "bytes_per_delivery", as in thresholds
  enum class Unit : std::uint8_t { kNanos, kBytes } unit;
  measure::Confidence interval;
};

// Of every metric that each repetition of the group has; a percentile needs ten deliveries beyond it in each. Empty
// with fewer than three repetitions, and where all are invalid.
std::vector<MetricConfidence> confidence_of(const VariantSummary& group);

}  // namespace loadgen
