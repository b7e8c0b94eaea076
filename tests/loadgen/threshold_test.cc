#include "loadgen/scenario/threshold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace loadgen {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool holds(const std::string& text, Measured measured) {
  return judge(*parse_threshold(text).value, measured).holds;
}

TEST(ThresholdText, NamesMetricAggregationOperatorAndValue) {
  struct Row {
    std::string text;
    Metric metric;
    Aggregation aggregation;
    Comparison op;
    double value;
  };
  const std::vector<Row> table = {
      {"delivery_latency.p99 < 50ms", Metric::kDeliveryLatency, Aggregation::kP99, Comparison::kLess, 50e6},
      {"service_time.p999<=1.5s", Metric::kServiceTime, Aggregation::kP999, Comparison::kLessEqual, 1.5e9},
      {"send_lag.max > 10us", Metric::kSendLag, Aggregation::kMax, Comparison::kGreater, 10e3},
      {"readiness.mean >= 1ms", Metric::kReadiness, Aggregation::kMean, Comparison::kGreaterEqual, 1e6},
      {"fanout_spread.min != 0s", Metric::kFanoutSpread, Aggregation::kMin, Comparison::kNotEqual, 0},
      {"  missing==0  ", Metric::kMissing, Aggregation::kNone, Comparison::kEqual, 0},
      {"duplicate == 1_000", Metric::kDuplicate, Aggregation::kNone, Comparison::kEqual, 1000},
      {"reordered < 5", Metric::kReordered, Aggregation::kNone, Comparison::kLess, 5},
      {"corrupt == 0", Metric::kCorrupt, Aggregation::kNone, Comparison::kEqual, 0},
      {"failures <= 3", Metric::kFailures, Aggregation::kNone, Comparison::kLessEqual, 3},
      {"delivered_share >= 50%", Metric::kDeliveredShare, Aggregation::kNone, Comparison::kGreaterEqual, 0.5},
      {"listen_overflows == 0", Metric::kListenOverflows, Aggregation::kNone, Comparison::kEqual, 0},
      {"connected_share == 100%", Metric::kConnectedShare, Aggregation::kNone, Comparison::kEqual, 1},
      {"bytes_per_delivery < 1KiB", Metric::kBytesPerDelivery, Aggregation::kNone, Comparison::kLess, 1024},
      {"server_cpu_per_delivery < 5us", Metric::kServerCpuPerDelivery, Aggregation::kNone, Comparison::kLess, 5000},
      {"server_bytes_per_subscriber < 4KB", Metric::kServerBytesPerSubscriber, Aggregation::kNone, Comparison::kLess,
       4000}};
  for (const Row& row : table) {
    const auto parsed = parse_threshold(row.text);
    ASSERT_TRUE(parsed) << row.text << ": " << parsed.error;
    EXPECT_EQ(parsed.value->metric, row.metric) << row.text;
    EXPECT_EQ(parsed.value->aggregation, row.aggregation) << row.text;
    EXPECT_EQ(parsed.value->op, row.op) << row.text;
    EXPECT_DOUBLE_EQ(parsed.value->value, row.value) << row.text;
  }
}

TEST(ThresholdText, SaysWhatWouldBeRight) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "such as delivery_latency.p99 < 50ms"},
      {"missing", "such as delivery_latency.p99 < 50ms"},
      {"== 0", "such as delivery_latency.p99 < 50ms"},
      {"misssing == 0", "did you mean 'missing'?"},
      {"latency.p99 < 1s", "unknown metric 'latency': one of delivery_latency"},
      {"delivery_latency < 50ms", "needs an aggregation: delivery_latency.p99"},
      {"delivery_latency.p95 < 50ms", "unknown aggregation 'p95'"},
      {"delivery_latency. < 50ms", "unknown aggregation ''"},
      {"missing.p99 == 0", "has no aggregation"},
      {"missing = 0", "unknown comparison '=': write =="},
      {"missing ! 0", "unknown comparison '!'"},
      {"missing == 0ms", "must be a plain whole number"},
      {"missing == ", "value ''"},
      {"missing === 0", "value '= 0'"},
      {"delivery_latency.p99 < 50", "a duration needs a unit: 50ms or 50s"},
      {"delivered_share > 99", "write 99% for percent"},
      {"bytes_per_delivery < 100", "a size needs a unit"}};
  for (const auto& [text, error] : table) {
    const auto parsed = parse_threshold(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error.find(error), std::string::npos) << text << ": " << parsed.error;
  }
}

TEST(ThresholdText, CoversEveryMetricOfTheTable) {
  for (const MetricInfo& info : metrics()) {
    EXPECT_EQ(&metric_info(info.metric), &info) << info.name;
    const std::string value = info.kind == MetricInfo::Kind::kDuration ? "1ms"
                              : info.kind == MetricInfo::Kind::kSize   ? "1B"
                                                                       : "1";
    const std::string text = std::string(info.name) + (info.distribution ? ".p50" : "") + " < " + value;
    const auto parsed = parse_threshold(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error;
    EXPECT_EQ(parsed.value->metric, info.metric);
    EXPECT_EQ(aggregation_name(parsed.value->aggregation), info.distribution ? "p50" : "");
  }
}

TEST(ThresholdJudgement, ComparesAtTheLimitAndAroundIt) {
  struct Row {
    std::string op;
    bool below, equal, above;
  };
  for (const Row& row : std::vector<Row>{{"<", true, false, false},
                                         {"<=", true, true, false},
                                         {">", false, false, true},
                                         {">=", false, true, true},
                                         {"==", false, true, false},
                                         {"!=", true, false, true}}) {
    const std::string text = "missing " + row.op + " 5";
    EXPECT_EQ(holds(text, {true, 4}), row.below) << text;
    EXPECT_EQ(holds(text, {true, 5}), row.equal) << text;
    EXPECT_EQ(holds(text, {true, 6}), row.above) << text;
  }
}

TEST(ThresholdJudgement, IsBrokenByWhatWasNotMeasured) {
  for (const std::string op : {"<", "<=", ">", ">=", "==", "!="}) {
    EXPECT_FALSE(holds("missing " + op + " 0", {false, 0})) << op;
    EXPECT_FALSE(holds("delivery_latency.p99 " + op + " 1s", {true, std::nan("")})) << op;
  }
  EXPECT_EQ(judge(*parse_threshold("missing == 0").value, {}).text, "missing == 0: not measured");
}

TEST(ThresholdJudgement, TakesAMissingDeliveryAsInfinitelyLate) {
  EXPECT_FALSE(holds("delivery_latency.p99 < 1000h", {true, kInfinity}));
  EXPECT_EQ(judge(*parse_threshold("delivery_latency.p99 < 50ms").value, {true, kInfinity}).text,
            "delivery_latency.p99 < 50ms: not delivered");
}

TEST(ThresholdJudgement, SaysWhatWasMeasuredInTheUnitOfTheMetric) {
  const std::vector<std::pair<std::pair<std::string, double>, std::string>> table = {
      {{"delivery_latency.p99 < 50ms", 61.2e6}, "delivery_latency.p99 < 50ms: measured 61.2ms"},
      {{"delivery_latency.max < 1s", 2.5e9}, "delivery_latency.max < 1s: measured 2.5s"},
      {{"send_lag.p50 < 1us", 12'345}, "send_lag.p50 < 1us: measured 12.35us"},
      {{"missing == 0", 1'000'000}, "missing == 0: measured 1000000"},
      {{"delivered_share >= 99%", 0.9875}, "delivered_share >= 99%: measured 98.75%"},
      {{"bytes_per_delivery < 100B", 312.5}, "bytes_per_delivery < 100B: measured 312.5B"}};
  for (const auto& [input, text] : table) {
    EXPECT_EQ(judge(*parse_threshold(input.first).value, {true, input.second}).text, text);
  }
}

TEST(ThresholdJudgement, SaysWhenAPercentileRestsOnFewSamplesAndJudgesItAllTheSame) {
  const Threshold threshold = *parse_threshold("delivery_latency.p99 < 50ms").value;
  EXPECT_EQ(judge(threshold, {true, 12e6, 10.0}).text, "delivery_latency.p99 < 50ms: measured 12ms");
  const Judgement few = judge(threshold, {true, 12e6, 0.2});
  EXPECT_TRUE(few.holds);
  EXPECT_EQ(few.text, "delivery_latency.p99 < 50ms: measured 12ms, with fewer than 10 samples beyond it");
  EXPECT_FALSE(judge(threshold, {true, 61e6, 0.2}).holds);
  EXPECT_EQ(judge(threshold, {true, kInfinity, 0.2}).text, "delivery_latency.p99 < 50ms: not delivered");
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
