#include "loadgen/scenario/threshold.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "loadgen/judge/metrics.h"

namespace loadgen {
namespace {

wire::Parsed<Threshold> parsed(const std::string& text) {
  return parse_threshold(text, metric_infos());
}

TEST(ThresholdText, NamesMetricAggregationOperatorAndValue) {
  struct Row {
    std::string text, metric, aggregation;
    Comparison op;
    double value;
  };
  const std::vector<Row> table = {
      {"delivery_latency.p99 < 50ms", "delivery_latency", "p99", Comparison::kLess, 50e6},
      {"service_time.p999<=1.5s", "service_time", "p999", Comparison::kLessEqual, 1.5e9},
      {"delivery_latency.p9999 < 2s", "delivery_latency", "p9999", Comparison::kLess, 2e9},
      {"round_trip.p75 < 1ms", "round_trip", "p75", Comparison::kLess, 1e6},
      {"loop_lag.p95 < 1ms", "loop_lag", "p95", Comparison::kLess, 1e6},
      {"send_lag.max > 10us", "send_lag", "max", Comparison::kGreater, 10e3},
      {"readiness.mean >= 1ms", "readiness", "mean", Comparison::kGreaterEqual, 1e6},
      {"fanout_spread.min != 0s", "fanout_spread", "min", Comparison::kNotEqual, 0},
      {"subscriber_bandwidth.p50 < 10KiB/s", "subscriber_bandwidth", "p50", Comparison::kLess, 10'240},
      {"  missing==0  ", "missing", "", Comparison::kEqual, 0},
      {"duplicate == 1_000", "duplicate", "", Comparison::kEqual, 1000},
      {"delivered_share >= 50%", "delivered_share", "", Comparison::kGreaterEqual, 0.5},
      {"achieved_rate >= 99/s", "achieved_rate", "", Comparison::kGreaterEqual, 99},
      {"requests_per_delivery < 1.5", "requests_per_delivery", "", Comparison::kLess, 1.5},
      {"bytes_per_delivery < 1KiB", "bytes_per_delivery", "", Comparison::kLess, 1024},
      {"server_cpu_per_delivery < 5us", "server_cpu_per_delivery", "", Comparison::kLess, 5000},
      {"server_bytes_per_subscriber < 4KB", "server_bytes_per_subscriber", "", Comparison::kLess, 4000}};
  for (const Row& row : table) {
    const auto threshold = parsed(row.text);
    ASSERT_TRUE(threshold) << row.text << ": " << threshold.error;
    EXPECT_EQ(threshold.value->metric.name, row.metric) << row.text;
    EXPECT_EQ(threshold.value->aggregation.name, row.aggregation) << row.text;
    EXPECT_EQ(threshold.value->op, row.op) << row.text;
    EXPECT_DOUBLE_EQ(threshold.value->value, row.value) << row.text;
  }
}

TEST(ThresholdText, SaysWhatWouldBeRight) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "such as delivery_latency.p99 < 50ms"},
      {"missing", "such as delivery_latency.p99 < 50ms"},
      {"== 0", "such as delivery_latency.p99 < 50ms"},
      {"misssing == 0", "did you mean 'missing'?"},
      {"latency.p99 < 1s", "unknown metric 'latency': did you mean 'delivery_latency'?"},
      {"delivery_latency < 50ms", "needs an aggregation: delivery_latency.p99"},
      {"per_delivery < 5", "unknown metric 'per_delivery': one of requests_per_delivery, bytes_per_delivery, "},
      {"speed < 5", "unknown metric 'speed': one of delivery_latency, "},
      {"delivery_latency.p98 < 50ms",
       "unknown aggregation 'p98': one of min, mean, p50, p75, p90, p95, p99, p999, p9999, max"},
      {"delivery_latency. < 50ms", "unknown aggregation ''"},
      {"missing.p99 == 0", "has no aggregation"},
      {"missing = 0", "unknown comparison '=': write =="},
      {"missing ! 0", "unknown comparison '!'"},
      {"missing == 0ms", "must be a plain whole number"},
      {"missing == ", "value ''"},
      {"missing === 0", "value '= 0'"},
      {"delivery_latency.p99 < 50", "a duration needs a unit: 50ms or 50s"},
      {"delivered_share > 99", "write 99% for percent"},
      {"bytes_per_delivery < 100", "a size needs a unit"},
      {"achieved_rate > 100", "a rate needs a unit: 100/s"},
      {"subscriber_bandwidth.p50 > 10KiB", "such as 10KiB/s"}};
  for (const auto& [text, error] : table) {
    const auto threshold = parsed(text);
    EXPECT_FALSE(threshold) << text;
    EXPECT_NE(threshold.error.find(error), std::string::npos) << text << ": " << threshold.error;
  }
}

TEST(ThresholdSelection, AppliesToAllToOneTechniqueOrToOneVariant) {
  Threshold threshold;
  EXPECT_TRUE(threshold.applies_to("sse", ""));
  threshold.technique = "polling";
  EXPECT_FALSE(threshold.applies_to("sse", ""));
  EXPECT_TRUE(threshold.applies_to("polling", "1s"));
  threshold.one_variant = true;
  threshold.variant = "1s";
  EXPECT_TRUE(threshold.applies_to("polling", "1s"));
  EXPECT_FALSE(threshold.applies_to("polling", "5s"));
}

}  // namespace
}  // namespace loadgen
