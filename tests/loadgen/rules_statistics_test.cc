#include "rules_fixture.h"

namespace loadgen {
namespace {

class StatisticsRules : public Rules {
 protected:
  StatisticsRules() {
    fixture.spec.first_measured = 0;
    fixture.spec.end = 300;
  }
  // 300 messages to 100 subscribers; `latency` of a message in microseconds.
  template <typename F>
  void fill(F&& latency) {
    result.recorder = Recorder(fixture.spec);
    result.recorder.loop_lag.record(1);
    for (std::uint64_t message = 0; message < 300; ++message) {
      for (int subscriber = 0; subscriber < 100; ++subscriber) {
        const Nanos ns = std::chrono::microseconds(latency(message, subscriber));
        result.recorder.delivery_latency.record(ns);
        result.recorder.steadiness.record(message, ns);
        ++result.recorder.delivered;
      }
    }
    result.expected = result.recorder.delivered;
  }
};

TEST_F(StatisticsRules, Rule8CountsWhatHangsTogetherOnce) {
  fill([](std::uint64_t message, int subscriber) { return 100 + (message * 7 + subscriber * 13) % 100; });
  EXPECT_EQ(said(8), "") << "every block is like the others";
  fill([](std::uint64_t message, int) { return message / 20 % 2 == 0 ? 100 : 200; });
  EXPECT_EQ(said(8), "info: effective sample size of the p50: polling 14 of 30,000") << "a block is one sample";
}

TEST_F(StatisticsRules, Rule13TellsARunThatDrifts) {
  result.phases.warm_up = std::chrono::seconds(2);
  fill([](std::uint64_t message, int subscriber) { return 100 + (message * 7 + subscriber * 13) % 100; });
  EXPECT_EQ(said(13), "");
  fill([](std::uint64_t message, int) { return 1'000 + static_cast<int>(message); });
  EXPECT_EQ(said(13), "warn: no steady state after 2 s of warm-up (p50 drifts +19 %)");
  result.steady_load = false;
  EXPECT_EQ(said(13), "") << "the scenario changes the load";
}

TEST_F(StatisticsRules, Rule13IsSilentAboutADriftWithinTheNoise) {
  fill([](std::uint64_t message, int) { return message / 20 % 2 == 0 ? 100 : 200; });
  EXPECT_EQ(said(13), "");
  fill([](std::uint64_t message, int) { return message < 150 ? 1'000 : 1'040; });
  EXPECT_EQ(said(13), "") << "4 %";
}

}  // namespace
}  // namespace loadgen
