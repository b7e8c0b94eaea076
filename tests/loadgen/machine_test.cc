#include "loadgen/host/machine.h"

#include <gtest/gtest.h>

#include "fake_system.h"

namespace loadgen {
namespace {

TEST(Machine, CountsWhatHappenedBetweenTwoReadings) {
  FakeSystem system;
  system.write("proc/stat", "cpu  100 20 30 800 10 0 5 35 7 0\ncpu0 1 2 3\n");
  system.write("proc/pressure/cpu", "some avg10=1.00 avg60=2.00 avg300=3.00 total=5000\nfull avg10=0 total=9\n");
  system.write("proc/self/cgroup", "0::/work\n");
  system.write("sys/fs/cgroup/work/cpu.stat", "usage_usec 12\nnr_periods 9\nnr_throttled 2\nthrottled_usec 700\n");
  system.write("proc/net/netstat", "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 4 6\n");
  const MachineCounters before = read_machine(system.files());
  system.write("proc/stat", "cpu  150 20 30 840 10 0 5 45 7 0\n");
  system.write("proc/pressure/cpu", "some avg10=1.00 avg60=2.00 avg300=3.00 total=8000\n");
  system.write("sys/fs/cgroup/work/cpu.stat", "nr_throttled 5\nthrottled_usec 1700\n");
  system.write("proc/net/netstat", "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 4 18\n");
  const MachineCounters passed = read_machine(system.files()).since(before);
  EXPECT_EQ(passed.ticks, 100u);
  EXPECT_DOUBLE_EQ(passed.stolen_share().value(), 0.1);
  EXPECT_DOUBLE_EQ(passed.busy_share().value(), 0.6);
  EXPECT_EQ(passed.pressure, std::chrono::milliseconds(3));
  EXPECT_EQ(passed.throttled, 3u);
  EXPECT_EQ(passed.throttled_time, std::chrono::milliseconds(1));
  EXPECT_EQ(passed.listen_overflows, 0u);
  EXPECT_EQ(passed.listen_drops, 12u);
}

TEST(Machine, ReadsAFirstVersionCgroup) {
  FakeSystem system;
  system.write("proc/self/cgroup", "4:memory:/\n3:cpu,cpuacct:/box\n0::/\n");
  system.write("sys/fs/cgroup/cpu,cpuacct/box/cpu.stat", "nr_periods 1\nnr_throttled 3\nthrottled_time 4000000\n");
  const MachineCounters counters = read_machine(system.files());
  EXPECT_EQ(counters.throttled, 3u);
  EXPECT_EQ(counters.throttled_time, std::chrono::milliseconds(4));
}

TEST(Machine, WhatTheKernelDoesNotTellIsUnknown) {
  FakeSystem system;
  system.write("proc/stat", "cpu  12 nonsense\n");
  system.write("proc/net/netstat", "TcpExt: ListenOverflows ListenDrops\nTcpExt: - 99999999999999999999\n");
  const MachineCounters counters = read_machine(system.files());
  EXPECT_FALSE(counters.ticks);
  EXPECT_FALSE(counters.stolen_share());
  EXPECT_FALSE(counters.throttled);
  EXPECT_FALSE(counters.pressure);
  EXPECT_FALSE(counters.listen_overflows);
  EXPECT_FALSE(counters.listen_drops);
}

}  // namespace
}  // namespace loadgen
