#include "rules_fixture.h"

namespace loadgen {
namespace {

TEST_F(Rules, Rule3TellsWhatIsMissing) {
  EXPECT_EQ(said(3), "");
  result.missing = 100;
  result.expected += 100;
  EXPECT_EQ(said(3), "warn: 100 of 20,100 deliveries missing (0.498 %): percentiles beyond 99.5 % are 'not delivered'");
}

TEST_F(Rules, Rule3TellsASmallLossWithEnoughDigits) {
  deliver(3'980'000, 5'000'000);
  result.missing = 1;
  EXPECT_NE(said(3).find("percentiles beyond 99.99997 % are 'not delivered'"), std::string::npos) << said(3);
  result.missing = 2'000;
  EXPECT_NE(said(3).find("percentiles beyond 99.95 % are 'not delivered'"), std::string::npos) << said(3);
  result.missing = 2'000'000;
  EXPECT_NE(said(3).find("percentiles beyond 50 % are 'not delivered'"), std::string::npos) << said(3);
}

TEST_F(Rules, Rule4TellsWhatWasDueDuringReconnects) {
  EXPECT_EQ(said(4), "");
  result.missed_while_away = 41;
  EXPECT_EQ(said(4), "info: 41 messages missed during reconnects (none was replayed)");
  result.recorder.replayed = 7;
  EXPECT_EQ(said(4),
            "info: 41 messages missed during reconnects\n"
            "info: 7 messages were due during reconnects and replayed after them");
}

TEST_F(Rules, Rule6CountsWhatTheHistogramCouldNotHold) {
  EXPECT_EQ(said(6), "");
  result.recorder.delivery_latency.record(measure::Histogram::kHighestTrackable + 1, 17);
  EXPECT_EQ(said(6), "warn: 17 values above 1 h clamped");
  result.recorder.service_time.record(-5, 2);
  EXPECT_EQ(said(6), "warn: 17 values above 1 h clamped\nwarn: 2 deliveries before they were due, counted as 0");
}

TEST_F(Rules, Rule7SaysHowMuchLongerToRun) {
  EXPECT_EQ(said(7), "");
  RunResult small(fixture.spec);
  small.variant = result.variant;
  small.subscribers = small.connected = 200;
  small.phases.measure = std::chrono::seconds(10);
  result = small;
  deliver(2'000, 5'000'000);
  EXPECT_EQ(
      said(7),
      "info: polling: p99.9 of 2,000 deliveries has 2 samples beyond it and 10 are needed: not shown; run 40 s longer");
  result = small;
  deliver(500, 5'000'000);
  EXPECT_EQ(
      said(7),
      "info: polling: p99 of 500 deliveries has 5 samples beyond it and 10 are needed: not shown; run 10 s longer");
  result = small;
  deliver(10, 5'000'000);
  EXPECT_EQ(
      said(7),
      "info: polling: p50 of 10 deliveries has 5 samples beyond it and 10 are needed: not shown; run 10 s longer");
}

TEST_F(Rules, Rule7CountsTheDeliveriesOfAllRepetitions) {
  result.recorder = Recorder(fixture.spec);
  result.expected = 0;
  deliver(4'000, 5'000'000);
  std::vector<RunResult> runs(3, result);
  const auto said_of_all = [&] {
    const std::vector<VariantSummary> groups = group_runs(fixture.scenario, runs);
    std::vector<Warning> warnings;
    Findings found(7, warnings);
    rules::few_samples(fixture.scenario, groups, found);
    return warnings.empty() ? "" : warnings.front().message;
  };
  EXPECT_EQ(said_of_all(), "") << "12,000 together";
  runs.pop_back();
  EXPECT_EQ(
      said_of_all(),
      "polling: p99.9 of 8,000 deliveries has 8 samples beyond it and 10 are needed: not shown; run 5 s longer (over "
      "the repetitions)");
}

TEST_F(Rules, Rule29TellsDamagedMessages) {
  EXPECT_EQ(said(29), "");
  result.recorder.corrupt = 3;
  EXPECT_EQ(said(29), "warn: 3 messages arrived damaged");
}

TEST_F(Rules, Rule34SaysHowLongAndHowWidelyRareEventsWereLookedFor) {
  EXPECT_EQ(
      said(34),
      "info: slowest deliveries in 10 s x 200 clients: polling p99.99 not shown (too few deliveries), max 5.00 ms");
  deliver(100'000, 5'000'000);
  deliver(20, 90'000'000);
  EXPECT_EQ(said(34), "info: slowest deliveries in 10 s x 200 clients: polling p99.99 90.0 ms, max 90.0 ms");
  result.missing = 1'000;
  result.expected += 1'000;
  EXPECT_EQ(said(34),
            "info: slowest deliveries in 10 s x 200 clients: polling p99.99 not delivered, max not delivered");
}

TEST_F(Rules, Rule34SaysTheTimeThatWasMeasuredAndNotThatPlanned) {
  fixture.scenario.phases.measure = std::chrono::hours(1);
  result.phases.measure = std::chrono::seconds(4);
  EXPECT_TRUE(said(34).starts_with("info: slowest deliveries in 4 s x 200 clients:")) << said(34);
  TechniqueInfo other{};
  other.name = "sse";
  fixture.scenario.variants.push_back({&other, "", {}, 2});
  std::vector<RunResult> runs(2, result);
  runs[0].variant = &fixture.scenario.variants[0];
  runs[1].variant = &fixture.scenario.variants[1];
  runs[1].phases.measure = std::chrono::seconds(10);
  std::vector<Warning> warnings;
  Findings found(34, warnings);
  rules::rare_events(fixture.scenario, group_runs(fixture.scenario, runs), found);
  EXPECT_TRUE(warnings.front().message.starts_with("slowest deliveries in 4 to 10 s x")) << warnings.front().message;
}

TEST_F(Rules, ALogOfIntervalsThatIsNotWholeIsTold) {
  result.interval_log_error = "cannot write out/sse-1.hlog: No space left on device";
  EXPECT_EQ(said(0), "info: no log of the intervals: cannot write out/sse-1.hlog: No space left on device");
}

TEST_F(Rules, WhatNoRuleCoversIsToldAsWell) {
  EXPECT_EQ(said(0), "");
  result.connected = 150;
  result.server_ended = "the reference server was killed by signal 9";
  EXPECT_EQ(said(0),
            "invalid: during the run the reference server was killed by signal 9\n"
            "warn: 50 of 200 subscribers were never subscribed");
}

}  // namespace
}  // namespace loadgen
