#include "loadgen/measure/steadiness.h"

#include <gtest/gtest.h>

namespace measure {
namespace {

TEST(Steadiness, PutsAMessageIntoTheBlockOfItsNumber) {
  Steadiness steadiness(100, 30);
  for (std::uint64_t message = 90; message < 140; ++message) steadiness.record(message, std::chrono::milliseconds(3));
  for (std::size_t block = 0; block < Steadiness::kBlocks; ++block) EXPECT_EQ(steadiness.count(block), 2u) << block;
}

TEST(Steadiness, MediansAreOfTheirBlockWithinASixteenth) {
  Steadiness steadiness(0, 15);
  for (std::uint64_t message = 0; message < 15; ++message) {
    const auto ns = static_cast<std::int64_t>((message + 1) * 1'000'000);
    steadiness.record(message, wire::Nanos(ns));
    steadiness.record(message, wire::Nanos(ns));
    steadiness.record(message, std::chrono::seconds(5));
    ASSERT_TRUE(steadiness.median(message));
    EXPECT_LE(*steadiness.median(message), ns);
    EXPECT_GE(*steadiness.median(message), ns - ns / 16);
    EXPECT_EQ(steadiness.count_above(message, 1'000'000'000), 1u);
    EXPECT_EQ(steadiness.count_above(message, 0), 3u);
    EXPECT_EQ(steadiness.count_above(message, 5'000'000'000), 0u);
  }
}

TEST(Steadiness, SlotsRiseWithTheValueUpToAnHour) {
  std::size_t last = 0;
  for (std::int64_t ns = 1; ns <= 3'600'000'000'000; ns += ns / 40 + 1) {
    const std::size_t slot = Steadiness::slot_of(ns);
    EXPECT_GE(slot, last);
    EXPECT_LT(slot, Steadiness::kSlots);
    last = slot;
  }
  EXPECT_EQ(Steadiness::slot_of(-5), Steadiness::slot_of(0));
  EXPECT_EQ(Steadiness::slot_of(INT64_MAX), Steadiness::kSlots - 1);
}

TEST(Steadiness, MergedThreadsAreAsOne) {
  Steadiness a(0, 15), b(0, 15);
  a.record(3, std::chrono::milliseconds(1));
  b.record(3, std::chrono::milliseconds(9));
  b.record(3, std::chrono::milliseconds(9));
  a.merge(b);
  EXPECT_EQ(a.count(3), 3u);
  EXPECT_GT(*a.median(3), 8'000'000);
  EXPECT_FALSE(a.median(4));
}

}  // namespace
}  // namespace measure
