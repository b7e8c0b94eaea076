// Whether a percentile rests on enough samples to be shown. With ten beyond it, its true place is within a factor of
// 0.4 to 1.7 of the share beyond.
#pragma once

#include <cstdint>

namespace measure {

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
