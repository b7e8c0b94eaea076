#include "loadgen/measure/pacer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace measure {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Rate per_second(std::uint64_t events) {
  return Rate{events, seconds(1)};
}

struct Row {
  const char* name;
  Pacer pacer;
  std::uint64_t n;
  Nanos due;
};

TEST(Pacer, answers_by_arithmetic) {
  const Row rows[] = {
      {"the first message", Pacer::constant(per_second(10)), 0, Nanos(0)},
      {"ten a second", Pacer::constant(per_second(10)), 7, milliseconds(700)},
      {"three a second rounds down", Pacer::constant(per_second(3)), 1, Nanos(333'333'333)},
      {"three a second does not add the rounding up", Pacer::constant(per_second(3)), 3'000'000, seconds(1'000'000)},
      {"an hour at the highest rate", Pacer::constant(per_second(1'000'000)), 3'600'000'000, hours(1)},
      {"30 a minute", Pacer::constant(Rate{30, minutes(1)}), 45, seconds(90)},
      {"one in three seconds", Pacer::constant(Rate{1, seconds(3)}), 1'000'000'000, seconds(3'000'000'000)},
      {"beyond 292 years", Pacer::constant(Rate{1, hours(1)}), ~std::uint64_t{0}, Pacer::kNever},
      {"inside the first burst", Pacer::burst(per_second(100), 16), 15, Nanos(0)},
      {"the second burst", Pacer::burst(per_second(100), 16), 16, milliseconds(160)},
      {"inside the second burst", Pacer::burst(per_second(100), 16), 31, milliseconds(160)},
      {"bursts hold the mean rate for hours", Pacer::burst(per_second(1000), 7), 7 * 3'600'000, seconds(7 * 3600)},
      {"a ramp begins at once", Pacer::ramp(per_second(0), per_second(100), seconds(10)), 0, Nanos(0)},
      {"a ramp from 0: half of the messages at 1/sqrt(2)", Pacer::ramp(per_second(0), per_second(100), seconds(10)),
       125, seconds(5)},
      {"a ramp ends at (from + to) / 2 x duration", Pacer::ramp(per_second(50), per_second(150), seconds(10)), 1000,
       seconds(10)},
      {"a ramp goes on at its last rate", Pacer::ramp(per_second(50), per_second(150), seconds(10)), 1150, seconds(11)},
      {"a ramp does not drift", Pacer::ramp(per_second(0), per_second(1'000'000), seconds(2)),
       1'000'000 + 3'600'000'000, hours(1) + seconds(2)},
      {"a ramp down", Pacer::ramp(per_second(100), per_second(0), seconds(10)), 375, seconds(5)},
      {"a ramp down to 0 stops", Pacer::ramp(per_second(100), per_second(0), seconds(10)), 500, Pacer::kNever},
      {"a level ramp", Pacer::ramp(per_second(10), per_second(10), seconds(10)), 7, milliseconds(700)},
      {"a ramp of no length", Pacer::ramp(per_second(1), per_second(10), Nanos(0)), 7, milliseconds(700)},
      {"a ramp that ends between two messages", Pacer::ramp(per_second(1), per_second(2), seconds(1)), 2,
       milliseconds(1250)},
  };
  for (const Row& row : rows) EXPECT_EQ(row.pacer.due(row.n).count(), row.due.count()) << row.name;
}

std::vector<std::pair<const char*, Pacer>> every_kind() {
  return {{"constant", Pacer::constant(per_second(777))},
          {"slow", Pacer::constant(Rate{1, hours(1)})},
          {"fast", Pacer::constant(per_second(1'000'000'000))},
          {"poisson", Pacer::poisson(per_second(777), 42)},
          {"fast poisson", Pacer::poisson(per_second(1'000'000'000), 42)},
          {"burst", Pacer::burst(per_second(777), 10)},
          {"ramp up", Pacer::ramp(per_second(0), per_second(1000), seconds(60))},
          {"ramp down", Pacer::ramp(per_second(1000), per_second(10), seconds(60))},
          {"ramp to 0", Pacer::ramp(per_second(1000), per_second(0), seconds(60))}};
}

TEST(Pacer, never_goes_back) {
  for (const auto& [name, pacer] : every_kind()) {
    Nanos before = pacer.due(0);
    EXPECT_GE(before.count(), 0) << name;
    for (std::uint64_t n = 1; n < 200'000; ++n) {
      const Nanos now = pacer.due(n);
      ASSERT_LE(before.count(), now.count()) << name << " at " << n;
      before = now;
    }
    for (std::uint64_t n = 200'000; n < std::uint64_t{1} << 62; n *= 2) {
      ASSERT_LE(pacer.due(n - 1).count(), pacer.due(n).count()) << name << " at " << n;
    }
  }
}

TEST(Pacer, finds_the_first_message_of_a_window) {
  for (const auto& [name, pacer] : every_kind()) {
    for (std::int64_t offset :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999'999}, std::int64_t{1'000'000'000},
          std::int64_t{30'000'000'001}, std::int64_t{59'900'000'000}}) {
      const std::uint64_t n = pacer.first_at_or_after(Nanos(offset));
      if (n == std::numeric_limits<std::uint64_t>::max()) {
        EXPECT_STREQ(name, "ramp to 0");
        continue;
      }
      EXPECT_GE(pacer.due(n).count(), offset) << name;
      if (n > 0) {
        EXPECT_LT(pacer.due(n - 1).count(), offset) << name;
      }
    }
  }
}

TEST(Pacer, maps_windows_to_as_many_messages_as_the_rate_says) {
  const Pacer pacer = Pacer::constant(per_second(1000));
  EXPECT_EQ(pacer.first_at_or_after(seconds(2)), 2000U);
  EXPECT_EQ(pacer.first_at_or_after(seconds(2) + Nanos(1)), 2001U);
  EXPECT_EQ(pacer.first_at_or_after(Nanos(-5)), 0U);
  const Pacer bursts = Pacer::burst(per_second(100), 50);
  EXPECT_EQ(bursts.first_at_or_after(Nanos(1)), 50U);
  EXPECT_EQ(bursts.first_at_or_after(milliseconds(500)), 50U);
  const Pacer stops = Pacer::ramp(per_second(100), per_second(0), seconds(10));
  EXPECT_EQ(stops.first_at_or_after(seconds(10)), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(stops.first_at_or_after(Pacer::kNever), std::numeric_limits<std::uint64_t>::max());
}

TEST(Pacer, holds_the_mean_rate_of_a_poisson_schedule_exactly_in_every_cycle) {
  constexpr std::uint64_t kCycle = 65'536;
  const Pacer pacer = Pacer::poisson(per_second(kCycle), 7);
  for (const std::uint64_t cycles : {1U, 2U, 100U, 54'931U}) {
    EXPECT_EQ(pacer.due(cycles * kCycle - 1), Nanos(seconds(cycles))) << cycles;
  }
}

TEST(Pacer, spaces_poisson_messages_exponentially) {
  constexpr int kMessages = 65'536;
  const Pacer pacer = Pacer::poisson(per_second(1000), 11);
  // Of exponential gaps with mean m, exp(-k) are longer than k x m, and the deviation equals the mean.
  int longer[4] = {};
  double squares = 0;
  for (std::uint64_t n = 1; n < kMessages; ++n) {
    const double gap = static_cast<double>((pacer.due(n) - pacer.due(n - 1)).count()) / 1e6;
    squares += gap * gap;
    for (int k = 0; k < 4; ++k) longer[k] += gap > k ? 1 : 0;
  }
  for (int k = 0; k < 4; ++k) {
    const double expected = kMessages * std::exp(-k);
    EXPECT_NEAR(longer[k], expected, 5 * std::sqrt(expected) + 1) << k;
  }
  EXPECT_NEAR(squares / kMessages, 2, 0.1);
}

TEST(Pacer, repeats_a_poisson_schedule_by_its_seed) {
  const Pacer first = Pacer::poisson(per_second(1000), 1);
  const Pacer again = Pacer::poisson(per_second(1000), 1);
  const Pacer other = Pacer::poisson(per_second(1000), 2);
  int differing = 0;
  for (std::uint64_t n = 0; n < 1000; ++n) {
    EXPECT_EQ(first.due(n), again.due(n));
    differing += first.due(n) != other.due(n) ? 1 : 0;
  }
  EXPECT_GT(differing, 900);
}

TEST(Rate, takes_decimals_without_losing_them) {
  EXPECT_EQ(Rate::of_per_second(100), (Rate{100, seconds(1)}));
  EXPECT_EQ(Rate::of_per_second(0.5), (Rate{1, seconds(2)}));
  EXPECT_EQ(Rate::of_per_second(2.5), (Rate{5, seconds(2)}));
  EXPECT_EQ(Rate::of_per_second(0.000001), (Rate{1, seconds(1'000'000)}));
  EXPECT_EQ(Rate::of_per_second(0).events, 0U);
}

TEST(Pacer, refuses_what_cannot_be_scheduled) {
  EXPECT_THROW(Pacer::constant(per_second(0)), std::invalid_argument);
  EXPECT_THROW(Pacer::constant(per_second(1'000'000'001)), std::invalid_argument);
  EXPECT_THROW(Pacer::constant(Rate{1, Nanos(0)}), std::invalid_argument);
  EXPECT_THROW(Pacer::poisson(per_second(0), 1), std::invalid_argument);
  EXPECT_THROW(Pacer::burst(per_second(1), 0), std::invalid_argument);
  EXPECT_THROW(Pacer::burst(per_second(1), ~std::uint64_t{0}), std::invalid_argument);
  EXPECT_THROW(Pacer::ramp(per_second(0), per_second(0), seconds(1)), std::invalid_argument);
  EXPECT_THROW(Pacer::ramp(per_second(1), per_second(2), seconds(-1)), std::invalid_argument);
  EXPECT_THROW(Rate::of_per_second(-1), std::invalid_argument);
  EXPECT_THROW(Rate::of_per_second(std::nan("")), std::invalid_argument);
}

}  // namespace
}  // namespace measure
