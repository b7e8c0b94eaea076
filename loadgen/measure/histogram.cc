#include "loadgen/measure/histogram.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace measure {

static_assert(Histogram::index_of(Histogram::kHighestTrackable) < Histogram::kCounters);
static_assert(Histogram::highest_at(Histogram::kCounters - 1) > Histogram::kHighestTrackable);

std::int64_t Histogram::clamp(std::int64_t value, std::uint64_t count) {
  if (value < 0) {
    below_range_ += count;
    return 0;
  }
  above_range_ += count;
  return kHighestTrackable;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t index = 0; index < kCounters; ++index) {
    if (other.counts_[index] != 0) counts_[index] += other.counts_[index];  // else the page may stay untouched
  }
  count_ += other.count_;
  below_range_ += other.below_range_;
  above_range_ += other.above_range_;
}

void Histogram::clear() {
  for (std::uint64_t& count : counts_) {
    if (count != 0) count = 0;
  }
  count_ = below_range_ = above_range_ = 0;
}

std::int64_t Histogram::min() const {
  for (std::size_t index = 0; index < kCounters; ++index) {
    if (counts_[index] != 0) return lowest_at(index);
  }
  return 0;
}

std::int64_t Histogram::max() const {
  for (std::size_t index = kCounters; index-- > 0;) {
    if (counts_[index] != 0) return highest_at(index);
  }
  return 0;
}

double Histogram::mean() const {
  if (count_ == 0) return 0;
  double total = 0;
  for_each_bucket([&total](std::int64_t lowest, std::int64_t highest, std::uint64_t count) {
    // HdrHistogram's median equivalent value: a counter of width 1 stands for its value, a wider one for its middle.
    const std::int64_t middle = lowest + (highest - lowest + 1) / 2;
    total += static_cast<double>(middle) * static_cast<double>(count);
  });
  return total / static_cast<double>(count_);
}

std::uint64_t Histogram::rank_of(double q, std::uint64_t total) {
  if (!(q > 0) || total == 0) return 1;  // rank 1 of nothing is not there: callers find rank > count
  if (q >= 1) return total;
  // As HdrHistogram: one step below q, so that 0.07 x 100 (7.000000000000001) is rank 7 and not 8.
  const double rank = std::ceil(std::nextafter(q, 0.0) * static_cast<double>(total));
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, total);
}

std::int64_t Histogram::value_at_rank(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < kCounters; ++index) {
    seen += counts_[index];
    if (seen >= rank) return highest_at(index);
  }
  return 0;
}

std::optional<std::int64_t> Histogram::value_at_quantile_of(double q, std::uint64_t expected) const {
  const std::uint64_t rank = rank_of(q, std::max(expected, count_));
  if (rank > count_) return std::nullopt;
  return q > 0 ? value_at_rank(rank) : min();
}

std::vector<std::optional<std::int64_t>> Histogram::values_at_quantiles_of(std::span<const double> quantiles,
                                                                           std::uint64_t expected) const {
  std::vector<std::optional<std::int64_t>> values;
  values.reserve(quantiles.size());
  std::uint64_t seen = 0;
  std::size_t index = 0;  // the counters before it hold `seen`
  for (const double q : quantiles) {
    const std::uint64_t rank = rank_of(q, std::max(expected, count_));
    if (rank > count_) {
      values.emplace_back();
      continue;
    }
    while (seen < rank) seen += counts_[index++];
    values.emplace_back(q > 0 ? highest_at(index - 1) : min());
  }
  return values;
}

std::optional<std::int64_t> Summary::at(double quantile) const {
  const auto* found = std::ranges::find(kPercentiles, quantile, &Percentile::quantile);
  if (found == kPercentiles.end()) throw std::invalid_argument("no reported percentile");
  return percentiles[static_cast<std::size_t>(found - kPercentiles.begin())];
}

Summary summarise(const Histogram& histogram, std::uint64_t expected) {
  Summary summary;
  summary.count = histogram.count();
  summary.expected = std::max(expected, histogram.count());
  if (histogram.count() == 0) return summary;
  summary.min = histogram.min();
  summary.mean = histogram.mean();
  std::array<double, kPercentiles.size()> quantiles{};
  std::ranges::transform(kPercentiles, quantiles.begin(), &Percentile::quantile);
  std::ranges::move(histogram.values_at_quantiles_of(quantiles, expected), summary.percentiles.begin());
  summary.max = histogram.value_at_quantile_of(1, expected);
  return summary;
}

}  // namespace measure
