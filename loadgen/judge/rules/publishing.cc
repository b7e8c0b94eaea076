// Rules about the load itself: was it what the scenario asked for?
#include <fmt/format.h>

#include <algorithm>

#include "loadgen/judge/rules.h"
#include "loadgen/measure/percentile.h"

namespace loadgen::rules {

namespace {

// p99, or the highest quantile that has ten samples beyond it.
double tail_quantile(const measure::Histogram& histogram) {
  return std::min(0.99, 1 - measure::kSamplesBeyond / static_cast<double>(histogram.count()));
}

// The tail of the send lag makes up enough of the latencies to be told by rule 1.
bool fell_behind(const RunResult& run, std::int64_t lag) {
  constexpr std::int64_t kNoticeable = 1'000'000;  // ns
  if (run.delivered() == 0) return false;
  return lag > std::max(kNoticeable, run.recorder.delivery_latency.value_at_quantile(0.5) / 10);
}

}  // namespace

// Latencies count from the intended time whatever the lag is, so only one that makes up most of them, and more than a
// busy machine's scheduler explains, is invalid.
void publisher_lag(const RunResult& run, Findings& found) {
  constexpr std::int64_t kScheduler = 10'000'000;  // ns
  if (run.send_lag.count() < 20 || run.delivered() == 0) return;
  const double q = tail_quantile(run.send_lag);
  const std::int64_t lag = run.send_lag.value_at_quantile(q);
  const measure::Histogram& latency = run.recorder.delivery_latency;
  if (!fell_behind(run, lag)) return;
  const bool dominates = lag > kScheduler && 2 * lag > latency.value_at_quantile(q);
  found.add(dominates ? Level::kInvalid : Level::kWarn,
            fmt::format("publisher fell behind by up to {} (p{:.3g} {}); latencies are from the intended time",
                        time_text(run.send_lag.max()), q * 100, time_text(lag)));
}

// A poll that falls due while an answer is outstanding is skipped, so the loop is closed by so much.
void closed_loop(const RunResult& run, Findings& found) {
  const SessionCounts& counts = run.window.counts;
  const auto polls = run.variant == nullptr ? std::nullopt : run.variant->traits().polls;
  if (polls && polls->timing == PollSchedule::Timing::kClosed) {
    found.info(
        "polls ran closed loop, as asked: a slow answer delays the next poll, and there are as many as are answered");
  }
  if (counts.skipped_polls == 0) return;
  const auto skipped = static_cast<double>(counts.skipped_polls);
  const auto asked = static_cast<double>(counts.requests);
  const double share = skipped / (skipped + asked);
  std::string stretched;
  if (polls && asked > 0) {
    const auto interval = polls->interval.count();
    const double mean = static_cast<double>(interval) * (skipped + asked) / asked;
    stretched = fmt::format(": intervals stretched to {} on average (asked {})",
                            time_text(static_cast<std::int64_t>(mean)), time_text(interval));
  }
  found.add(share > 0.01 ? Level::kWarn : Level::kInfo,
            fmt::format("{} of the polls fell due while an answer was outstanding and were skipped{}", percent(share),
                        stretched));
}

// The reference is the schedule, so Poisson arrivals do not count as a shortfall. A message counts as achieved when the
// server took it, and took it while the run measured: one that accepts more slowly than it is asked has a queue at the
// end. A few messages are always under way.
void rate_not_reached(const RunResult& run, Findings& found) {
  constexpr std::uint64_t kUnderWay = 10;
  const std::uint64_t asked = run.published + run.publish_failed;
  if (asked == 0) return;
  std::uint64_t in_time = 0;
  bool observed = false;
  for (const SeriesRow& row : run.series) {
    if (!row.measuring) continue;
    in_time += row.published;
    observed = true;
  }
  std::uint64_t achieved = run.published;
  if (observed && in_time + kUnderWay < asked) achieved = std::min(achieved, in_time);
  const double share = static_cast<double>(achieved) / static_cast<double>(asked);
  if (share >= 0.99) return;
  found.warn(fmt::format("achieved {} of the asked rate: capacity point, not a latency point", percent(share)));
}

// Told where it matters to nobody but him who compares latencies below it, or beside latencies that dwarf it; an error
// that is a part of them is rule 1.
void schedule_error(const RunResult& run, Findings& found) {
  constexpr std::int64_t kWorthTelling = 100'000;  // ns
  if (run.send_lag.count() < 20) return;
  const double q = tail_quantile(run.send_lag);
  const std::int64_t error = run.send_lag.value_at_quantile(q);
  if (error < kWorthTelling || fell_behind(run, error)) return;
  found.info(fmt::format("schedule error p{:.3g} {}", q * 100, time_text(error)));
}

}  // namespace loadgen::rules
