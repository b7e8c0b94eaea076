#include "loadgen/campaign/saturation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "loadgen/judge/rules.h"

namespace loadgen {

namespace {

using rules::percent;
using rules::time_text;

constexpr std::int64_t kScheduler = 10'000'000;  // ns: what a busy machine's scheduler explains
constexpr double kShare = 0.2;                   // of the windows, or of the time

double seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

// The generator's own lateness is most of what was measured.
std::string lateness(const RunResult& run, const measure::Histogram& own, std::string_view name) {
  if (own.count() < 20) return {};
  const double q = std::min(0.99, 1 - 10.0 / static_cast<double>(own.count()));
  const std::int64_t late = own.value_at_quantile(q);
  const measure::Histogram& latency = run.recorder.delivery_latency;
  if (late <= kScheduler || (latency.count() > 0 && 2 * late <= latency.value_at_quantile(q))) return {};
  return fmt::format("{} p{:.3g} {}", name, q * 100, time_text(late));
}

std::string busy_threads(const RunResult& run) {
  constexpr double kBusy = 0.8;
  const auto windows = std::ranges::count_if(run.series, &SeriesRow::measuring);
  const auto busy =
      std::ranges::count_if(run.series, [](const SeriesRow& row) { return row.measuring && row.busy > kBusy; });
  if (static_cast<double>(busy) <= kShare * static_cast<double>(windows)) return {};
  return fmt::format("a generator thread was busy in {} of {} windows", busy, windows);
}

std::string no_processor(const RunResult& run) {
  const double length = seconds(run.window.length);
  if (length <= 0) return {};
  const double stalled = seconds(run.jitter.stalled) / length;
  if (stalled > kShare)
    return fmt::format("a thread that wanted to run had to wait for {} of the time", percent(stalled));
  const double throttled = seconds(run.machine.throttled_time.value_or(Nanos(0))) / length;
  if (throttled > kShare)
    return fmt::format("the CPU quota stopped the generator for {} of the time", percent(throttled));
  return {};
}

}  // namespace

std::string generator_limit(const RunResult& run) {
  if (run.failures.count[static_cast<std::size_t>(Failure::kNoPorts)] > 0) return "no source ports were left";
  for (std::string reason : {busy_threads(run), lateness(run, run.send_lag, "publisher lag"),
                             lateness(run, run.recorder.loop_lag, "loop lag"),
                             lateness(run, run.recorder.read_delay, "client read delay"), no_processor(run)}) {
    if (!reason.empty()) return reason;
  }
  return {};
}

}  // namespace loadgen
