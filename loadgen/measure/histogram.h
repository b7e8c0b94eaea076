// A histogram of nanoseconds in the layout of HdrHistogram (Gil Tene, public domain): 3 significant digits from 1 ns to
// 1 h.
//
// The layout, with lowest discernible value 1 and 3 digits: values below 2,048 (the power of two above 2 x 10^3) have a
// counter each; every following power of two is cut into 1,024 counters. So a counter at value v is at most v / 1,024
// wide, and its index is two shifts and an addition. 33,792 counters of 8 bytes: 264 KiB.
//
// As in HdrHistogram, min, max, mean and quantiles are read from the counters, not kept beside them: what a decoded or
// merged histogram says is what the original said, and p50 <= ... <= p9999 <= max always holds.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "loadgen/measure/percentile.h"
#include "wire/time.h"

namespace measure {

using wire::Nanos;

// Memory from calloc() that nobody writes to until it counts: pages of counters that are not in use take none. A thread
// has a dozen histograms, of which it uses a few pages each.
template <typename T>
struct Zeroed {
  using value_type = T;
  Zeroed() = default;
  template <typename U>
  explicit Zeroed(const Zeroed<U>&) {}
  T* allocate(std::size_t count) {
    void* memory = std::calloc(count, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  void construct(T*) {}  // is 0 already
  template <typename... Arguments>
  void construct(T* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) T(std::forward<Arguments>(arguments)...);
  }
  bool operator==(const Zeroed&) const = default;
};

// Owned by one thread; threads merge at join.
class Histogram {
 public:
  static constexpr int kSignificantDigits = 3;
  static constexpr std::int64_t kLowestDiscernible = 1;                 // ns
  static constexpr std::int64_t kHighestTrackable = 3'600'000'000'000;  // ns, 1 h
  static constexpr int kSubBucketBits = 11;                             // 2,048 counters in the first bucket
  static constexpr int kBuckets = 32;                                   // 2,048 << 31 is the first power above 1 h
  static constexpr std::size_t kCounters = std::size_t{kBuckets + 1} << (kSubBucketBits - 1);

  Histogram() : counts_(kCounters) {}

  void record(Nanos value) { record(value.count(), 1); }
  // A value below 0 is recorded as 0 and counted in below_range(); one above kHighestTrackable is recorded as
  // kHighestTrackable and counted in above_range(). So count() is always the number recorded.
  void record(std::int64_t value, std::uint64_t count = 1) {
    // As unsigned, a negative value is above the limit too: one branch for both.
    if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(kHighestTrackable)) [[unlikely]] {
      value = clamp(value, count);
    }
    counts_[index_of(value)] += count;
    count_ += count;
  }

  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  std::uint64_t below_range() const { return below_range_; }
  std::uint64_t above_range() const { return above_range_; }

  // The lowest value of the lowest counter in use, the highest of the highest, and the mean of the counters' middles; 0
  // when empty.
  std::int64_t min() const;
  std::int64_t max() const;
  double mean() const;

  // The highest value equivalent to the smallest recorded value that at least q of all recorded values do not exceed; 0
  // when empty. For q = 0 it is min(). q outside [0, 1] is taken to the nearer end.
  std::int64_t value_at_quantile(double q) const { return q > 0 ? value_at_rank(rank_of(q, count_)) : min(); }

  // The same over `expected` values of which expected - count() never came and count as +infinity: nullopt when the
  // quantile is one of those, or when nothing was expected. `expected` below count() is taken as count().
  std::optional<std::int64_t> value_at_quantile_of(double q, std::uint64_t expected) const;

  // The same of several quantiles, which must rise, in one pass over the counters.
  std::vector<std::optional<std::int64_t>> values_at_quantiles_of(std::span<const double> quantiles,
                                                                  std::uint64_t expected) const;

  // Calls f(lowest, highest, count) for each counter in use, in rising order; both ends belong to the counter.
  template <typename F>
  void for_each_bucket(F&& f) const {
    for (std::size_t index = 0; index < kCounters; ++index) {
      if (counts_[index] != 0) f(lowest_at(index), highest_at(index), counts_[index]);
    }
  }

  // For the codec: the counters in the order of the layout.
  std::span<const std::uint64_t, kCounters> counters() const {
    return std::span<const std::uint64_t, kCounters>(counts_);
  }
  void add_at(std::size_t index, std::uint64_t count) {  // requires index < kCounters
    counts_[index] += count;
    count_ += count;
  }

  static constexpr std::size_t index_of(std::int64_t value) {  // requires 0 <= value <= kHighestTrackable
    const auto bits = static_cast<std::uint64_t>(value);
    // The bucket is the number of bits beyond the first 11; the shifted value is in [1,024, 2,047] from bucket 1 on.
    const int bucket = std::bit_width(bits | kSubBucketMask) - kSubBucketBits;
    return (static_cast<std::size_t>(bucket) << (kSubBucketBits - 1)) + static_cast<std::size_t>(bits >> bucket);
  }
  static constexpr std::int64_t lowest_at(std::size_t index) {
    const int bucket = bucket_at(index);
    return static_cast<std::int64_t>(index - (static_cast<std::size_t>(bucket) << (kSubBucketBits - 1))) << bucket;
  }
  static constexpr std::int64_t highest_at(std::size_t index) {
    return lowest_at(index) + (std::int64_t{1} << bucket_at(index)) - 1;
  }

 private:
  static constexpr std::uint64_t kSubBucketMask = (1U << kSubBucketBits) - 1;

  static constexpr int bucket_at(std::size_t index) {
    const int half = static_cast<int>(index >> (kSubBucketBits - 1));
    return half == 0 ? 0 : half - 1;
  }
  static std::uint64_t rank_of(double q, std::uint64_t total);  // 1-based
  std::int64_t value_at_rank(std::uint64_t rank) const;
  std::int64_t clamp(std::int64_t value, std::uint64_t count);

  std::vector<std::uint64_t, Zeroed<std::uint64_t>> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t below_range_ = 0;
  std::uint64_t above_range_ = 0;
};

// What the result file says of a histogram, in its unit. The percentiles and max are over `expected` values: with one
// value missing max is nullopt (it never came), with 1 % missing p99 is the last that is not. min and mean are of the
// values that came; everything is nullopt when none did.
struct Summary {
  std::uint64_t count = 0;
  std::uint64_t expected = 0;
  std::optional<std::int64_t> min, max;
  std::optional<double> mean;
  std::array<std::optional<std::int64_t>, kPercentiles.size()> percentiles;  // in the order of kPercentiles
  std::optional<std::int64_t> at(double quantile) const;                     // requires one of kPercentiles
};
Summary summarise(const Histogram& histogram, std::uint64_t expected);
inline Summary summarise(const Histogram& histogram) {
  return summarise(histogram, histogram.count());
}

}  // namespace measure
