#include "loadgen/measure/confidence.h"

#include <array>
#include <cmath>

namespace measure {

namespace {

// The 97.5 % quantile of Student's t with 1, 2, ... degrees of freedom; beyond the table it falls towards 1.960.
double t_quantile(std::size_t freedom) {
  constexpr std::array<double, 30> kTable = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                             2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                             2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  if (freedom <= kTable.size()) return kTable[freedom - 1];
  return 1.960 + 2.46 / static_cast<double>(freedom);  // within 0.001 of the true value from 31 on
}

}  // namespace

std::optional<Confidence> confidence_of(std::span<const double> repetitions) {
  if (repetitions.size() < 3) return std::nullopt;
  const auto count = static_cast<double>(repetitions.size());
  double sum = 0;
  for (const double value : repetitions) {
    if (!(value > 0) || !std::isfinite(value)) return std::nullopt;
    sum += std::log(value);
  }
  const double mean = sum / count;
  double squares = 0;
  for (const double value : repetitions) squares += (std::log(value) - mean) * (std::log(value) - mean);
  const double error = std::sqrt(squares / (count - 1) / count);
  const double reach = t_quantile(repetitions.size() - 1) * error;
  return Confidence{std::exp(mean), std::exp(mean - reach), std::exp(mean + reach)};
}

}  // namespace measure
