// What a step of the search offers, and for how long.
#include <gtest/gtest.h>

#include "loadgen/campaign/capacity.h"
#include "loadgen/cli/search.h"
#include "scenario_helpers.h"

namespace loadgen {
namespace {

TEST(CapacityLoad, IsTheScenariosOwnWithNothingElseChanged) {
  Scenario scenario;
  scenario.subscribers = 100;
  scenario.topics = 10;
  scenario.publish.rate = {1, std::chrono::seconds(5)};
  EXPECT_EQ(load_of(Quantity::kSubscribers, scenario), 100);
  EXPECT_EQ(load_of(Quantity::kRate, scenario), 1) << "whole messages a second";
  const Scenario faster = with_load(scenario, Quantity::kRate, 40);
  EXPECT_EQ(faster.publish.rate.per_second(), 40);
  EXPECT_EQ(faster.subscribers, 100);
  const Scenario smaller = with_load(scenario, Quantity::kSubscribers, 4);
  EXPECT_EQ(smaller.subscribers, 4);
  EXPECT_EQ(smaller.topics, 4) << "nobody would be in the others";
}

TEST(CapacityLoad, GivesSubscribersTheTimeToConnect) {
  Scenario scenario;
  scenario.subscribers = 1'000;
  scenario.connect.rate = {2'000, std::chrono::seconds(1)};
  scenario.phases.ramp = std::chrono::seconds(20);
  EXPECT_EQ(with_load(scenario, Quantity::kSubscribers, 2'000).phases.ramp, std::chrono::seconds(20));
  EXPECT_EQ(with_load(scenario, Quantity::kSubscribers, 64'000).phases.ramp, std::chrono::seconds(64));
  scenario.connect.rate = {1, std::chrono::hours(24)};
  EXPECT_GT(with_load(scenario, Quantity::kSubscribers, kMaxSubscribers).phases.ramp, std::chrono::hours(24));
}

TEST(CapacityLoad, LetsEachSubscriberSayAsMuchAsBefore) {
  Scenario room;
  room.subscribers = 500;
  room.topics = 50;
  room.publish.from = PublishFrom::kSubscribers;
  room.publish.echo = false;
  room.publish.each = wire::Rate{1, std::chrono::seconds(2)};
  room.publish.rate = {500, std::chrono::seconds(2)};
  EXPECT_EQ(with_load(room, Quantity::kSubscribers, 4'000).publish.rate.per_second(), 2'000);
  const Scenario small = with_load(room, Quantity::kSubscribers, 62);
  EXPECT_EQ(small.publish.rate.per_second(), 31);
  EXPECT_EQ(small.topics, 31) << "two in each room: who speaks, and who hears it";
  EXPECT_EQ(with_load(room, Quantity::kRate, 40).publish.rate.per_second(), 40);
  EXPECT_EQ(least_load(Quantity::kSubscribers, room), 2);
  EXPECT_EQ(least_load(Quantity::kRate, room), 1);
  EXPECT_EQ(greatest_load(Quantity::kSubscribers, room), 20'000'000) << "more would be more than 10000000/s";
  room.publish.each.reset();
  EXPECT_EQ(greatest_load(Quantity::kSubscribers, room), kMaxSubscribers);
}

TEST(CapacityLoad, KeepsTheRateOfEachThatTheFileSays) {
  const Scenario room = scenario_tests::good(
      "name: a\nsubscribers: 10\npublish: { from: subscribers, rate-per-subscriber: 0.5/s }\ntechniques: [sse]\n");
  EXPECT_EQ(room.publish.rate.per_second(), 5);
  EXPECT_EQ(with_load(room, Quantity::kSubscribers, 80).publish.rate.per_second(), 40);
  const Scenario all = scenario_tests::good(std::string(scenario_tests::kMinimal));
  EXPECT_EQ(with_load(all, Quantity::kSubscribers, 80).publish.rate.per_second(), 20) << "a publisher's is nobody's";
}

TEST(CapacityLoad, IsMeasuredForAsLongAsTheConditionTakes) {
  SearchSettings plan;
  plan.quantity = Quantity::kSubscribers;
  Scenario scenario;
  scenario.subscribers = 10;
  scenario.publish.rate = {10, std::chrono::seconds(1)};
  scenario.phases.measure = std::chrono::seconds(5);
  const auto length = [&](const char* until, std::int64_t load) {
    plan.until = *parse_condition(until, metric_infos()).value;
    const Nanos measure = step_scenario(plan, scenario, load).phases.measure;
    return std::chrono::duration<double>(measure).count();
  };
  EXPECT_EQ(length("missing == 0", 10), 5);
  EXPECT_EQ(length("delivery_latency.p99 < 1s", 100), 5);
  const double ten = length("delivery_latency.p99 < 1s", 10);
  EXPECT_GE(ten * 10 * 10, 1'000) << "ten deliveries beyond the percentile";
  EXPECT_LT(ten, 12);
  EXPECT_EQ(length("delivery_latency.p999 < 1s", 1), 60) << "no longer than that by itself";
  scenario.publish.arrivals = Arrivals::kPoisson;
  EXPECT_GT(length("delivery_latency.p99 < 1s", 10), ten) << "a few may be due after the step";
  scenario.publish.rate = {1, std::chrono::minutes(1)};
  scenario.publish.arrivals = Arrivals::kBurst;
  scenario.publish.burst = 3;
  EXPECT_EQ(length("missing == 0", 10), 60);
}

class SearchScenario : public testing::Test {
 protected:
  SearchScenario() {
    options.find = "max-subscribers";
    options.until = "missing == 0";
    scenario.path = "a.yaml";
    scenario.subscribers = 10;
    scenario.publish.rate = {10, std::chrono::seconds(1)};
    scenario.phases.measure = std::chrono::seconds(30);
  }
  wire::Parsed<std::vector<SearchSettings>> planned() { return plan_searches(options, {&scenario, 1}); }
  SearchArguments options;
  Scenario scenario;
};

TEST_F(SearchScenario, LeavesOutWhatIsAboutTheScenariosOwnLoad) {
  scenario.phases.memory.counts = {2, 5, 10};
  scenario.phases.idle = std::chrono::seconds(10);
  scenario.thresholds.emplace_back();
  ASSERT_TRUE(planned()) << planned().error;
  EXPECT_TRUE(scenario.phases.memory.counts.empty());
  EXPECT_EQ(scenario.phases.idle, Nanos(0));
  EXPECT_TRUE(scenario.thresholds.empty());
  EXPECT_EQ(scenario.phases.measure, std::chrono::seconds(5));
}

TEST_F(SearchScenario, RefusesAStepInWhichThereWouldBeNothingToJudge) {
  scenario.publish.rate = {1, std::chrono::minutes(10)};
  EXPECT_EQ(planned().error,
            "--until 'missing == 0': at 10 subscribers of a.yaml it takes 1207s until there is something to measure; "
            "write --step 1207s");
  options.step = "1207s";
  EXPECT_TRUE(planned()) << planned().error;
  options.step.clear();
  scenario.phases.measure = std::chrono::seconds(30);
  scenario.publish.rate = {10, std::chrono::seconds(1)};
  options.until = "delivery_latency.p999 < 1s";
  EXPECT_EQ(planned().error,
            "--until 'delivery_latency.p999 < 1s': at 10 subscribers of a.yaml it takes 102s until there are 10,000 "
            "deliveries; write --step 102s");
}

TEST_F(SearchScenario, OffersNoMoreThanAScenarioMay) {
  options.at_most = 1'000'000'000'000;
  EXPECT_EQ(planned().value->front().bounds.at_most, kMaxSubscribers);
  options.find = "max-rate";
  EXPECT_EQ(planned().value->front().bounds.at_most, 10'000'000);
}

}  // namespace
}  // namespace loadgen
