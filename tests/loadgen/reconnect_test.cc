#include "loadgen/run/reconnect.h"

#include <gtest/gtest.h>

namespace loadgen {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kNothing = 0;
constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;

TEST(ReconnectDelay, GrowsToTheLimitLessARandomShare) {
  const ReconnectPolicy policy;
  EXPECT_EQ(reconnect_delay(policy, 1, kNothing), milliseconds(500));
  EXPECT_EQ(reconnect_delay(policy, 1, kHalf), milliseconds(375));
  EXPECT_EQ(reconnect_delay(policy, 3, kNothing), milliseconds(2000));
  EXPECT_EQ(reconnect_delay(policy, 40, kNothing), milliseconds(10000));
  EXPECT_EQ(reconnect_delay(policy, 40, kHalf), milliseconds(7500));
}

TEST(ReconnectDelay, IsWhatTheServerAskedForAndNeverLess) {
  const ReconnectPolicy policy;
  const auto delay = [&](milliseconds retry, std::uint32_t attempts) {
    return delay_after_failure(policy, retry, attempts, kNothing);
  };
  EXPECT_EQ(delay(milliseconds(10), 1), milliseconds(10));
  EXPECT_EQ(delay(milliseconds(10), 2), milliseconds(1000)) << "a server that is down is not asked every 10 ms";
  EXPECT_EQ(delay(milliseconds(5000), 2), milliseconds(5000));
  EXPECT_EQ(delay(milliseconds(60'000), 9), milliseconds(60'000));
  EXPECT_EQ(delay(milliseconds(-1), 1), milliseconds(500)) << "it asked for nothing";
}

TEST(ReconnectDelay, IsNeverZero) {
  ReconnectPolicy policy;
  EXPECT_EQ(delay_after_failure(policy, milliseconds(0), 1, kNothing), kLeastReconnectDelay) << "retry: 0";
  policy.initial = Nanos(0);
  for (const std::uint32_t attempts : {1U, 2U, 30U}) {
    EXPECT_EQ(reconnect_delay(policy, attempts, kHalf), kLeastReconnectDelay);
    EXPECT_EQ(delay_after_failure(policy, milliseconds(0), attempts, kHalf), kLeastReconnectDelay);
  }
}

// The Manager of socket.io-client: 1 s, 2 s, 4 s, each 50 % more or less, never above 5 s.
TEST(ReconnectDelay, IsForSocketIoThatOfItsOfficialClient) {
  const ReconnectPolicy policy = *find_technique("socketio")->reconnect;
  EXPECT_EQ(reconnect_delay(policy, 1, kNothing), milliseconds(500));
  EXPECT_EQ(reconnect_delay(policy, 1, kHalf), milliseconds(1000));
  EXPECT_GT(reconnect_delay(policy, 1, UINT64_MAX), milliseconds(1499));
  EXPECT_EQ(reconnect_delay(policy, 2, kHalf), milliseconds(2000));
  EXPECT_EQ(reconnect_delay(policy, 3, kNothing), milliseconds(2000));
  EXPECT_EQ(reconnect_delay(policy, 3, UINT64_MAX), milliseconds(5000));
  EXPECT_EQ(reconnect_delay(policy, 9, kHalf), milliseconds(5000));
}

}  // namespace
}  // namespace loadgen
