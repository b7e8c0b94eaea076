// Quantities as people read them.
#pragma once

#include <string>
#include <string_view>

namespace loadgen {

// In place of a percentile with too few samples beyond it (loadgen/measure/percentile.h).
inline constexpr std::string_view kTooFewSamples = "n<";

// "1.23 ms", three significant digits.
std::string human_time(double ns);
std::string human_bytes(double bytes);
std::string three_digits(double value);

}  // namespace loadgen
