#include "net/limits.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace net {
namespace {

TEST(DescriptorPlan, LeavesThreadsAloneWhenOneTableIsEnough) {
  const DescriptorPlan plan = plan_descriptors(10'000, 20'000, 2, true);
  EXPECT_EQ(plan.threads, 2U);
  EXPECT_FALSE(plan.own_tables);
}

TEST(DescriptorPlan, TakesAsManyThreadsAsTheTablesNeed) {
  const DescriptorPlan even = plan_descriptors(1'000'000, 20'000, 1, true);
  EXPECT_TRUE(even.own_tables);
  EXPECT_EQ(even.threads, 52U);
  const DescriptorPlan hashed = plan_descriptors(1'000'000, 20'000, 1, false);
  EXPECT_TRUE(hashed.own_tables);
  EXPECT_EQ(hashed.threads, 56U) << "the kernel spreads connections by a hash: no table may be planned to be full";
}

TEST(DescriptorPlan, GivesTablesToTheThreadsThatAreThereWhenTheyAreEnough) {
  const DescriptorPlan plan = plan_descriptors(30'000, 20'000, 8, true);
  EXPECT_TRUE(plan.own_tables);
  EXPECT_EQ(plan.threads, 8U);
}

TEST(DescriptorPlan, EndsForALimitThatHoldsNothing) {
  EXPECT_TRUE(plan_descriptors(1'000, 50, 1, true).own_tables);
}

TEST(DescriptorPlan, LeavesThreadsAloneUnderALimitThatWasRaisedToWhatIsNeeded) {
  for (const std::uint64_t threads : {1U, 2U, 16U}) {
    const std::uint64_t limit = descriptors_needed(30'000, threads);
    EXPECT_FALSE(plan_descriptors(30'000, limit, threads, false).own_tables) << threads;
    EXPECT_TRUE(plan_descriptors(30'001, limit, threads, false).own_tables) << threads;
    EXPECT_EQ(connections_that_fit(limit, threads), 30'000U);
  }
  EXPECT_EQ(connections_that_fit(50, 1), 0U);
}

TEST(DescriptorLimit, NamesTheLimitAndTheCommandThatLiftsIt) {
  EXPECT_EQ(descriptor_shortage(20, 300), "20 descriptors are allowed, 300 are needed; raise it with: ulimit -Hn 300");
}

TEST(DescriptorLimit, IsRaisedBehindTheOneThatTheKernelSetsForAll) {
  EXPECT_EQ(descriptor_cure(2'000'108, 1'048'576), "sysctl -w fs.nr_open=2000108 && ulimit -Hn 2000108");
  EXPECT_EQ(descriptor_cure(1'048'576, 1'048'576), "ulimit -Hn 1048576");
  EXPECT_EQ(descriptor_cure(2'000'108, 0), "ulimit -Hn 2000108");
}

std::uint64_t open_descriptors() {
  std::uint64_t count = 0;
  DIR* folder = opendir("/proc/thread-self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST(OwnDescriptorTable, LetsEachThreadOpenWhatTheProcessMightBefore) {
  if (!may_own_descriptor_tables()) GTEST_SKIP() << "this kernel refuses unshare(CLONE_FILES)";
  constexpr std::uint64_t kMore = 50;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = open_descriptors() + kMore;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::atomic<std::uint64_t> opened{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&opened] {
      ASSERT_TRUE(own_descriptor_table());
      std::vector<int> own;
      for (int next = 0; (next = dup(STDIN_FILENO)) >= 0;) own.push_back(next);
      opened.fetch_add(own.size());
      for (const int each : own) close(each);  // a sanitizer needs some at the thread's end
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(opened.load(), 3 * (kMore - 10));
  const int ours = dup(STDIN_FILENO);
  EXPECT_GE(ours, 0) << "their descriptors are none of ours";
  close(ours);
  limit.rlim_cur = before;
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

}  // namespace
}  // namespace net
