#include "rules_fixture.h"

namespace loadgen {
namespace {

TEST_F(Rules, AGoodRunIsValidAndOnlyTold) {
  judge_validity(result);
  for (const Warning& warning : result.warnings) ADD_FAILURE() << warning.rule << ": " << warning.message;
  EXPECT_EQ(result.verdict, Verdict::kValid);
}

TEST_F(Rules, TablesAreOrderedByNumber) {
  EXPECT_TRUE(std::ranges::is_sorted(run_rules(), {}, &RunRule::number));
  EXPECT_TRUE(std::ranges::is_sorted(plan_rules(), {}, &PlanRule::number));
  EXPECT_TRUE(std::ranges::is_sorted(comparison_rules(), {}, &ComparisonRule::number));
}

TEST_F(Rules, Rule1TellsAPublisherThatFellBehind) {
  EXPECT_EQ(said(1), "");
  result.send_lag.record(3'000'000, 12);
  EXPECT_EQ(said(1),
            "warn: publisher fell behind by up to 3.00 ms (p91.1 3.00 ms); latencies are from the intended time");
  EXPECT_EQ(result.verdict, Verdict::kDoubtful);
}

TEST_F(Rules, Rule1IsInvalidWhenTheLagIsMostOfTheLatency) {
  result.send_lag.record(20'000'000, 12);
  deliver(2'400, 25'000'000);
  EXPECT_EQ(said(1).substr(0, 9), "invalid: ");
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
}

TEST_F(Rules, Rule2TellsByHowMuchSkippedPollsStretchedTheInterval) {
  result.window.counts.requests = 1'000;
  EXPECT_EQ(said(2), "");
  result.window.counts.skipped_polls = 400;
  EXPECT_EQ(said(2),
            "warn: 28.6 % of the polls fell due while an answer was outstanding and were skipped: intervals stretched "
            "to 1.40 s on average (asked 1.00 s)");
  result.window.counts.skipped_polls = 4;
  EXPECT_EQ(said(2).substr(0, 5), "info:");
}

TEST_F(Rules, Rule2TellsOfPollsInAClosedLoop) {
  set_timing(PollSchedule::Timing::kClosed);
  EXPECT_EQ(said(2),
            "info: polls ran closed loop, as asked: a slow answer delays the next poll, and there are as many as are "
            "answered");
}

TEST_F(Rules, Rule11TellsARateThatWasNotReached) {
  result.publish_failed = 1;
  EXPECT_EQ(said(11), "");
  result.publish_failed = 8;
  EXPECT_EQ(said(11), "warn: achieved 92.6 % of the asked rate: capacity point, not a latency point");
}

TEST_F(Rules, Rule11CountsWhatWasTakenTooLateAsNotReached) {
  result.published = 1'000;
  SeriesRow row;
  row.measuring = true;
  row.published = 495;
  result.series = {row, row};
  EXPECT_EQ(said(11), "") << "1 % is under way";
  row.published = 430;
  result.series[1] = row;
  EXPECT_EQ(said(11), "warn: achieved 92.5 % of the asked rate: capacity point, not a latency point");
  row.measuring = false;
  row.published = 1'000;
  result.series.push_back(row);
  EXPECT_EQ(said(11), "warn: achieved 92.5 % of the asked rate: capacity point, not a latency point")
      << "the drain does not count";
}

TEST_F(Rules, Rule19TellsAScheduleErrorThatIsNoFault) {
  EXPECT_EQ(said(19), "");
  result.send_lag.record(210'000, 12);
  EXPECT_EQ(said(19), "info: schedule error p91.1 210 µs");
  EXPECT_EQ(result.verdict, Verdict::kValid);
}

TEST_F(Rules, Rule19TellsWhatRule1LeavesOutBesideLongLatencies) {
  deliver(40'000, 500'000'000);
  result.send_lag.record(40'000'000, 12);
  EXPECT_EQ(said(1), "");
  EXPECT_EQ(said(19), "info: schedule error p91.1 40.0 ms");
  result.send_lag.record(60'000'000, 12);
  EXPECT_EQ(said(1).substr(0, 5), "warn:");
  EXPECT_EQ(said(19), "") << "one of them tells it";
}

}  // namespace
}  // namespace loadgen
