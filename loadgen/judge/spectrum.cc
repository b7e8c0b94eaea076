#include "loadgen/judge/spectrum.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "loadgen/measure/percentile.h"

namespace loadgen {

namespace {

constexpr int kPoints = 150;
constexpr int kPointsLeft = 30;  // more between 1 and kLeft, where few of the even ones fall
constexpr double kLeft = 1.6;
constexpr double kStops[] = {0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999};  // where an axis has its ticks

std::vector<double> quantiles_up_to(double last) {
  const double end = 1 / (1 - last);
  std::vector<double> list;
  for (int i = 0; i < kPoints; ++i) list.push_back(1 - 1 / std::pow(end, static_cast<double>(i) / (kPoints - 1)));
  for (int i = 0; i < kPointsLeft; ++i)
    list.push_back(1 - 1 / (1 + (std::min(kLeft, end) - 1) * static_cast<double>(i) / (kPointsLeft - 1)));
  for (const double stop : kStops) {
    if (stop <= last) list.push_back(stop);
  }
  // Points that only rounding tells apart are one.
  for (double& quantile : list) quantile = std::round(quantile * 1e12) / 1e12;
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
  return list;
}

}  // namespace

Spectrum spectrum_of(const Metric& metric, const MergedDistribution& merged, std::span<const RunResult* const> runs) {
  Spectrum spectrum;
  const auto recorded = static_cast<double>(merged.whole.count), expected = static_cast<double>(merged.whole.expected);
  if (recorded == 0 || expected <= measure::kSamplesBeyond) return spectrum;
  spectrum.quantile = quantiles_up_to(std::min(1 - measure::kSamplesBeyond / expected, recorded / expected));
  for (const auto value : merged.histogram.values_at_quantiles_of(spectrum.quantile, merged.whole.expected)) {
    if (value) spectrum.value.push_back(*value);
  }
  spectrum.quantile.resize(spectrum.value.size());  // those that were not delivered are the last ones
  if (runs.size() < 2) return spectrum;
  std::vector<std::vector<std::optional<std::int64_t>>> each;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    each.push_back(metric.histogram(*runs[i]).values_at_quantiles_of(spectrum.quantile, merged.each[i].expected));
  }
  for (std::size_t point = 0; point < spectrum.quantile.size(); ++point) {
    std::vector<std::int64_t> known;
    for (const auto& values : each) {
      if (values[point]) known.push_back(*values[point]);
    }
    const bool all = known.size() == each.size();
    spectrum.least.push_back(all ? std::optional(std::ranges::min(known)) : std::nullopt);
    spectrum.greatest.push_back(all ? std::optional(std::ranges::max(known)) : std::nullopt);
  }
  return spectrum;
}

}  // namespace loadgen
