// What a step of the search makes of its run.
#include "loadgen/campaign/capacity.h"

#include <gtest/gtest.h>

#include "loadgen/cli/search.h"
#include "loadgen/output/result_parts.h"
#include "rules_fixture.h"

namespace loadgen {
namespace {

class StepOfASearch : public Rules {
 protected:
  StepOfASearch() {
    plan.until = *parse_condition("delivery_latency.p99 < 100ms and missing == 0", metric_infos()).value;
    SeriesRow row;
    row.measuring = true;
    row.length = std::chrono::seconds(1);
    row.published = 10;
    row.delivered = 10 * 200;
    row.busy = 0.3;
    result.series.assign(10, row);
  }
  CapacityStep judged(std::int64_t offered = 10) {
    result.warnings.clear();
    judge_validity(result);
    return judge_step(plan, fixture.scenario, offered, result);
  }
  SearchSettings plan;
};

TEST_F(StepOfASearch, IsCarriedWhenTheConditionHolds) {
  const CapacityStep step = judged();
  EXPECT_EQ(step.verdict, StepVerdict::kHolds);
  EXPECT_EQ(step.reason, "");
  EXPECT_EQ(step.achieved, 10);
  EXPECT_EQ(step_line(step), "          10            10        5.00 ms           0  carried");
}

TEST_F(StepOfASearch, HasNoP99OfFewDeliveries) {
  CapacityStep step = judged();
  step.latency.expected = 1'000;
  EXPECT_NE(step_line(step).find("5.00 ms"), std::string::npos);
  step.latency.expected = 999;
  EXPECT_NE(step_line(step).find(" n< "), std::string::npos);
}

TEST_F(StepOfASearch, IsTooMuchWhenAPartOfTheConditionIsBroken) {
  result.missing = 3;
  result.expected += 3;
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken);
  EXPECT_EQ(judged().reason, "missing == 0: measured 3");
  deliver(1'000, 150'000'000);
  EXPECT_EQ(judged().reason, "delivery_latency.p99 < 100ms: measured 150 ms");
}

TEST_F(StepOfASearch, IsTooMuchWhenNotEveryoneWasConnected) {
  result.connected_in_time = 180;  // the others came while it measured
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken);
  EXPECT_EQ(judged().reason, "180 of 200 subscribers were connected in time");
}

TEST_F(StepOfASearch, IsTooMuchWhenNothingOfWhatWasOwedArrived) {
  plan.until = *parse_condition("duplicate == 0", metric_infos()).value;
  result.recorder.delivered = 0;
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken);
  EXPECT_EQ(judged().reason, "nothing was delivered");
}

TEST_F(StepOfASearch, IsUnknownWhenNothingWasOwed) {
  plan.until = *parse_condition("missing == 0", metric_infos()).value;
  result.published = result.expected = 0;
  result.recorder.delivered = 0;
  EXPECT_EQ(judged().verdict, StepVerdict::kUnknown);
  EXPECT_EQ(judged().reason, "no delivery was owed: nothing was measured");
}

TEST_F(StepOfASearch, IsUnknownWhenItsConditionWasNotMeasured) {
  plan.until = *parse_condition("server_cpu_per_delivery < 20us and missing == 0", metric_infos()).value;
  EXPECT_EQ(judged().verdict, StepVerdict::kUnknown);
  EXPECT_EQ(judged().reason, "server_cpu_per_delivery < 20us: not measured");
  result.recorder.loop_lag.record(90'000'000, 10'000);
  EXPECT_EQ(judged().verdict, StepVerdict::kUnknown) << "it is not the generator's fault either";
  result.missing = 3;
  EXPECT_EQ(judged().verdict, StepVerdict::kGenerator) << "one part that is broken is enough";
}

TEST_F(StepOfASearch, IsUnknownWhenItsPercentileHasTooFewDeliveries) {
  plan.until = *parse_condition("delivery_latency.p999 < 100ms", metric_infos()).value;
  EXPECT_EQ(judged().verdict, StepVerdict::kHolds);
  result.expected = 9'999;
  EXPECT_EQ(judged().verdict, StepVerdict::kUnknown);
  EXPECT_EQ(judged().reason, "delivery_latency.p999 < 100ms: takes 10,000 deliveries, and 9,999 were owed");
}

TEST_F(StepOfASearch, PrintsNoPercentileWithoutTenDeliveriesBeyondIt) {
  plan.until = *parse_condition("missing == 0", metric_infos()).value;
  result.recorder.delivery_latency.clear();
  result.expected = 0;
  deliver(999, 5'000'000);
  EXPECT_EQ(step_line(judged()), "          10            10             n<           0  carried");
  deliver(1, 5'000'000);
  EXPECT_EQ(step_line(judged()), "          10            10        5.00 ms           0  carried");
}

TEST_F(StepOfASearch, CountsAMessageAsAchievedWhenAllButItsSpeakerHaveIt) {
  fixture.scenario.topics = 20;
  fixture.scenario.publish.echo = false;
  for (SeriesRow& row : result.series) row.delivered = 10 * 9;
  EXPECT_EQ(judged().achieved, 10);
}

TEST_F(StepOfASearch, IsTooMuchWhenTheRateWasNotReached) {
  result.publish_failed = 50;
  EXPECT_EQ(judged().reason, "achieved 66.7 % of the asked rate: capacity point, not a latency point");
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken);
}

TEST_F(StepOfASearch, IsTooMuchWhenTheServerEnded) {
  result.server_ended = "the server ended with exit code 1";
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken);
}

TEST_F(StepOfASearch, BlamesTheGeneratorOnlyForWhatExplainsTheFailure) {
  deliver(1'000, 150'000'000);
  result.recorder.loop_lag.record(60'000'000, 1'000);
  EXPECT_EQ(judged().verdict, StepVerdict::kBroken) << "a lag of 60 ms is no reason for 150 ms";
  result.recorder.loop_lag.record(90'000'000, 10'000);
  EXPECT_EQ(judged().verdict, StepVerdict::kGenerator);
  EXPECT_TRUE(judged().reason.starts_with("loop lag p99 90.0 ms; delivery_latency.p99 < 100ms")) << judged().reason;
}

TEST_F(StepOfASearch, BlamesAGeneratorThatIsBusyLateOrWithoutProcessor) {
  result.missing = 3;
  result.expected += 3;
  const auto blamed = [&](auto&& spoil) {
    const std::vector<SeriesRow> series = result.series;
    const measure::Histogram lag = result.send_lag;
    spoil();
    const CapacityStep step = judged();
    result.series = series;
    result.send_lag = lag;
    result.jitter.stalled = Nanos(0);
    result.machine.throttled_time.reset();
    result.recorder.read_delay = {};
    result.failures = {};
    return step.verdict == StepVerdict::kGenerator ? step.reason : "";
  };
  EXPECT_EQ(blamed([] {}), "");
  EXPECT_EQ(blamed([&] { result.series[0].busy = result.series[1].busy = 0.95; }), "") << "two of ten windows";
  EXPECT_TRUE(blamed([&] {
                for (int i : {0, 1, 2}) result.series[static_cast<std::size_t>(i)].busy = 0.95;
              }).starts_with("a generator thread was busy in 3 of 10 windows"));
  EXPECT_TRUE(blamed([&] { result.send_lag.record(400'000'000, 200); }).starts_with("publisher lag p9"));
  EXPECT_TRUE(blamed([&] { result.recorder.read_delay.record(50'000'000, 200); }).starts_with("client read delay p9"));
  EXPECT_EQ(blamed([&] { result.jitter.stalled = std::chrono::seconds(2); }), "") << "a fifth of ten seconds";
  EXPECT_TRUE(
      blamed([&] { result.jitter.stalled = std::chrono::seconds(3); }).starts_with("a thread that wanted to run"));
  EXPECT_TRUE(blamed([&] { result.machine.throttled_time = std::chrono::seconds(3); }).starts_with("the CPU quota"));
  EXPECT_TRUE(blamed([&] {
                result.failures.count[static_cast<std::size_t>(Failure::kNoPorts)] = 1;
              }).starts_with("no source ports were left"));
}

TEST_F(StepOfASearch, BlamesNobodyForALoadThatWasCarried) {
  for (SeriesRow& row : result.series) row.busy = 1;
  EXPECT_EQ(judged().verdict, StepVerdict::kHolds);
}

TEST_F(StepOfASearch, CountsSubscribersWhenTheyAreSearched) {
  plan.quantity = Quantity::kSubscribers;
  EXPECT_EQ(judged(200).achieved, 200);
}

TEST(CapacityText, SaysWhatTheSearchEndedWith) {
  using Limit = SearchOutcome::Limit;
  const auto text = [](SearchOutcome outcome, bool interrupted = false) {
    Capacity capacity;
    capacity.outcome = outcome;
    capacity.interrupted = interrupted;
    return capacity_text(Quantity::kRate, capacity);
  };
  EXPECT_EQ(text({2'340, 2'460, Limit::kServer}), "2,340 messages/s; 2,460 were too much");
  EXPECT_EQ(text({8'000, 8'400, Limit::kGenerator}), "at least 8,000 messages/s (the generator was the limit)");
  EXPECT_EQ(text({500, {}, Limit::kAtMost}), "at least 500 messages/s (more was not offered: --at-most)");
  EXPECT_EQ(text({500, {}, Limit::kSteps}), "at least 500 messages/s (there were no more steps: --max-steps)");
  EXPECT_EQ(text({500, {}, Limit::kSteps}, true), "at least 500 messages/s (interrupted)");
  EXPECT_EQ(text({{}, 1, Limit::kServer}), "less than 1 messages/s");
  EXPECT_EQ(text({{}, 1, Limit::kGenerator}), "unknown: the generator was the limit at 1 messages/s");
  EXPECT_EQ(text({}, true), "nothing was measured (interrupted)");
  EXPECT_EQ(text({200, 400, Limit::kSteps}), "between 200 and 400 messages/s (there were no more steps: --max-steps)");
  EXPECT_EQ(text({200, 400, Limit::kSteps}, true), "between 200 and 400 messages/s (interrupted)");
  EXPECT_EQ(text({{}, 50, Limit::kSteps}), "less than 50 messages/s (there were no more steps: --max-steps)");
  EXPECT_EQ(text({{}, {}, Limit::kSteps}), "unknown (there were no more steps: --max-steps)");
}

TEST(CapacityText, SaysWhyNothingIsKnown) {
  Capacity capacity;
  capacity.steps.emplace_back().reason = "server_cpu_per_delivery < 20us: not measured";
  const auto text = [&](std::optional<std::int64_t> carried, std::optional<std::int64_t> too_much) {
    capacity.outcome = {carried, too_much, SearchOutcome::Limit::kUnknown};
    return capacity_text(Quantity::kSubscribers, capacity);
  };
  EXPECT_EQ(text({}, {}), "unknown: server_cpu_per_delivery < 20us: not measured");
  EXPECT_EQ(text({}, 8), "less than 8 subscribers (then unknown: server_cpu_per_delivery < 20us: not measured)");
  EXPECT_EQ(text(8, {}), "at least 8 subscribers (then unknown: server_cpu_per_delivery < 20us: not measured)");
}

TEST(CapacityExitCode, TellsTheServersFailureFromTheGenerators) {
  using Limit = SearchOutcome::Limit;
  const auto code = [](std::vector<SearchOutcome> outcomes, int signal = 0) {
    const SearchSettings settings;
    CampaignOutcome outcome;
    outcome.campaign.search = &settings;
    for (const SearchOutcome& found : outcomes) outcome.campaign.capacities.emplace_back().outcome = found;
    outcome.signal = signal;
    return exit_code(outcome);
  };
  EXPECT_EQ(code({{10, 11, Limit::kServer}, {10, 11, Limit::kGenerator}}), 0);
  EXPECT_EQ(code({{10, 11, Limit::kServer}, {{}, 1, Limit::kServer}}), 1);
  EXPECT_EQ(code({{10, 11, Limit::kServer}, {{}, 1, Limit::kGenerator}}), 3);
  EXPECT_EQ(code({{10, 11, Limit::kServer}, {{}, 50, Limit::kSteps}}), 3) << "below 50 nothing was tried";
  EXPECT_EQ(code({{10, 11, Limit::kServer}, {{}, {}, Limit::kUnknown}}), 3);
  EXPECT_EQ(code({{10, 11, Limit::kServer}}, 2), 130);
}

}  // namespace
}  // namespace loadgen
