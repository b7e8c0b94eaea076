// Rules about what lies between publisher, server and subscribers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "loadgen/judge/rules.h"
#include "loadgen/scenario/units.h"

namespace loadgen::rules {

namespace {

std::uint64_t count_between(const measure::Histogram& histogram, std::int64_t low, std::int64_t high) {
  std::uint64_t total = 0;
  histogram.for_each_bucket([&](std::int64_t lowest, std::int64_t highest, std::uint64_t count) {
    if (lowest >= low && highest < high) total += count;
  });
  return total;
}

}  // namespace

// Polls that keep a schedule of their own meet each message of an even one at the same age. Where an answer or its end
// sets the time of the next poll, the two drift apart.
void phase_locking(const RunResult& run, Findings& found) {
  if (run.topic_period == Nanos(0) || run.variant == nullptr) return;
  const auto polls = run.variant->traits().polls;
  if (!polls || polls->timing != PollSchedule::Timing::kFixedRate) return;
  const double ratio = static_cast<double>(run.topic_period.count()) / static_cast<double>(polls->interval.count());
  if (ratio <= 0.5 || std::abs(ratio - std::round(ratio)) >= 0.01 * ratio) return;
  found.warn(fmt::format("publish period{} is {:.0f} x the interval of {}: data age is an aliasing artefact",
                         run.topics > 1 ? " of a topic" : "", std::round(ratio), run.variant->label()));
}

// A sender that waits for an acknowledgement which the receiver delays: 40 ms on Linux, 200 ms elsewhere. It shows as a
// narrow peak; a share alone would accuse a broad distribution (polling, overload) that merely covers the place.
void delayed_ack(const RunResult& run, Findings& found) {
  constexpr std::int64_t kMs = 1'000'000;
  struct Place {
    std::int64_t delay, width;
  };
  const measure::Histogram& times = run.recorder.service_time;
  if (times.count() < 100) return;
  for (const Place& place : {Place{40 * kMs, 5 * kMs}, Place{200 * kMs, 10 * kMs}}) {
    const std::int64_t low = place.delay - place.width / 5;
    const std::uint64_t inside = count_between(times, low, low + place.width);
    const std::uint64_t before = count_between(times, low - place.width, low);
    const std::uint64_t after = count_between(times, low + place.width, low + 2 * place.width);
    const double share = static_cast<double>(inside) / static_cast<double>(times.count());
    if (share <= 0.05 || inside < 4 * std::max(before, after)) continue;
    found.warn(fmt::format("{} of deliveries cluster at {}: Nagle + delayed ACK on the server?", percent(share),
                           time_text(place.delay)));
  }
}

// Streams that something holds back and lets go in bursts.
void bursts(const RunResult& run, Findings& found) {
  if (run.variant->traits().answers_in_batches) return;
  const Nanos jitter(run.recorder.loop_lag.count() > 0 ? run.recorder.loop_lag.value_at_quantile(0.99) : 0);
  const auto bursts = run.recorder.bursts.judge(jitter);
  if (!bursts) return;
  found.warn(fmt::format(
      "events arrive in bursts of ~{} ({} messages, every {}): a proxy or the server buffers the stream",
      human_bytes(static_cast<double>(bursts->bytes)), bursts->messages, time_text(bursts->period.count())));
}

void loopback(const Scenario& scenario, const HostInfo&, Findings& found) {
  if (!is_here(scenario.target)) return;
  found.info("loopback: absolute latencies are lower bounds; byte and CPU comparisons hold");
}

void source_ports(const Scenario& scenario, const HostInfo&, Findings& found) {
  const std::uint64_t connections = scenario.connections();
  const std::uint64_t sources = scenario.source_count();
  if (sources < 2) return;
  found.info(fmt::format("{} connections use {} source addresses, {}", count_text(connections), sources,
                         scenario.sources.text(connections)));
}

void no_ports(const RunResult& run, Findings& found) {
  if (run.failures.count[static_cast<std::size_t>(Failure::kNoPorts)] == 0) return;
  found.invalid("this machine ran out of source ports (EADDRNOTAVAIL)");
}

// Counted by the whole machine, so only the server under test on this machine can be seen, and others are seen too.
void listen_queue(const RunResult& run, Findings& found) {
  const std::uint64_t overflows =
      std::max(run.machine_in_ramp.listen_overflows.value_or(0), run.machine_in_ramp.listen_drops.value_or(0));
  if (overflows > 0) {
    found.warn(
        fmt::format("listen queue overflowed {} times during ramp: connect times include SYN retries (1 s steps)",
                    count_text(overflows)));
  }
  const std::uint64_t later = std::max(run.machine.listen_overflows.value_or(0), run.machine.listen_drops.value_or(0));
  if (later > 0) {
    found.warn(fmt::format("listen queue overflowed {} times while measuring: new connections waited for SYN retries",
                           count_text(later)));
  }
}

}  // namespace loadgen::rules
