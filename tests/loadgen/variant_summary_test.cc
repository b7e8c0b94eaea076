#include "loadgen/judge/variant_summary.h"

#include <gtest/gtest.h>

#include "loadgen/campaign/campaign.h"
#include "loadgen/judge/warnings.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

class Summaries : public testing::Test {
 protected:
  Summaries() {
    technique_.name = "sse";
    run_.scenario.variants.push_back({&technique_, "", {}, 1});
  }

  // `latencies` in microseconds; `missing` more were expected.
  RunResult& add_run(std::vector<int> latencies, std::uint64_t missing = 0) {
    RunResult result(run_.spec);
    result.variant = &run_.scenario.variants.front();
    for (const int latency : latencies) result.recorder.delivery_latency.record(std::chrono::microseconds(latency));
    result.recorder.delivered = latencies.size();
    result.expected = latencies.size() + missing;
    result.missing = missing;
    runs_.push_back(std::move(result));
    return runs_.back();
  }
  MetricValue value_of(const std::string& metric) { return group_runs(run_.scenario, runs_).front().value(metric); }
  int code(const std::string& check) {
    if (!check.empty()) run_.scenario.thresholds = {*parse_threshold(check, metric_infos()).value};
    CampaignOutcome outcome;
    outcome.groups = group_runs(run_.scenario, runs_);
    outcome.thresholds = check_thresholds(run_.scenario, outcome.groups);
    return exit_code(outcome);
  }

  RunFixture run_;
  TechniqueInfo technique_{};
  std::vector<RunResult> runs_;
};

TEST_F(Summaries, RepetitionsAreMergedAndTheirPercentilesNeverAveraged) {
  add_run(std::vector<int>(99, 100));
  add_run(std::vector<int>(1, 10'000));
  EXPECT_NEAR(*value_of("delivery_latency.p99").value, 100e3, 100);  // an average would be 5 ms
  EXPECT_NEAR(*value_of("delivery_latency.max").value, 10e6, 10'000);
}

TEST_F(Summaries, MissingDeliveriesArePlusInfinityInThePercentiles) {
  add_run(std::vector<int>(95, 100), 5);
  EXPECT_NEAR(*value_of("delivery_latency.p90").value, 100e3, 100);
  EXPECT_TRUE(value_of("delivery_latency.p99").is_undelivered());
  EXPECT_EQ(value_of("missing").value, 5);
  EXPECT_DOUBLE_EQ(*value_of("delivered_share").value, 0.95);
}

TEST_F(Summaries, APercentileKnowsHowManySamplesAreBeyondItOverAllRepetitions) {
  add_run(std::vector<int>(500, 100));
  EXPECT_TRUE(value_of("delivery_latency.p99").has_few_samples());
  EXPECT_FALSE(value_of("delivery_latency.p50").has_few_samples());
  EXPECT_FALSE(value_of("delivery_latency.max").has_few_samples()) << "no percentile";
  EXPECT_FALSE(value_of("missing").has_few_samples());
  add_run(std::vector<int>(500, 100));
  EXPECT_FALSE(value_of("delivery_latency.p99").has_few_samples()) << "1,000 together";
}

TEST_F(Summaries, WhatWasNotMeasuredIsUnknown) {
  add_run({1});
  EXPECT_EQ(value_of("server_cpu_per_delivery").value, std::nullopt);
  EXPECT_EQ(value_of("bytes_per_delivery").value, std::nullopt);
  EXPECT_EQ(value_of("readiness.p99").value, std::nullopt);
  EXPECT_EQ(value_of("round_trip.p99").value, std::nullopt) << "no polls";
}

TEST_F(Summaries, ASubscriberThatNeverSubscribedMissesNothingButBreaksTheShareOfTheConnected) {
  add_run({1, 2, 3}).subscribers = 1'000'000;
  runs_.front().connected = 1'000'000;
  EXPECT_EQ(code("connected_share == 100%"), 0);
  runs_.front().connected -= 1;
  EXPECT_EQ(code("missing == 0"), 0);
  EXPECT_EQ(code("connected_share == 100%"), 1);
}

TEST_F(Summaries, ListenOverflowsAreThoseOfRampAndMeasureAndUnknownWhereOneRunDoesNotKnow) {
  add_run({1});
  runs_.front().machine_in_ramp.listen_overflows = 3;
  runs_.front().machine.listen_overflows = 1;
  EXPECT_EQ(value_of("listen_overflows").value, 4);
  add_run({1});
  EXPECT_EQ(value_of("listen_overflows").value, std::nullopt);
}

TEST_F(Summaries, ExitCodesFollowTheContract) {
  add_run({1, 2, 3});
  EXPECT_EQ(code(""), 0);
  EXPECT_EQ(code("missing == 0"), 0);
  EXPECT_EQ(code("delivery_latency.max < 2us"), 1);
  runs_.front().verdict = Verdict::kInvalid;
  EXPECT_EQ(code("delivery_latency.max < 2us"), 3);  // an invalid run breaks nothing and meets nothing
  run_.scenario.thresholds.clear();
  EXPECT_EQ(code(""), 3);
}

TEST_F(Summaries, AnInvalidRepetitionIsLeftOutBesideUsableOnes) {
  add_run({100});
  add_run({100});
  add_run({9'000, 9'000}, 7).verdict = Verdict::kInvalid;
  runs_[1].verdict = Verdict::kDoubtful;
  const auto groups = group_runs(run_.scenario, runs_);
  EXPECT_EQ(groups.front().count("delivered"), 2u);
  EXPECT_EQ(groups.front().count("missing"), 0u);
  EXPECT_EQ(groups.front().verdict, Verdict::kDoubtful) << "the worst of the usable ones";
  EXPECT_EQ(groups.front().repetitions(), 3u);
  EXPECT_NEAR(*value_of("delivery_latency.max").value, 100e3, 100);
  EXPECT_EQ(code("delivery_latency.max < 1ms"), 0) << "judged on what is left";
  EXPECT_EQ(code("delivery_latency.max < 50us"), 1);
}

TEST_F(Summaries, WhatIsLeftOutIsToldInWords) {
  add_run({1});
  add_run({1}).verdict = Verdict::kInvalid;
  const auto said = [&] {
    const std::vector<VariantSummary> groups = group_runs(run_.scenario, runs_);
    std::string text;
    for (const Warning& warning : compare_runs(run_.scenario, groups)) {
      if (warning.rule == 0) text += std::string(level_name(warning.level)) + ": " + warning.message;
    }
    return text;
  };
  EXPECT_EQ(said(), "warn: sse: 1 of 2 repetitions invalid and left out");
  runs_.front().verdict = Verdict::kInvalid;
  EXPECT_EQ(said(), "") << "there is nothing else to show";
}

TEST_F(Summaries, ATechniqueWithoutAUsableRunKeepsItsInvalidOnes) {
  add_run({1, 2}).verdict = Verdict::kInvalid;
  add_run({3}).verdict = Verdict::kInvalid;
  const auto groups = group_runs(run_.scenario, runs_);
  EXPECT_EQ(groups.front().count("delivered"), 3u);
  EXPECT_EQ(groups.front().verdict, Verdict::kInvalid);
  EXPECT_EQ(code("missing == 0"), 3);
}

TEST_F(Summaries, ARunInterruptedBeforeItMeasuredIsDispensableBesideAnother) {
  RunResult& run = add_run({});
  run.interrupted = true;
  EXPECT_FALSE(is_dispensable(run, {})) << "the only one tells why there is nothing";
  RunResult other(run_.spec);
  other.variant = run.variant;
  EXPECT_TRUE(is_dispensable(run, {&other, 1}));
  run.phases.measure = std::chrono::seconds(1);
  EXPECT_FALSE(is_dispensable(run, {&other, 1})) << "a part was measured";
  run.phases.measure = Nanos(0);
  run.interrupted = false;
  EXPECT_FALSE(is_dispensable(run, {&other, 1})) << "it failed by itself";
  run.interrupted = true;
  other.variant = nullptr;
  EXPECT_FALSE(is_dispensable(run, {&other, 1})) << "another technique's";
}

TEST_F(Summaries, WhatEndedTheScenarioBeforeItsEndIsExitCode3) {
  CampaignOutcome outcome;
  add_run({1});
  outcome.groups = group_runs(run_.scenario, runs_);
  EXPECT_EQ(exit_code(outcome), 0);
  outcome.error = "a program did not start";
  EXPECT_EQ(exit_code(outcome), 3);
}

TEST_F(Summaries, OneValidTechniqueIsAResultButAnUnjudgedThresholdIsNot) {
  run_.scenario.variants.push_back({&technique_, "other", {}, 2});
  add_run({1});
  add_run({1});
  runs_[1].variant = &run_.scenario.variants[1];
  runs_[0].variant = &run_.scenario.variants[0];
  runs_[1].verdict = Verdict::kInvalid;
  EXPECT_EQ(code(""), 0);
  EXPECT_EQ(code("missing == 0"), 3);
}

}  // namespace
}  // namespace loadgen
