#include "loadgen/host/host_info.h"

#include <gtest/gtest.h>

#include "fake_system.h"

namespace loadgen {
namespace {

TEST(HostInfo, SaysWhatTheMachineTells) {
  FakeSystem system;
  system.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC 7B13 \n");
  system.write("etc/os-release", "NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  system.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  system.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  system.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  const HostInfo info = read_host_info(system.files());
  EXPECT_EQ(info.cpu, "AMD EPYC 7B13");
  EXPECT_EQ(info.os, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(info.clocksource, "tsc");
  EXPECT_EQ(info.governor, "powersave");
  EXPECT_EQ(info.huge_pages, "madvise");
}

TEST(HostInfo, NothingIsNeeded) {
  const FakeSystem system;
  const HostInfo info = read_host_info(system.files());
  for (const auto& fact : {info.cpu, info.os, info.clocksource, info.governor, info.huge_pages}) EXPECT_FALSE(fact);
  EXPECT_GT(info.cores, 0u);
}

class EmptyFact : public testing::TestWithParam<const char*> {};

TEST_P(EmptyFact, IsUnknown) {
  FakeSystem system;
  const std::string value = GetParam();
  system.write("proc/cpuinfo", "model name\t:" + value + "\n");
  system.write("etc/os-release", "PRETTY_NAME=" + value + "\n");
  system.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "");
  system.write("sys/kernel/mm/transparent_hugepage/enabled", "] always [\n");
  const HostInfo info = read_host_info(system.files());
  for (const auto& fact : {info.cpu, info.os, info.clocksource, info.huge_pages}) EXPECT_FALSE(fact) << *fact;
}

INSTANTIATE_TEST_SUITE_P(HostInfo, EmptyFact, testing::Values("", " ", "\"\"", "''", " \t\""));

TEST(HostInfo, AFileWithoutItsLastLineFeedIsRead) {
  FakeSystem system;
  system.write("etc/os-release", "PRETTY_NAME=x");
  EXPECT_EQ(read_host_info(system.files()).os, "x");
}

}  // namespace
}  // namespace loadgen
