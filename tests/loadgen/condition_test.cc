#include "loadgen/scenario/condition.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "loadgen/judge/metrics.h"

namespace loadgen {
namespace {

TEST(ConditionText, IsOneThresholdOrSeveral) {
  const auto one = parse_condition("missing == 0", metric_infos());
  ASSERT_TRUE(one) << one.error;
  ASSERT_EQ(one.value->thresholds.size(), 1U);

  const auto three =
      parse_condition("  delivery_latency.p99<100ms and\tmissing == 0  and delivered_share >= 99%  ", metric_infos());
  ASSERT_TRUE(three) << three.error;
  ASSERT_EQ(three.value->thresholds.size(), 3U);
  EXPECT_EQ(three.value->thresholds[0].text, "delivery_latency.p99<100ms");
  EXPECT_EQ(three.value->thresholds[0].value, 100e6);
  EXPECT_EQ(three.value->thresholds[1].metric.name, "missing");
  EXPECT_EQ(three.value->thresholds[2].metric.name, "delivered_share");
}

TEST(ConditionText, SaysWhereItIsWrong) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "at column 1: a threshold is missing here"},
      {"   ", "at column 4: a threshold is missing here"},
      {"and missing == 0", "at column 1: a threshold is missing here"},
      {"missing == 0 and", "at column 17: a threshold is missing here"},
      {"missing == 0 and and corrupt == 0", "at column 18: a threshold is missing here"},
      {"missing == 0 or corrupt == 0", "at column 14, 'or': thresholds are joined by 'and' only"},
      {"missing == 0 && corrupt == 0", "at column 14, '&&': thresholds are joined by 'and' only"},
      {"delivery_latency.p99 < 100ms and mising == 0",
       "at column 34, 'mising == 0': unknown metric 'mising': did you mean"},
      {"delivery_latency.p98 < 100ms and missing == 0",
       "at column 1, 'delivery_latency.p98 < 100ms': unknown aggregation"},
      {"missing == 0 and delivery_latency.p99 < 100", "at column 18, 'delivery_latency.p99 < 100': value '100'"}};
  for (const auto& [text, error] : table) {
    const auto parsed = parse_condition(text, metric_infos());
    EXPECT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error.starts_with(error)) << text << ": " << parsed.error;
  }
}

}  // namespace
}  // namespace loadgen
