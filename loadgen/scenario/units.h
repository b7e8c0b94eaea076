// Quantities as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/units.h"

namespace loadgen {

// Of a metric; behind it the base in which its values are kept.
enum class Unit : std::uint8_t {
  kTime,       // ns
  kSize,       // bytes
  kBandwidth,  // bytes per second
  kRate,       // per second
  kShare,      // 0 to 1
  kCount,      // a whole number
  kNumber,     // any other
};

// A value as a scenario writes it: "50ms", "1KiB", "10KiB/s", "99/s", "99.9%", "1_000", "1.5".
wire::Parsed<double> parse_quantity(std::string_view text, Unit unit);

// In place of a percentile with too few samples beyond it (loadgen/measure/percentile.h).
inline constexpr std::string_view kTooFewSamples = "n<";

// "1.23 ms", three significant digits; a count has all of its digits, and a share as many as tell it from the whole.
std::string quantity_text(double value, Unit unit);
// The same with as many digits as tell the value from `limit`: a limit of 50 ms is not broken by "50.0 ms".
std::string quantity_text(double value, Unit unit, double limit);

std::string human_time(double ns);
std::string human_bytes(double bytes);
std::string three_digits(double value);

}  // namespace loadgen
