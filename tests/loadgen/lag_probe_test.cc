#include "loadgen/run/lag_probe.h"

#include <gtest/gtest.h>

namespace loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr wire::Time kStart{std::chrono::hours(5)};

TEST(LagProbe, IsDueEvery10MsHoweverLateItComes) {
  LagProbe probe;
  measure::Histogram lags;
  probe.start(kStart);
  EXPECT_EQ(probe.due(), kStart + milliseconds(10));
  EXPECT_EQ(probe.came(kStart + milliseconds(13), lags), milliseconds(3));
  EXPECT_EQ(probe.due(), kStart + milliseconds(20));
  EXPECT_EQ(probe.came(kStart + milliseconds(20), lags), Nanos(0));
  EXPECT_EQ(probe.due(), kStart + milliseconds(30));
  EXPECT_EQ(probe.came(kStart + milliseconds(52), lags), milliseconds(22)) << "and 12 and 2";
  EXPECT_EQ(probe.due(), kStart + milliseconds(60));
  EXPECT_EQ(lags.count(), 5U);
}

TEST(LagProbe, AStallWeighsAsMuchAsItLasted) {
  LagProbe probe;
  measure::Histogram lags;
  probe.start(kStart);
  const auto until = [&](wire::Time end) {
    while (probe.due() <= end) probe.came(probe.due(), lags);
  };
  until(kStart + seconds(5));
  EXPECT_EQ(probe.came(kStart + milliseconds(5'500), lags), milliseconds(490));
  until(kStart + seconds(10));
  EXPECT_EQ(lags.count(), 1'000U) << "10 s";
  EXPECT_EQ(lags.value_at_quantile(0.95), 0);
  const std::int64_t p99 = lags.value_at_quantile(0.99);  // the tenth from the top of 490, 480, ... 0 ms
  EXPECT_GE(p99, 390'000'000);
  EXPECT_LE(p99, 401'000'000);
}

}  // namespace
}  // namespace loadgen
