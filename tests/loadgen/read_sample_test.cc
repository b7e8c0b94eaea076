#include "loadgen/run/read_sample.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace loadgen {
namespace {

TEST(ReadSample, HasSubscribersOfEveryWorkerAndOfEveryTopic) {
  constexpr std::uint32_t kSubscribers = 20'000, kTopics = 10;
  for (const std::uint32_t workers : {1, 2, 3, 4, 5, 10, 16, 20}) {
    std::map<std::uint32_t, int> of_worker;
    std::set<std::uint32_t> topics;
    int all = 0;
    for (std::uint32_t number = 0; number < kSubscribers; ++number) {
      if (!is_read_sample(number, number / workers, kSubscribers / workers)) continue;
      ++all;
      ++of_worker[number % workers];
      topics.insert(number % kTopics);
    }
    EXPECT_EQ(of_worker.size(), workers);
    for (const auto& [worker, count] : of_worker) EXPECT_GE(count, 2) << worker << " of " << workers;
    EXPECT_EQ(topics.size(), kTopics);
    EXPECT_NEAR(all, 200, 60) << "one in a hundred";
  }
}

TEST(ReadSample, IsEmptyWhereItWouldBeALargePartOfWhatIsMeasured) {
  EXPECT_FALSE(is_read_sample(0, 0, 1));
  for (std::uint32_t number = 0; number < 99; ++number) EXPECT_FALSE(is_read_sample(number, number, 99));
  EXPECT_TRUE(is_read_sample(0, 0, 100));
}

}  // namespace
}  // namespace loadgen
