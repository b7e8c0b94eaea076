#include "loadgen/judge/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "loadgen/judge/spectrum.h"
#include "loadgen/judge/variant_summary.h"
#include "loadgen/scenario/threshold.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

using namespace std::chrono_literals;

std::string sample_value(Unit unit) {
  switch (unit) {
    case Unit::kTime:
      return "1ms";
    case Unit::kSize:
      return "1B";
    case Unit::kBandwidth:
      return "1KiB/s";
    case Unit::kRate:
      return "1/s";
    case Unit::kShare:
      return "99.9%";
    case Unit::kCount:
      return "1_000";
    case Unit::kNumber:
      break;
  }
  return "1.5";
}

std::string threshold_on(const MetricInfo& info) {
  return std::string(info.name) + (info.is_distribution ? ".p9999" : "") + " < " + sample_value(info.unit);
}

std::string read(const std::string& name) {
  std::ifstream file(std::string(PUSHBENCH_SCENARIOS "/") + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(MetricTable, HasEachNameOnceAndReadsItsThreshold) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : metric_infos()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(find_metric(info.name).info.name, info.name);
    const auto threshold = parse_threshold(threshold_on(info), metric_infos());
    ASSERT_TRUE(threshold) << threshold_on(info) << ": " << threshold.error;
    EXPECT_EQ(threshold.value->metric.name, info.name);
  }
}

TEST(MetricTable, SaysOfEachRowHowItIsRead) {
  for (const Metric& metric : metrics()) {
    EXPECT_EQ(metric.merge == Merge::kHistograms, metric.histogram != nullptr) << metric.info.name;
    EXPECT_EQ(metric.merge == Merge::kHistograms, metric.info.is_distribution) << metric.info.name;
    EXPECT_EQ(metric.merge != Merge::kHistograms, metric.value != nullptr) << metric.info.name;
    EXPECT_EQ(metric.merge == Merge::kQuotient, metric.divisor != nullptr) << metric.info.name;
  }
}

TEST(MetricTable, IsWhatTheSchemaOfScenariosTakes) {
  const auto schema = nlohmann::json::parse(read("schema.json"));
  const std::string pattern = schema["definitions"]["check"]["pattern"];
  const std::regex check(pattern);
  for (const MetricInfo& info : metric_infos()) EXPECT_TRUE(std::regex_match(threshold_on(info), check)) << info.name;
  EXPECT_FALSE(std::regex_match("speed < 1ms", check));
}

TEST(MetricTable, IsWhatTheDocumentationOfScenariosLists) {
  const std::string text = read("README.md");
  for (const MetricInfo& info : metric_infos())
    EXPECT_NE(text.find("`" + std::string(info.name) + "`"), std::string::npos) << info.name;
}

class MetricsOfRuns : public testing::Test {
 protected:
  MetricsOfRuns() {
    technique_.name = "sse";
    fixture_.scenario.variants.push_back({&technique_, "", {}, 1});
    runs_.reserve(8);
  }
  RunResult& add() {
    RunResult& run = runs_.emplace_back(fixture_.spec);
    run.variant = &fixture_.scenario.variants.front();
    run.repetition = static_cast<std::int64_t>(runs_.size());
    run.window.length = 10s;
    run.phases.measure = 10s;
    return run;
  }
  RunResult& add(std::uint64_t deliveries, std::uint64_t bytes) {
    RunResult& run = add();
    run.window.deliveries = deliveries;
    run.window.counts.received.total = bytes;
    return run;
  }
  VariantSummary summary() { return group_runs(fixture_.scenario, runs_).front(); }
  MetricValue value(const std::string& name) { return summary().value(name); }

  RunFixture fixture_;
  TechniqueInfo technique_{};
  std::vector<RunResult> runs_;
};

TEST_F(MetricsOfRuns, CountsAdd) {
  add().missing = 3;
  add().missing = 4;
  EXPECT_EQ(value("missing").value, 7);
  EXPECT_EQ(value("missing").each, (std::vector<std::optional<double>>{3, 4}));
}

TEST_F(MetricsOfRuns, QuotientsAreOfSums) {
  add(100, 1'000);
  add(300, 6'000);
  EXPECT_DOUBLE_EQ(*value("bytes_per_delivery").value, 7'000.0 / 400) << "the mean of both would be 15";
  EXPECT_EQ(value("bytes_per_delivery").each, (std::vector<std::optional<double>>{10, 20}));
}

TEST_F(MetricsOfRuns, OfWhatRepetitionsHoldTheGreatestOrTheLeastStands) {
  add().server.emplace().rss_bytes = 5 << 20;
  runs_.back().connected = 100;
  add().server.emplace().rss_bytes = 9 << 20;
  runs_.back().connected = 90;
  EXPECT_EQ(value("server_rss").value, 9 << 20);
  EXPECT_EQ(value("connected").value, 90);
}

TEST_F(MetricsOfRuns, WhatOneRepetitionDidNotMeasureIsNotMeasured) {
  add(100, 1'000).server.emplace().cpu = 1ms;
  EXPECT_DOUBLE_EQ(*value("server_cpu_per_delivery").value, 10'000);
  add(100, 1'000);
  const MetricValue cpu = value("server_cpu_per_delivery");
  EXPECT_EQ(cpu.value, std::nullopt);
  EXPECT_EQ(cpu.fitness, Fitness::kUnusable);
  EXPECT_EQ(cpu.reason, "not measured");
  EXPECT_EQ(cpu.each, (std::vector<std::optional<double>>{10'000, std::nullopt}));
}

TEST_F(MetricsOfRuns, KindsOfBytesAddUpToTheWhole) {
  RunResult& run = add(100, 0);
  run.tls = true;
  ByteCount& in = run.window.counts.received;
  in = {.total = 9'000, .payload = 12'000, .http = 500, .heartbeat = 100, .encoded = 6'000, .decoded = 13'000};
  run.window.counts.sent = {.total = 300, .http = 300};
  run.window.tls.received = {.wire = 10'000, .plain = 9'000};
  run.window.tls.sent = {.wire = 350, .plain = 300};
  run.window.segments.in = 7;
  run.window.segments.out = 5;
  const VariantSummary group = summary();
  double total = 0;
  for (const char* way : {"received", "sent"}) {
    double part = 0;
    for (const char* kind : {"payload", "framing", "http", "tls", "tcpip"})
      part += *group.value(std::string(way) + "_" + kind + "_per_delivery").value;
    EXPECT_DOUBLE_EQ(part, *group.value(std::string(way) + "_per_delivery").value) << way;
    total += part;
  }
  EXPECT_DOUBLE_EQ(total, *group.value("bytes_per_delivery").value);
  EXPECT_DOUBLE_EQ(total, (9'000 - 100 + 1'000 + 7 * 52 + 300 + 50 + 5 * 52) / 100.0);
  EXPECT_DOUBLE_EQ(*group.value("payload_per_delivery").value, 120) << "before compression";
  EXPECT_DOUBLE_EQ(*group.value("overhead").value, (total - 120) / 120);
}

TEST_F(MetricsOfRuns, ThreeRepetitionsHaveAnInterval) {
  add(100, 1'000);
  add(100, 1'100);
  EXPECT_EQ(value("bytes_per_delivery").low, std::nullopt) << "two are too few";
  add(100, 1'050);
  const MetricValue bytes = value("bytes_per_delivery");
  ASSERT_TRUE(bytes.low && bytes.high);
  EXPECT_LT(*bytes.low, *bytes.value);
  EXPECT_LT(*bytes.value, *bytes.high);
  EXPECT_EQ(value("missing").low, std::nullopt) << "a sum is no mean";
}

TEST_F(MetricsOfRuns, AnIntervalThatDoesNotHoldTheValueIsNone) {
  // The sums are ruled by one repetition, the mean over repetitions is not.
  add(1, 100);
  add(1, 101);
  add(100'000, 1'000'000);
  EXPECT_NEAR(*value("bytes_per_delivery").value, 10, 0.1);
  add(1, 99);
  add(1, 100);
  add(1, 100);
  EXPECT_EQ(value("bytes_per_delivery").low, std::nullopt);
}

TEST_F(MetricsOfRuns, APercentileOfFewSamplesIsUnusableAndSaysWhy) {
  RunResult& run = add();
  run.recorder.delivery_latency.record(1'000'000, 999);
  run.expected = run.recorder.delivered = 999;
  EXPECT_EQ(value("delivery_latency.p99").fitness, Fitness::kUnusable);
  EXPECT_EQ(value("delivery_latency.p99").reason, "with fewer than 10 samples beyond it");
  EXPECT_EQ(value("delivery_latency.p95").fitness, Fitness::kUsable);
  EXPECT_EQ(value("delivery_latency.p95").reason, "");
}

TEST_F(MetricsOfRuns, EveryNumberOfAnInvalidRunIsUnusableForItsReason) {
  RunResult& run = add(100, 1'000);
  run.verdict = Verdict::kInvalid;
  run.warnings = {{0, Level::kWarn, "a doubt"}, {0, Level::kInvalid, "nothing was delivered"}};
  const MetricValue bytes = value("bytes_per_delivery");
  EXPECT_EQ(bytes.fitness, Fitness::kUnusable);
  EXPECT_EQ(bytes.reason, "nothing was delivered");
  EXPECT_EQ(bytes.value, 10) << "it is shown all the same";
}

TEST_F(MetricsOfRuns, ASpectrumEndsWithTheLastPercentileOfTenDeliveriesAndHasTheRangeOfRepetitions) {
  for (const std::int64_t ms : {1, 2}) {
    RunResult& run = add();
    run.recorder.delivery_latency.record(ms * 1'000'000, 500);
    run.expected = 500;
  }
  const VariantSummary group = summary();
  const Spectrum line =
      spectrum_of(find_metric("delivery_latency"), group.distribution("delivery_latency"), group.runs);
  ASSERT_GT(line.quantile.size(), 100U);
  EXPECT_EQ(line.quantile.front(), 0);
  EXPECT_NEAR(line.quantile.back(), 0.99, 1e-9);
  EXPECT_TRUE(std::ranges::is_sorted(line.quantile) && std::ranges::is_sorted(line.value));
  EXPECT_NEAR(static_cast<double>(line.value.front()), 1e6, 1e3);
  EXPECT_NEAR(static_cast<double>(line.value.back()), 2e6, 2e3);
  ASSERT_EQ(line.least.size(), line.quantile.size());
  ASSERT_EQ(line.greatest.size(), line.quantile.size());
  EXPECT_NEAR(static_cast<double>(*line.least.back()), 1e6, 1e3);
  EXPECT_NEAR(static_cast<double>(*line.greatest.front()), 2e6, 2e3);
}

TEST_F(MetricsOfRuns, ASpectrumStopsWhereDeliveriesAreMissing) {
  RunResult& run = add();
  run.recorder.delivery_latency.record(1'000'000, 900);
  run.expected = 1'000;
  run.missing = 100;
  const VariantSummary group = summary();
  const Spectrum line =
      spectrum_of(find_metric("delivery_latency"), group.distribution("delivery_latency"), group.runs);
  EXPECT_NEAR(line.quantile.back(), 0.9, 1e-9);
  EXPECT_TRUE(line.least.empty()) << "one repetition has no range";
}

}  // namespace
}  // namespace loadgen
