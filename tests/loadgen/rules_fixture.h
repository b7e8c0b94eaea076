// Synthetic results for the validity rules: a good run that each test spoils in one way.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "loadgen/judge/rules.h"
#include "loadgen/judge/warnings.h"
#include "run_fixture.h"

namespace loadgen {

class Rules : public testing::Test {
 protected:
  Rules() : result(fixture.spec) {
    technique.name = "polling";
    technique.traits = [](std::span<const OptionValue> options) -> Traits {
      const auto timing = static_cast<PollSchedule::Timing>(options[1].number);
      return {.polls = PollSchedule{"interval", Nanos(options[0].number), timing}};
    };
    fixture.scenario.subscribers = 200;
    fixture.scenario.publish.rate = {10, std::chrono::seconds(1)};
    fixture.scenario.variants.push_back({&technique, "", {{1'000'000'000, ""}, {}}, 1});
    result.variant = &fixture.scenario.variants.front();
    result.subscribers = result.connected = result.connected_in_time = 200;
    result.published = 100;
    result.workers = 1;
    result.phases.measure = std::chrono::seconds(10);
    result.window.length = std::chrono::seconds(10);
    result.window.busy = std::chrono::seconds(2);
    deliver(20'000, 5'000'000);
    result.send_lag.record(20'000, 100);
    host.cores = 8;
    host.clocksource = "tsc";
  }

  void deliver(std::uint64_t count, std::int64_t ns) {
    result.recorder.delivery_latency.record(ns, count);
    result.recorder.service_time.record(ns, count);
    result.recorder.delivered += count;
    result.expected += count;
  }
  void set_timing(PollSchedule::Timing timing) {
    fixture.scenario.variants.front().options[1].number = static_cast<std::int64_t>(timing);
  }
  // What the rules of one number say, joined; "" when they are silent.
  std::string said(int rule) {
    result.warnings.clear();
    judge_validity(result);
    std::vector<Warning> all = result.warnings;
    std::ranges::move(check_conditions(fixture.scenario, host), std::back_inserter(all));
    const std::vector<VariantSummary> groups = group_runs(fixture.scenario, {&result, 1});
    std::ranges::move(compare_runs(fixture.scenario, groups), std::back_inserter(all));
    std::string text;
    for (const Warning& warning : all) {
      if (warning.rule != rule) continue;
      text += (text.empty() ? "" : "\n") + std::string(level_name(warning.level)) + ": " + warning.message;
    }
    return text;
  }

  RunFixture fixture;
  TechniqueInfo technique{};
  HostInfo host;
  RunResult result;
};

}  // namespace loadgen
