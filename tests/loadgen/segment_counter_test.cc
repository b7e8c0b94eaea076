#include "loadgen/run/segment_counter.h"

#include <gtest/gtest.h>

#include <vector>

namespace loadgen {
namespace {

// Subscribers of one connection each that come and go while they are counted.
struct Subscribers {
  explicit Subscribers(std::size_t count) : segments(count) {}
  void all_receive(std::uint64_t count) {
    for (auto& each : segments) each.in += count;
  }
  void reconnect(std::size_t place) {
    census.ended(place, segments[place]);
    segments[place] = {};
  }
  void read(std::size_t most) {
    census.read(segments.size(), most, [this](std::size_t place, net::Segments& sum) { sum += segments[place]; });
  }
  std::vector<net::Segments> segments;
  SegmentCounter census;
};

TEST(SegmentCounter, CountsEachSubscriberAsItWasWhenItWasRead) {
  Subscribers all(4);
  all.census.start();
  all.all_receive(10);
  all.read(2);
  EXPECT_FALSE(all.census.complete(4));
  all.all_receive(1);
  all.reconnect(0);  // was read with 10
  all.reconnect(3);  // was not: its 11 belong to the count, and the 5 of its next connection
  all.all_receive(5);
  all.read(2);
  EXPECT_TRUE(all.census.complete(4));
  EXPECT_EQ(all.census.total().in, 10U + 10 + 16 + 16);
  all.reconnect(1);
  EXPECT_EQ(all.census.total().in, 52U) << "nothing that comes later";
}

TEST(SegmentCounter, TwoOfThemDifferByWhatHappenedBetween) {
  Subscribers all(3);
  all.all_receive(7);
  all.reconnect(1);
  all.census.start();
  all.read(3);
  const std::uint64_t before = all.census.total().in;
  EXPECT_EQ(before, 21U);
  all.all_receive(100);
  all.reconnect(2);
  all.census.start();
  all.read(1);
  all.reconnect(0);
  all.read(2);
  EXPECT_EQ(all.census.total().in - before, 300U);
}

TEST(SegmentCounter, TakesInWhoConnectsMeanwhile) {
  Subscribers all(2);
  all.census.start();
  all.read(5);
  all.segments.resize(3);
  EXPECT_FALSE(all.census.complete(3));
  all.all_receive(1);
  all.read(5);
  EXPECT_EQ(all.census.total().in, 1U);
}

}  // namespace
}  // namespace loadgen
