#include "loadgen/host/wait_idle.h"

#include <gtest/gtest.h>

#include <thread>

#include "fake_system.h"

namespace loadgen {
namespace {

TEST(WaitIdle, ReturnsAtOnceOnAnIdleMachine) {
  FakeSystem system;
  system.write("proc/loadavg", "0.90 0.80 0.70 1/200 4242\n");
  EXPECT_EQ(wait_until_idle(2, std::chrono::hours(1), system.files()), 0.9);
}

TEST(WaitIdle, WaitsUntilTheLoadHasGone) {
  FakeSystem system;
  system.write("proc/loadavg", "1.90 0.80 0.70 1/200 4242\n");
  std::thread calm([&system] { system.write("proc/loadavg", "0.40 0.80 0.70 1/200 4242\n"); });
  const auto load = wait_until_idle(2, std::chrono::hours(1), system.files());
  calm.join();
  EXPECT_EQ(load, 0.4);
}

TEST(WaitIdle, GivesUpAtItsLimitAndWhereNothingIsKnown) {
  FakeSystem system;
  EXPECT_FALSE(wait_until_idle(2, std::chrono::hours(1), system.files()));
  system.write("proc/loadavg", "7.25 0.80 0.70 1/200 4242\n");
  EXPECT_EQ(wait_until_idle(2, std::chrono::milliseconds(1), system.files()), 7.25);
}

}  // namespace
}  // namespace loadgen
