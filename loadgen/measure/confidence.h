// What a few repetitions say of a quantity: the unit of observation is the repetition, never the message, because
// messages of one run hang together.
#pragma once

#include <optional>
#include <span>

namespace measure {

struct Confidence {
  double middle = 0;  // geometric mean
  double low = 0;     // 95 % confidence interval
  double high = 0;
};

// Student's t on the logarithms: latencies and costs vary by factors, and the interval of a factor is never negative.
// Nothing with fewer than 3 values, or when one is not above 0 (or infinite: not delivered).
std::optional<Confidence> confidence_of(std::span<const double> repetitions);

}  // namespace measure
