// A distribution of deliveries as a line over its percentiles: the points that a report draws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "loadgen/judge/metrics.h"

namespace loadgen {

// Columns of equal length, by rising quantile; they end with the last percentile that has ten deliveries beyond it, or
// with the last that was delivered. Even in log 1 / (1 - quantile), so that the tail has the room that it deserves.
struct Spectrum {
  std::vector<double> quantile;
  std::vector<std::int64_t> value;
  // The least and the greatest of the repetitions; empty with one, and nothing where one of them did not deliver it.
  std::vector<std::optional<std::int64_t>> least, greatest;
};

// Empty where nothing arrived, or too little.
Spectrum spectrum_of(const Metric& metric, const MergedDistribution& merged, std::span<const RunResult* const> runs);

}  // namespace loadgen
