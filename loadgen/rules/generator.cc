// Rules about the load generator: how much of what it measured is its own?
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "loadgen/rules.h"

namespace loadgen::rules {

void busy_loops(const RunResult& run, Findings& found) {
  if (run.window.length.count() == 0 || run.workers == 0) return;
  const double busy =
      static_cast<double>(run.window.busy.count()) / (static_cast<double>(run.window.length.count()) * run.workers);
  if (busy < 0.8) return;
  found.warn(fmt::format("generator threads at {}: latency includes the generator", percent(busy)));
}

void late_loops(const RunResult& run, Findings& found) {
  if (run.recorder.loop_lag.count() == 0 || run.delivered() == 0) return;
  const std::int64_t lag = run.recorder.loop_lag.value_at_quantile(0.99);
  const std::int64_t latency = run.recorder.delivery_latency.value_at_quantile(0.99);
  const double share = static_cast<double>(lag) / static_cast<double>(std::max<std::int64_t>(latency, 1));
  if (share <= 0.5 || lag < 1'000'000) return;
  found.warn(fmt::format("generator loop lag p99 {} = {} of the measured p99", time_text(lag), percent(share)));
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

}  // namespace loadgen::rules
