#include "rules_fixture.h"

namespace loadgen {
namespace {

TEST_F(Rules, Rule3TellsWhatIsMissing) {
  EXPECT_EQ(said(3), "");
  result.missing = 100;
  result.expected += 100;
  EXPECT_EQ(said(3), "warn: 100 of 20,100 deliveries missing (0.498 %): percentiles beyond 99.5 % are 'not delivered'");
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
  small.recorder.delivered = 2'000;
  judge_validity(small);
  ASSERT_EQ(small.warnings.size(), 1u);
  EXPECT_EQ(small.warnings[0].message,
            "p99.9 of 2,000 deliveries has 2 samples beyond it and 10 are needed: not shown; run 40 s longer");
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
