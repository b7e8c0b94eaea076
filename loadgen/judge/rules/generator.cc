// Rules about the load generator: how much of what it measured is its own?
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "loadgen/judge/rules.h"

namespace loadgen::rules {

// A window is a row of the series. Fewer than five of them do not tell a moment from the whole run.
void busy_loops(const RunResult& run, Findings& found) {
  constexpr double kBusy = 0.8, kShareOfWindows = 0.2;
  constexpr std::ptrdiff_t kEnoughWindows = 5;
  const auto measured = [](const SeriesRow& row) { return row.measuring; };
  const auto busy = [](const SeriesRow& row) { return row.measuring && row.busy > kBusy; };
  const auto windows = std::ranges::count_if(run.series, measured);
  const auto bad = std::ranges::count_if(run.series, busy);
  if (bad == 0) return;
  double most = 0;
  for (const SeriesRow& row : run.series) most = row.measuring ? std::max(most, row.busy) : most;
  const double share = static_cast<double>(bad) / static_cast<double>(windows);
  found.add(windows >= kEnoughWindows && share > kShareOfWindows ? Level::kInvalid : Level::kWarn,
            fmt::format("generator thread at {} in {} of {} windows: latency includes the generator", percent(most),
                        bad, windows));
}

void late_loops(const RunResult& run, Findings& found) {
  if (run.recorder.loop_lag.count() == 0 || run.delivered() == 0) return;
  const std::int64_t lag = run.recorder.loop_lag.value_at_quantile(0.99);
  const std::int64_t latency = run.recorder.delivery_latency.value_at_quantile(0.99);
  const double share = static_cast<double>(lag) / static_cast<double>(std::max<std::int64_t>(latency, 1));
  if (share <= 0.5 || lag < 1'000'000) return;
  found.warn(fmt::format("generator loop lag p99 {} = {} of the measured p99", time_text(lag), percent(share)));
}

// How long bytes lay in the kernel before the generator read them.
void unread_in_kernel(const RunResult& run, Findings& found) {
  const measure::Histogram& delay = run.recorder.read_delay;
  if (delay.count() < 100 || run.delivered() == 0) return;
  const double q = std::min(0.99, 1 - 10.0 / static_cast<double>(delay.count()));
  const std::int64_t own = delay.value_at_quantile(q);
  const std::int64_t latency = run.recorder.delivery_latency.value_at_quantile(q);
  const double share = static_cast<double>(own) / static_cast<double>(std::max<std::int64_t>(latency, 1));
  if (share <= 0.1) return;
  found.add(share > 0.5 && own > 1'000'000 ? Level::kInvalid : Level::kWarn,
            fmt::format("client read delay p{:.3g} {} = {} of the measured p{:.3g}", q * 100, time_text(own),
                        percent(share), q * 100));
}

void near_baseline(const RunResult& run, Findings& found) {
  if (!run.baseline_p50 || run.delivered() == 0) return;
  const std::int64_t p50 = run.recorder.delivery_latency.value_at_quantile(0.5);
  if (p50 >= 2 * *run.baseline_p50) return;
  found.warn(fmt::format("p50 {} is < 2 x the tool's own floor ({}): most of it is the tool's and the kernel's",
                         time_text(p50), time_text(*run.baseline_p50)));
}

void stolen_time(const RunResult& run, Findings& found) {
  constexpr double kStolen = 0.02;    // of the machine's CPU time
  constexpr double kThrottled = 0.2;  // of the window
  const double seconds = std::chrono::duration<double>(run.window.length).count();
  if (seconds <= 0) return;
  if (const auto stolen = run.machine.stolen_share(); stolen && *stolen > kStolen) {
    found.warn(fmt::format("steal {}: the hypervisor ran somebody else", percent(*stolen)));
  }
  if (run.machine.throttled.value_or(0) > 0) {
    const double lost = std::chrono::duration<double>(run.machine.throttled_time.value_or(Nanos(0))).count();
    found.add(lost > kThrottled * seconds ? Level::kInvalid : Level::kWarn,
              fmt::format("the CPU quota of this cgroup stopped it {} times, {} in all",
                          count_text(*run.machine.throttled), time_text(static_cast<std::int64_t>(lost * 1e9))));
  }
}

// What a thread that wants to run every millisecond has suffered. In a short run a moment is a large share.
void stalls(const RunResult& run, Findings& found) {
  constexpr double kShare = 0.2, kEnoughSeconds = 5;
  const double seconds = std::chrono::duration<double>(run.window.length).count();
  if (run.jitter.stalls == 0 || seconds <= 0) return;
  const double stalled = std::chrono::duration<double>(run.jitter.stalled).count();
  found.add(
      stalled > kShare * seconds && seconds >= kEnoughSeconds ? Level::kInvalid : Level::kWarn,
      fmt::format("{} stalls > 5 ms of a thread that only wants to run every millisecond, {} in all, the longest {}",
                  count_text(run.jitter.stalls), time_text(run.jitter.stalled.count()),
                  time_text(run.jitter.lateness.max())));
}

}  // namespace loadgen::rules
