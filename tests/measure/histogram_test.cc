#include "loadgen/measure/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <tuple>
#include <vector>

namespace measure {
namespace {

std::vector<std::int64_t> log_uniform_values(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(0, std::log(3.6e12));
  std::vector<std::int64_t> values(count);
  for (auto& value : values) value = static_cast<std::int64_t>(std::exp(exponent(random)));
  return values;
}

Histogram histogram_of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const auto value : values) histogram.record(value);
  return histogram;
}

using Bucket = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;
std::vector<Bucket> buckets_of(const Histogram& histogram) {
  std::vector<Bucket> buckets;
  histogram.for_each_bucket([&](std::int64_t lowest, std::int64_t highest, std::uint64_t count) {
    buckets.emplace_back(lowest, highest, count);
  });
  return buckets;
}

TEST(Histogram, has_a_counter_for_each_value_below_2048) {
  for (std::int64_t value = 0; value < 2048; ++value) {
    const auto index = Histogram::index_of(value);
    EXPECT_EQ(index, static_cast<std::size_t>(value));
    EXPECT_EQ(Histogram::lowest_at(index), value);
    EXPECT_EQ(Histogram::highest_at(index), value);
  }
}

// The layout worked out by hand from the description: 2,048 counters, then 1,024 for each doubling.
TEST(Histogram, places_larger_values_as_the_layout_says) {
  struct Row {
    std::int64_t value;
    std::size_t index;
    std::int64_t lowest;
    std::int64_t highest;
  };
  for (const Row& row : {Row{2048, 2048, 2048, 2049}, Row{2049, 2048, 2048, 2049}, Row{4095, 3071, 4094, 4095},
                         Row{4096, 3072, 4096, 4099}, Row{1'000'000, 11169, 999'936, 1'000'447},
                         Row{3'600'000'000'000, 33420, 3'599'182'594'048, 3'601'330'077'695}}) {
    SCOPED_TRACE(row.value);
    EXPECT_EQ(Histogram::index_of(row.value), row.index);
    EXPECT_EQ(Histogram::lowest_at(row.index), row.lowest);
    EXPECT_EQ(Histogram::highest_at(row.index), row.highest);
  }
}

TEST(Histogram, leaves_no_value_out_between_two_counters) {
  for (std::size_t index = 1; index < Histogram::kCounters; ++index) {
    ASSERT_EQ(Histogram::lowest_at(index), Histogram::highest_at(index - 1) + 1) << index;
    ASSERT_LE(Histogram::highest_at(index) - Histogram::lowest_at(index), Histogram::lowest_at(index) / 1024) << index;
  }
}

TEST(Histogram, answers_quantiles_like_a_sorted_vector_within_three_digits) {
  for (const std::size_t size : {1U, 2U, 3U, 7U, 10U, 100U, 999U, 1000U, 5000U}) {
    auto values = log_uniform_values(size, size);
    const Histogram histogram = histogram_of(values);
    std::sort(values.begin(), values.end());
    for (const int permille : {1, 10, 250, 500, 900, 990, 999, 1000}) {
      // The smallest value that at least q of all do not exceed, in integers.
      const std::size_t rank = std::max<std::size_t>(1, (size * static_cast<std::size_t>(permille) + 999) / 1000);
      const std::int64_t exact = values[rank - 1];
      EXPECT_EQ(histogram.value_at_quantile(permille / 1000.0), Histogram::highest_at(Histogram::index_of(exact)))
          << size << " values, " << permille;
    }
    EXPECT_EQ(histogram.count(), size);
    EXPECT_EQ(histogram.min(), Histogram::lowest_at(Histogram::index_of(values.front())));
    EXPECT_EQ(histogram.max(), Histogram::highest_at(Histogram::index_of(values.back())));
  }
}

TEST(Histogram, does_not_skip_a_rank_when_the_quantile_is_inexact_in_binary) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 100; ++value) histogram.record(value);
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.value_at_quantile(percent / 100.0), percent);
  }
}

TEST(Histogram, takes_a_quantile_out_of_range_to_the_nearer_end) {
  Histogram histogram;
  histogram.record(5'000);
  histogram.record(7'000);
  EXPECT_EQ(histogram.value_at_quantile(0), histogram.min());
  EXPECT_EQ(histogram.value_at_quantile(-1), histogram.min());
  EXPECT_EQ(histogram.value_at_quantile(std::nan("")), histogram.min());
  EXPECT_EQ(histogram.value_at_quantile(2), histogram.max());
}

TEST(Histogram, says_zero_when_empty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.value_at_quantile(0.5), 0);
  EXPECT_TRUE(buckets_of(histogram).empty());
}

TEST(Histogram, means_exactly_below_2048_and_within_three_digits_above) {
  Histogram small;
  small.record(1, 3);
  small.record(2047);
  EXPECT_DOUBLE_EQ(small.mean(), 2050 / 4.0);
  const auto values = log_uniform_values(10'000, 4);
  double total = 0;
  for (const auto value : values) total += static_cast<double>(value);
  const double exact = total / static_cast<double>(values.size());
  EXPECT_NEAR(histogram_of(values).mean(), exact, exact / 1000);
}

TEST(Histogram, counts_values_outside_its_range_and_keeps_the_total) {
  Histogram histogram;
  histogram.record(-1);
  histogram.record(std::numeric_limits<std::int64_t>::min(), 2);
  histogram.record(Histogram::kHighestTrackable);
  histogram.record(Histogram::kHighestTrackable + 1);
  histogram.record(std::numeric_limits<std::int64_t>::max(), 4);
  EXPECT_EQ(histogram.count(), 9U);
  EXPECT_EQ(histogram.below_range(), 3U);
  EXPECT_EQ(histogram.above_range(), 5U);
  const auto top = Histogram::index_of(Histogram::kHighestTrackable);
  const std::vector<Bucket> expected = {{0, 0, 3}, {Histogram::lowest_at(top), Histogram::highest_at(top), 6}};
  EXPECT_EQ(buckets_of(histogram), expected);
}

TEST(Histogram, merges_to_the_union) {
  const auto left = log_uniform_values(3000, 1);
  const auto right = log_uniform_values(2000, 2);
  auto both = left;
  both.insert(both.end(), right.begin(), right.end());
  Histogram merged = histogram_of(left);
  Histogram other = histogram_of(right);
  merged.record(-1);
  other.record(Histogram::kHighestTrackable + 1, 3);
  merged.merge(other);
  Histogram together = histogram_of(both);
  together.record(-1);
  together.record(Histogram::kHighestTrackable + 1, 3);
  EXPECT_EQ(buckets_of(merged), buckets_of(together));
  EXPECT_EQ(merged.count(), together.count());
  EXPECT_EQ(merged.below_range(), 1U);
  EXPECT_EQ(merged.above_range(), 3U);
}

TEST(Histogram, takes_what_never_came_for_infinity) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 99; ++value) histogram.record(value);
  EXPECT_EQ(histogram.value_at_quantile_of(0.5, 100), 50);
  EXPECT_EQ(histogram.value_at_quantile_of(0.99, 100), 99);
  EXPECT_EQ(histogram.value_at_quantile_of(0.999, 100), std::nullopt);
  EXPECT_EQ(histogram.value_at_quantile_of(1, 100), std::nullopt);
  EXPECT_EQ(histogram.value_at_quantile_of(0.5, 198), 99);
  EXPECT_EQ(histogram.value_at_quantile_of(0.5, 199), std::nullopt);
  EXPECT_EQ(histogram.value_at_quantile_of(1, 99), 99);
  EXPECT_EQ(histogram.value_at_quantile_of(1, 10), 99);  // fewer expected than came
  EXPECT_EQ(Histogram().value_at_quantile_of(0.5, 10), std::nullopt);
  EXPECT_EQ(Histogram().value_at_quantile_of(0, 0), std::nullopt);
}

TEST(Summary, has_no_quantile_where_deliveries_are_missing) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 995; ++value) histogram.record(value);
  const Summary summary = summarise(histogram, 1000);
  EXPECT_EQ(summary.count, 995U);
  EXPECT_EQ(summary.expected, 1000U);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.at(0.5), 500);
  EXPECT_EQ(summary.at(0.75), 750);
  EXPECT_EQ(summary.at(0.9), 900);
  EXPECT_EQ(summary.at(0.95), 950);
  EXPECT_EQ(summary.at(0.99), 990);
  EXPECT_EQ(summary.at(0.999), std::nullopt);
  EXPECT_EQ(summary.at(0.9999), std::nullopt);
  EXPECT_EQ(summary.max, std::nullopt);
  EXPECT_DOUBLE_EQ(summary.mean.value(), 498);
  EXPECT_EQ(summarise(histogram).max, 995);
}

TEST(Summary, is_empty_when_nothing_came) {
  const Summary summary = summarise(Histogram(), 10);
  EXPECT_EQ(summary.count, 0U);
  EXPECT_EQ(summary.expected, 10U);
  EXPECT_FALSE(summary.min || summary.mean || summary.max);
  for (const Percentile& percentile : kPercentiles) EXPECT_EQ(summary.at(percentile.quantile), std::nullopt);
}

TEST(Quantiles, of_one_pass_are_those_that_each_pass_finds) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 3'000; ++value)
    histogram.record(value * value, static_cast<std::uint64_t>(value % 4));
  const std::vector<double> quantiles = {0, 0.001, 0.5, 0.5, 0.75, 0.9, 0.98, 0.99, 0.9999, 1};
  for (const std::uint64_t missing : {0, 1, 100}) {
    const std::uint64_t expected = histogram.count() + missing;
    const auto found = histogram.values_at_quantiles_of(quantiles, expected);
    for (std::size_t i = 0; i < quantiles.size(); ++i)
      EXPECT_EQ(found[i], histogram.value_at_quantile_of(quantiles[i], expected)) << quantiles[i] << ' ' << missing;
  }
  EXPECT_EQ(Histogram().values_at_quantiles_of(quantiles, 0).front(), std::nullopt);
}

}  // namespace
}  // namespace measure
