#include "loadgen/judge/thresholds.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace loadgen {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Threshold parsed(const std::string& text) {
  const auto threshold = parse_threshold(text, metric_infos());
  EXPECT_TRUE(threshold) << threshold.error;
  return *threshold.value;
}

MetricValue of(std::optional<double> value, std::optional<double> samples_beyond = {}) {
  MetricValue measured;
  measured.value = value;
  measured.samples_beyond = samples_beyond;
  return measured;
}

Answer answer(const std::string& text, std::optional<double> value) {
  return judge(parsed(text), of(value)).answer;
}

std::string text(const std::string& threshold, std::optional<double> value, std::optional<double> samples_beyond = {}) {
  const Threshold check = parsed(threshold);
  return judge(check, of(value, samples_beyond)).text;
}

TEST(ThresholdOutcome, ComparesAtTheLimitAndAroundIt) {
  struct Row {
    std::string op;
    bool below, equal, above;
  };
  const auto met = [](bool is_met) { return is_met ? Answer::kMet : Answer::kBroken; };
  for (const Row& row : std::vector<Row>{{"<", true, false, false},
                                         {"<=", true, true, false},
                                         {">", false, false, true},
                                         {">=", false, true, true},
                                         {"==", false, true, false},
                                         {"!=", true, false, true}}) {
    const std::string check = "missing " + row.op + " 5";
    EXPECT_EQ(answer(check, 4), met(row.below)) << check;
    EXPECT_EQ(answer(check, 5), met(row.equal)) << check;
    EXPECT_EQ(answer(check, 6), met(row.above)) << check;
  }
}

TEST(ThresholdOutcome, IsBrokenByWhatWasNotMeasured) {
  for (const std::string op : {"<", "<=", ">", ">=", "==", "!="}) {
    EXPECT_EQ(answer("missing " + op + " 0", std::nullopt), Answer::kBroken) << op;
  }
  EXPECT_EQ(text("missing == 0", std::nullopt), "missing == 0: not measured");
}

TEST(ThresholdOutcome, TakesAMissingDeliveryAsInfinitelyLate) {
  EXPECT_EQ(answer("delivery_latency.p99 < 1000h", kInfinity), Answer::kBroken);
  EXPECT_EQ(text("delivery_latency.p99 < 50ms", kInfinity), "delivery_latency.p99 < 50ms: not delivered");
}

TEST(ThresholdOutcome, SaysWhatWasMeasuredWithItsUnitAndAsTheTablesDo) {
  const std::vector<std::pair<std::pair<std::string, double>, std::string>> table = {
      {{"delivery_latency.p99 < 50ms", 61.2e6}, "measured 61.2 ms"},
      {{"delivery_latency.p99 < 1us", 19'500'000}, "measured 19.5 ms"},
      {{"delivery_latency.max < 1s", 2.5e9}, "measured 2.50 s"},
      {{"send_lag.p50 < 1us", 12'345}, "measured 12.3 µs"},
      {{"missing == 0", 1'000'000}, "measured 1,000,000"},
      {{"delivered_share >= 99%", 0.9875}, "measured 98.8 %"},
      {{"bytes_per_delivery < 100B", 312.5}, "measured 313 B"},
      {{"server_bytes_per_subscriber < 4KiB", 8201.0 * 1024}, "measured 8.01 MiB"},
      {{"achieved_rate > 20/s", 19.987}, "measured 19.99/s"},
      {{"subscriber_bandwidth.p50 < 1KiB/s", 2500}, "measured 2.44 KiB/s"},
      {{"requests_per_delivery < 0.1", 0.25}, "measured 0.250"}};
  for (const auto& [input, measured] : table) {
    EXPECT_EQ(text(input.first, input.second), input.first + ": " + measured);
  }
}

TEST(ThresholdOutcome, HasAsManyDigitsAsTellTheValueFromTheLimit) {
  EXPECT_EQ(text("delivery_latency.p99 < 50ms", 50'040'000), "delivery_latency.p99 < 50ms: measured 50.04 ms");
  EXPECT_EQ(text("delivery_latency.p99 < 50ms", 50'000'000), "delivery_latency.p99 < 50ms: measured 50.0 ms");
  EXPECT_EQ(text("delivered_share == 100%", 0.99998), "delivered_share == 100%: measured 99.998 %");
  EXPECT_EQ(text("delivered_share >= 50%", 0.99998), "delivered_share >= 50%: measured 99.998 %") << "it is not all";
}

TEST(ThresholdOutcome, SaysWhenAPercentileRestsOnFewSamplesAndJudgesItAllTheSame) {
  const std::string check = "delivery_latency.p99 < 50ms";
  EXPECT_EQ(text(check, 12e6, 10.0), check + ": measured 12.0 ms");
  EXPECT_EQ(text(check, 12e6, 0.2), check + ": measured 12.0 ms, with fewer than 10 samples beyond it");
  EXPECT_EQ(judge(parsed(check), of(12e6, 0.2)).answer, Answer::kMet);
  EXPECT_EQ(judge(parsed(check), of(61e6, 0.2)).answer, Answer::kBroken);
  EXPECT_EQ(text(check, kInfinity, 0.2), check + ": not delivered");
}

}  // namespace
}  // namespace loadgen
