#include "loadgen/target/memory_slope.h"

#include <gtest/gtest.h>

namespace loadgen {
namespace {

MemoryPoint at(std::uint64_t subscribers, std::optional<std::uint64_t> server,
               std::optional<std::uint64_t> generator = {}) {
  MemoryPoint point;
  point.subscribers = subscribers;
  point.server.pss_bytes = server;
  point.generator.pss_bytes = generator;
  return point;
}

TEST(MemorySlope, IsTheBytesOfOneMoreSubscriber) {
  const std::vector<MemoryPoint> points = {at(1000, 5'000'000), at(2000, 8'000'000), at(4000, 14'000'000)};
  const auto slope = memory_slope(points, "server_pss");
  ASSERT_TRUE(slope);
  EXPECT_DOUBLE_EQ(slope->bytes_per_subscriber, 3000);
  EXPECT_DOUBLE_EQ(slope->bytes_at_zero, 2'000'000);
  EXPECT_DOUBLE_EQ(slope->r2, 1);
  EXPECT_EQ(slope->points, 3U);
}

// y = 1, 3, 2, 5 over x = 1, 2, 3, 4: slope 1.1, intercept 0.0, r² = 5.5² / (5 × 8.75).
TEST(MemorySlope, IsTheLineOfLeastSquares) {
  const std::vector<MemoryPoint> points = {at(1, 1), at(2, 3), at(3, 2), at(4, 5)};
  const auto slope = memory_slope(points, "server_pss");
  ASSERT_TRUE(slope);
  EXPECT_NEAR(slope->bytes_per_subscriber, 1.1, 1e-12);
  EXPECT_NEAR(slope->bytes_at_zero, 0, 1e-12);
  EXPECT_NEAR(slope->r2, 5.5 * 5.5 / (5 * 8.75), 1e-12);
}

TEST(MemorySlope, OfMemoryThatStaysTheSameIsZeroAndExplainsAll) {
  const auto slope = memory_slope(std::vector<MemoryPoint>{at(1, 7), at(2, 7), at(3, 7)}, "server_pss");
  ASSERT_TRUE(slope);
  EXPECT_EQ(slope->bytes_per_subscriber, 0);
  EXPECT_EQ(slope->r2, 1);
}

TEST(MemorySlope, NeedsThreePointsWithDifferentCounts) {
  EXPECT_FALSE(memory_slope(std::vector<MemoryPoint>{at(1, 7), at(2, 8)}, "server_pss"));
  EXPECT_FALSE(memory_slope(std::vector<MemoryPoint>{at(1, 7), at(2, 8), at(2, 9)}, "server_pss"));
  EXPECT_FALSE(memory_slope(std::vector<MemoryPoint>{at(1, 7), at(2, {}), at(3, 9)}, "server_pss")) << "one not read";
  EXPECT_TRUE(memory_slopes({}).empty());
}

TEST(MemorySlope, IsKeptApartForServerAndGenerator) {
  const std::vector<MemoryPoint> points = {at(10, 100, 1000), at(20, 200, 1050), at(30, 300, 1100)};
  const auto slopes = memory_slopes(points);
  ASSERT_EQ(slopes.size(), 2U);
  EXPECT_EQ(slopes[0].name, "server_pss");
  EXPECT_DOUBLE_EQ(slopes[0].bytes_per_subscriber, 10);
  EXPECT_EQ(slopes[1].name, "generator_pss");
  EXPECT_DOUBLE_EQ(slopes[1].bytes_per_subscriber, 5);
}

// A large process with a small slope loses no digits.
TEST(MemorySlope, IsExactFarFromZero) {
  const std::uint64_t base = std::uint64_t{40} << 30;
  const auto slope =
      memory_slope(std::vector<MemoryPoint>{at(1'000'000, base), at(1'000'100, base + 500), at(1'000'200, base + 1000)},
                   "server_pss");
  ASSERT_TRUE(slope);
  EXPECT_NEAR(slope->bytes_per_subscriber, 5, 1e-9);
  EXPECT_NEAR(slope->r2, 1, 1e-9);
}

}  // namespace
}  // namespace loadgen
