#include "loadgen/measure/fanout.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace measure {
namespace {

wire::Time at(std::int64_t nanos) {
  return wire::Time(wire::Nanos(nanos));
}

std::vector<std::int64_t> spreads_of(const FanOut& fan_out) {
  std::vector<std::int64_t> values;
  fan_out.spreads().for_each_bucket(
      [&](std::int64_t lowest, std::int64_t, std::uint64_t count) { values.insert(values.end(), count, lowest); });
  return values;
}

TEST(FanOut, measures_from_the_first_to_the_last_receiver_in_any_order) {
  FanOut fan_out(10, 3);
  fan_out.arrived(10, at(5000));
  fan_out.arrived(10, at(5400));
  fan_out.arrived(10, at(5100));
  fan_out.arrived(11, at(7000));
  fan_out.arrived(11, at(6000));
  EXPECT_EQ(spreads_of(fan_out), (std::vector<std::int64_t>{400, 1000}));
  EXPECT_EQ(fan_out.receivers(10), 3U);
  EXPECT_EQ(fan_out.receivers(12), 0U);
}

TEST(FanOut, leaves_out_messages_with_one_receiver_or_none) {
  FanOut fan_out(0, 2);
  fan_out.arrived(0, at(100));
  EXPECT_EQ(fan_out.spreads().count(), 0U);
}

TEST(FanOut, counts_receivers_at_the_same_instant_as_a_spread_of_zero) {
  FanOut fan_out(0, 1);
  fan_out.arrived(0, at(0));
  fan_out.arrived(0, at(0));
  EXPECT_EQ(spreads_of(fan_out), (std::vector<std::int64_t>{0}));
}

TEST(FanOut, ignores_messages_outside_its_range) {
  FanOut fan_out(10, 2);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{9}, std::uint64_t{12}, ~std::uint64_t{0}}) {
    fan_out.arrived(index, at(1));
    fan_out.arrived(index, at(2));
  }
  EXPECT_EQ(fan_out.spreads().count(), 0U);
}

TEST(FanOut, merges_to_what_one_thread_would_have_seen) {
  std::mt19937_64 random(3);
  FanOut one(0, 50);
  std::vector<FanOut> threads(4, FanOut(0, 50));
  for (int arrival = 0; arrival < 2000; ++arrival) {
    const std::uint64_t index = random() % 60;
    const auto time = at(static_cast<std::int64_t>(random() % 1'000'000'000));
    one.arrived(index, time);
    threads[random() % (index % 4 + 1)].arrived(index, time);  // some messages are unknown to some threads
  }
  FanOut merged;
  for (FanOut& thread : threads) merged.merge(std::move(thread));
  EXPECT_EQ(threads.back().size(), 0U) << "its memory is given back";
  EXPECT_EQ(spreads_of(merged), spreads_of(one));
  for (std::uint64_t index = 0; index < 50; ++index) EXPECT_EQ(merged.receivers(index), one.receivers(index));
}

TEST(FanOut, of_no_message_holds_nothing_and_ignores_what_arrives) {
  FanOut fan_out;
  fan_out.arrived(0, at(1));
  fan_out.arrived(0, at(2));
  EXPECT_EQ(fan_out.size(), 0U);
  EXPECT_EQ(fan_out.spreads().count(), 0U);
}

TEST(FanOut, saturates_a_spread_beyond_18_minutes) {
  FanOut fan_out(0, 1);
  fan_out.arrived(0, at(0));
  fan_out.arrived(0, at(3'000'000'000'000));
  EXPECT_EQ(fan_out.spreads().max(), Histogram::highest_at(Histogram::index_of(FanOut::kMaxSpread)));
}

}  // namespace
}  // namespace measure
