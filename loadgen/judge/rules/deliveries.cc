// Rules about what arrived: how much of what was owed, and whether there is enough of it for a percentile.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include "loadgen/judge/rules.h"
#include "loadgen/measure/percentile.h"

namespace loadgen::rules {

namespace {

constexpr std::array<double, 3> kTablePercentiles = {0.5, 0.99, 0.999};

double measured_seconds(const VariantSummary& group) {
  Nanos total{0};
  for (const RunResult* run : group.runs) total += run->phases.measure;
  return std::chrono::duration<double>(total).count();
}

// "10 s", or "4 to 10 s" where techniques were measured for unlike times, as after an interruption.
std::string seconds_text(double least, double most) {
  const std::string low = fmt::format("{:.3g}", least);
  const std::string high = fmt::format("{:.3g}", most);
  return (low == high ? high : low + " to " + high) + " s";
}

// What is left of a whole without `share` of it, with as many digits as tell it from the whole: "99.995 %".
std::string percent_without(double share) {
  const int small = share > 0 ? static_cast<int>(std::floor(std::log10(100 * share))) : 0;
  return fmt::format("{:.{}g} %", 100 * (1 - share), std::max(3, 2 - small));
}

}  // namespace

void completeness(const RunResult& run, Findings& found) {
  if (!run.server_ended.empty()) found.invalid("during the run " + run.server_ended);
  if (run.connected > 0 && run.delivered() == 0) found.invalid("nothing was delivered");
  if (run.interrupted) found.warn("interrupted: what was measured until then");
  if (run.recorder.foreign > 0) {
    found.warn(fmt::format("{} messages were not published by this run", count_text(run.recorder.foreign)));
  }
}

void failures(const RunResult& run, Findings& found) {
  if (run.connected < run.subscribers) {
    found.add(run.connected == 0 ? Level::kInvalid : Level::kWarn,
              fmt::format("{} of {} subscribers were never subscribed", count_text(run.subscribers - run.connected),
                          count_text(run.subscribers)));
  }
  for (std::size_t i = 0; i < kFailureKinds; ++i) {
    if (run.failures.count[i] == 0) continue;
    found.warn(fmt::format("{} failures of kind '{}', the first: {}", count_text(run.failures.count[i]),
                           failure_name(static_cast<Failure>(i)), run.failures.example[i]));
  }
}

void no_interval_log(const RunResult& run, Findings& found) {
  if (!run.interval_log_error.empty()) found.info("no log of the intervals: " + run.interval_log_error);
}

void missing(const RunResult& run, Findings& found) {
  if (run.missing == 0) return;
  const double share = static_cast<double>(run.missing) / static_cast<double>(run.expected);
  found.warn(fmt::format("{} of {} deliveries missing ({}): percentiles beyond {} are 'not delivered'",
                         count_text(run.missing), count_text(run.expected), percent(share), percent_without(share)));
}

void absences(const RunResult& run, Findings& found) {
  if (run.missed_while_away > 0) {
    found.info(fmt::format("{} messages missed during reconnects{}", count_text(run.missed_while_away),
                           run.recorder.replayed == 0 ? " (none was replayed)" : ""));
  }
  if (run.recorder.replayed > 0) {
    found.info(fmt::format("{} messages were due during reconnects and replayed after them",
                           count_text(run.recorder.replayed)));
  }
}

void clamped(const RunResult& run, Findings& found) {
  const Recorder& recorder = run.recorder;
  const std::uint64_t above = recorder.delivery_latency.above_range() + recorder.service_time.above_range() +
                              recorder.readiness.above_range() + recorder.loop_lag.above_range() +
                              run.send_lag.above_range();
  if (above > 0) found.warn(fmt::format("{} values above 1 h clamped", count_text(above)));
  // Times are differences of one monotonic clock: a negative one is a marker that lies.
  const std::uint64_t below = recorder.delivery_latency.below_range() + recorder.service_time.below_range();
  if (below > 0) found.warn(fmt::format("{} deliveries before they were due, counted as 0", count_text(below)));
}

// Of each technique the first percentile of the table that has too few deliveries beyond it, over all repetitions.
void few_samples(const Scenario&, const std::span<const VariantSummary>& groups, Findings& found) {
  for (const VariantSummary& group : groups) {
    const measure::Summary& latency = group.distribution("delivery_latency").whole;
    if (latency.count == 0) continue;
    const auto* q = std::ranges::find_if(
        kTablePercentiles, [&](double percentile) { return !measure::enough_beyond(percentile, latency.expected); });
    if (q == kTablePercentiles.end()) continue;
    const double beyond = measure::samples_beyond(*q, latency.expected);
    const double seconds = measured_seconds(group);
    std::string fix;
    if (seconds > 0) {
      fix = fmt::format("; run {:.0f} s longer{}", std::ceil(seconds * (measure::kSamplesBeyond / beyond - 1)),
                        group.runs.size() > 1 ? " (over the repetitions)" : "");
    }
    found.info(fmt::format(
        "{}: p{:.3g} of {} deliveries has {:.2g} samples beyond it and {:.0f} are needed: not shown{}",
        group.variant->label(), *q * 100, count_text(latency.expected), beyond, measure::kSamplesBeyond, fix));
  }
}

// One answer may bring several messages, and the costs of a message at different loads do not compare.
void batching(const RunResult& run, Findings& found) {
  const std::uint64_t answers = run.window.counts.full_answers;
  if (answers == 0) return;
  const double batch = static_cast<double>(run.window.deliveries) / static_cast<double>(answers);
  if (batch < 1.05) return;
  found.info(
      fmt::format("{:.1f} messages per response at this load: the cost of a message holds for this rate only", batch));
}

// A server that serves its subscribers one after the other lets the last ones wait.
void fanout_position(const RunResult& run, Findings& found) {
  constexpr std::uint64_t kEnough = 100;       // for a median that means something
  constexpr std::int64_t kLittle = 1'000'000;  // ns
  const measure::Histogram& first = run.recorder.first_decile;
  const measure::Histogram& last = run.recorder.last_decile;
  if (first.count() < kEnough || last.count() < kEnough) return;
  const std::int64_t difference = last.value_at_quantile(0.5) - first.value_at_quantile(0.5);
  const std::int64_t size = std::abs(difference);
  if (size < kLittle || 10 * size < run.recorder.delivery_latency.value_at_quantile(0.5)) return;
  found.info(fmt::format("the {} decile of subscribers waits {} more than the {} (p50)",
                         difference > 0 ? "last" : "first", time_text(size), difference > 0 ? "first" : "last"));
}

void damaged(const RunResult& run, Findings& found) {
  if (run.recorder.corrupt > 0) {
    found.warn(fmt::format("{} messages arrived damaged", count_text(run.recorder.corrupt)));
  }
}

// The slowest deliveries say nothing without how long and how widely they were looked for.
void rare_events(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found) {
  std::string list;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const VariantSummary& group : groups) {
    const measure::Summary& latency = group.distribution("delivery_latency").whole;
    if (latency.count == 0) continue;
    least = std::min(least, measured_seconds(group));
    most = std::max(most, measured_seconds(group));
    const auto p9999 = latency.at(0.9999);
    const bool enough = measure::enough_beyond(0.9999, latency.expected);
    list += fmt::format("{}{} p99.99 {}, max {}", list.empty() ? "" : "; ", group.variant->label(),
                        !enough ? "not shown (too few deliveries)"
                        : p9999 ? time_text(*p9999)
                                : "not delivered",
                        latency.max ? time_text(*latency.max) : "not delivered");
  }
  if (list.empty()) return;
  found.info(fmt::format("slowest deliveries in {} x {} clients: {}", seconds_text(least, most),
                         count_text(static_cast<std::uint64_t>(scenario.subscribers)), list));
}

}  // namespace loadgen::rules
