// What reading the text of a threshold takes to know of a metric. The metrics themselves are one table,
// loadgen/judge/metrics.h, which is handed to whoever reads a scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "loadgen/scenario/units.h"

namespace loadgen {

enum class Better : std::uint8_t { kNone, kLess, kMore };

// What a run must have for a metric to be measured.
enum class Needs : std::uint8_t { kNothing, kServer /* its process */, kPolls };

struct MetricInfo {
  std::string_view name;  // "delivery_latency"; of static storage
  Unit unit = Unit::kCount;
  bool is_distribution = false;  // a threshold on it needs an aggregation
  Better better = Better::kNone;
  Needs needs = Needs::kNothing;
};

// One number of a distribution.
struct Aggregation {
  enum class Kind : std::uint8_t { kNone, kMin, kMean, kPercentile, kMax };
  Kind kind = Kind::kNone;
  std::string_view name{};  // "p99"; empty: of no distribution
  double quantile = 0;      // kPercentile
};
// min, mean, the percentiles (measure::kPercentiles), max.
std::span<const Aggregation> aggregations();
const Aggregation* find_aggregation(std::string_view name);  // null: there is none

}  // namespace loadgen
