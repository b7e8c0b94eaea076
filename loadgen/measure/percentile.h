// The percentiles that are reported, everywhere the same ones, and whether one rests on enough samples to be shown.
// With ten beyond it, its true place is within a factor of 0.4 to 1.7 of the share beyond.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace measure {

struct Percentile {
  std::string_view name;  // as in thresholds and in result.json
  double quantile;
};
// In rising order.
inline constexpr std::array<Percentile, 7> kPercentiles = {
    {{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999}}};

inline constexpr double kSamplesBeyond = 10;

// `samples`: all that were expected, also those that never came.
constexpr double samples_beyond(double q, std::uint64_t samples) {
  return static_cast<double>(samples) * (1 - q);
}

// The margin is for what 1 - q loses: 1,000 samples have ten beyond the p99.
constexpr bool enough_beyond(double q, std::uint64_t samples) {
  return samples_beyond(q, samples) >= kSamplesBeyond - 1e-6;
}

}  // namespace measure
