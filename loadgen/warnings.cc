#include "loadgen/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "loadgen/summary.h"
#include "net/address.h"
#include "wire/units.h"

namespace loadgen {

namespace {

std::string time_text(std::int64_t ns) {
  return human_time(static_cast<double>(ns));
}
std::string percent(double share) {
  return fmt::format("{:.3g} %", share * 100);
}

void add(std::vector<Warning>& warnings, int rule, Level level, std::string message) {
  warnings.push_back({rule, level, std::move(message)});
}

// Rule 1: a publisher that fell behind its schedule. The quantile is p99, or the highest that has ten samples beyond
// it. Latencies count from the intended time whatever it is, so only a lag that makes up most of them, and more than a
// busy machine's scheduler explains, is invalid.
void check_send_lag(const RunResult& result, std::vector<Warning>& warnings) {
  constexpr std::int64_t kScheduler = 10'000'000;  // ns
  const std::uint64_t messages = result.send_lag.count();
  if (messages < 20 || result.delivered() == 0) return;
  const double q = std::min(0.99, 1 - 10.0 / static_cast<double>(messages));
  const std::int64_t lag = result.send_lag.value_at_quantile(q);
  const measure::Histogram& latency = result.recorder.delivery_latency;
  if (lag <= std::max<std::int64_t>(1'000'000, latency.value_at_quantile(0.5) / 10)) return;
  const bool dominates = lag > kScheduler && 2 * lag > latency.value_at_quantile(q);
  add(warnings, 1, dominates ? Level::kInvalid : Level::kWarn,
      fmt::format("publisher fell behind by up to {} (p{:.3g} {}); latencies are from the intended time",
                  time_text(result.send_lag.max()), q * 100, time_text(lag)));
}

// Rule 2: polls that fell due while an answer was outstanding.
void check_skipped_polls(const RunResult& result, std::vector<Warning>& warnings) {
  const SessionCounts& counts = result.window.counts;
  if (counts.skipped_polls == 0) return;
  const double share =
      static_cast<double>(counts.skipped_polls) / static_cast<double>(counts.skipped_polls + counts.requests);
  add(warnings, 2, share > 0.01 ? Level::kWarn : Level::kInfo,
      fmt::format("{} of the polls fell due while an answer was outstanding and were skipped", percent(share)));
}

// Rule 3: what was owed and did not come.
void check_missing(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.missing == 0) return;
  const double share = static_cast<double>(result.missing) / static_cast<double>(result.expected);
  add(warnings, 3, Level::kWarn,
      fmt::format("{} of {} deliveries missing ({}): percentiles beyond {} are 'not delivered'",
                  wire::format_count(result.missing), wire::format_count(result.expected), percent(share),
                  percent(1 - share)));
}

// Rule 4: connections that were lost while messages were due.
void check_absences(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.missed_while_away > 0) {
    add(warnings, 4, Level::kInfo,
        fmt::format("{} messages missed during reconnects{}", wire::format_count(result.missed_while_away),
                    result.variant->technique->resumes ? "" : " (the technique has no replay)"));
  }
  if (result.recorder.replayed > 0) {
    add(warnings, 4, Level::kInfo,
        fmt::format("{} messages were due during reconnects and replayed after them",
                    wire::format_count(result.recorder.replayed)));
  }
}

// Rule 27: a server that serves its subscribers one after the other lets the last ones wait.
void check_position(const RunResult& result, std::vector<Warning>& warnings) {
  constexpr std::uint64_t kEnough = 100;       // for a median that means something
  constexpr std::int64_t kLittle = 1'000'000;  // ns
  const measure::Histogram& first = result.recorder.first_decile;
  const measure::Histogram& last = result.recorder.last_decile;
  if (first.count() < kEnough || last.count() < kEnough) return;
  const std::int64_t difference = last.value_at_quantile(0.5) - first.value_at_quantile(0.5);
  const std::int64_t size = std::abs(difference);
  if (size < kLittle || 10 * size < result.recorder.delivery_latency.value_at_quantile(0.5)) return;
  add(warnings, 27, Level::kInfo,
      fmt::format("the {} decile of subscribers waits {} more than the {} (p50)", difference > 0 ? "last" : "first",
                  time_text(size), difference > 0 ? "first" : "last"));
}

// Rule 6: what the histogram cannot hold.
void check_range(const RunResult& result, std::vector<Warning>& warnings) {
  const std::uint64_t above = result.recorder.delivery_latency.above_range();
  if (above > 0)
    add(warnings, 6, Level::kWarn, fmt::format("{} latencies above 1 h clamped", wire::format_count(above)));
}

// Rule 26: one answer may bring several messages, and costs of a message at different loads do not compare.
void check_batching(const RunResult& result, std::vector<Warning>& warnings) {
  const std::uint64_t answers = result.window.counts.full_answers;
  if (answers == 0) return;
  const double batch = static_cast<double>(result.window.deliveries) / static_cast<double>(answers);
  if (batch < 1.05) return;
  add(warnings, 26, Level::kInfo,
      fmt::format("{:.1f} messages per response at this load: the cost of a message holds for this rate only", batch));
}

// Rule 9: the generator's own processors.
void check_generator_cpu(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.window.length.count() == 0 || result.workers == 0) return;
  const double busy = static_cast<double>(result.window.busy.count()) /
                      (static_cast<double>(result.window.length.count()) * result.workers);
  if (busy < 0.8) return;
  add(warnings, 9, Level::kWarn, fmt::format("generator threads at {}: latency includes the generator", percent(busy)));
}

// Rule 10: lateness of the generator's loops.
void check_loop_lag(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.recorder.loop_lag.count() == 0 || result.delivered() == 0) return;
  const std::int64_t lag = result.recorder.loop_lag.value_at_quantile(0.99);
  const std::int64_t latency = result.recorder.delivery_latency.value_at_quantile(0.99);
  const double share = static_cast<double>(lag) / static_cast<double>(std::max<std::int64_t>(latency, 1));
  if (share <= 0.5 || lag < 1'000'000) return;
  add(warnings, 10, Level::kWarn,
      fmt::format("generator loop lag p99 {} = {} of the measured p99", time_text(lag), percent(share)));
}

// Rule 11: capacity reached. The reference is the schedule, so Poisson arrivals do not count as a shortfall.
void check_rate(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.publish_failed == 0) return;
  const double share =
      static_cast<double>(result.published) / static_cast<double>(result.published + result.publish_failed);
  if (share >= 0.99) return;
  add(warnings, 11, Level::kWarn,
      fmt::format("achieved {} of the asked rate: a capacity point, not a latency point", percent(share)));
}

// Rule 7: too few samples for a percentile.
void check_samples(const RunResult& result, std::vector<Warning>& warnings) {
  const std::uint64_t samples = result.delivered();
  if (samples == 0 || samples >= 10'000) return;
  const char* percentile = samples < 1'000 ? "p99" : "p99.9";
  add(warnings, 7, Level::kInfo,
      fmt::format("{} deliveries: {} has fewer than 10 samples beyond it and is not shown", wire::format_count(samples),
                  percentile));
}

void check_population(const RunResult& result, std::vector<Warning>& warnings) {
  if (result.connected < result.subscribers) {
    add(warnings, 0, result.connected == 0 ? Level::kInvalid : Level::kWarn,
        fmt::format("{} of {} subscribers were never subscribed",
                    wire::format_count(result.subscribers - result.connected), wire::format_count(result.subscribers)));
  }
  for (std::size_t i = 0; i < kFailureKinds; ++i) {
    if (result.failures.count[i] == 0) continue;
    add(warnings, 0, Level::kWarn,
        fmt::format("{} failures of kind '{}', the first: {}", wire::format_count(result.failures.count[i]),
                    failure_name(static_cast<Failure>(i)), result.failures.example[i]));
  }
  if (result.failures.count[static_cast<std::size_t>(Failure::kNoPorts)] > 0) {
    add(warnings, 23, Level::kInvalid, "this machine ran out of source ports (EADDRNOTAVAIL)");
  }
}

void check_completeness(const RunResult& result, std::vector<Warning>& warnings) {
  if (!result.server_ended.empty()) {
    add(warnings, 0, Level::kInvalid, "the reference server " + result.server_ended + " during the run");
  }
  if (result.connected > 0 && result.delivered() == 0) add(warnings, 0, Level::kInvalid, "nothing was delivered");
  if (result.interrupted) add(warnings, 0, Level::kWarn, "interrupted: what was measured until then");
  if (result.recorder.corrupt > 0) {
    add(warnings, 29, Level::kWarn,
        fmt::format("{} messages arrived damaged", wire::format_count(result.recorder.corrupt)));
  }
  if (result.recorder.foreign > 0) {
    add(warnings, 0, Level::kWarn,
        fmt::format("{} messages were not published by this run", wire::format_count(result.recorder.foreign)));
  }
}

}  // namespace

std::vector<Warning> check_conditions(const Scenario& scenario, const HostInfo& host) {
  std::vector<Warning> warnings;
  if (scenario.target.reference) {
    add(warnings, 22, Level::kInfo, "loopback: absolute latencies are lower bounds; byte and CPU comparisons hold");
  }
  if (scenario.target.reference && host.cores < 4) {
    add(warnings, 30, Level::kInfo,
        fmt::format("{} cores: generator and server share CPUs; CPU per delivery is valid, capacity is not",
                    host.cores));
  }
  if (host.load_average > 0.5 * host.cores) {
    add(warnings, 31, Level::kWarn,
        fmt::format("machine busy before start (load {:.1f} on {} cores)", host.load_average, host.cores));
  }
  if (!host.clocksource.empty() && host.clocksource != "tsc" && host.clocksource != "kvm-clock" &&
      host.clocksource != "arch_sys_counter" && host.clocksource.find("hyperv") == std::string::npos) {
    add(warnings, 18, Level::kWarn,
        "clocksource " + host.clocksource + ": every reading of the clock is a system call");
  }
  const double period = 1.0 / scenario.publish.rate.per_second();
  for (const Variant& variant : scenario.variants) {
    if (variant.technique->name != "polling" || scenario.publish.arrivals != Arrivals::kConstant) continue;
    const double ratio = period / (static_cast<double>(variant.options.front().number) / 1e9);
    if (ratio > 0.5 && std::abs(ratio - std::round(ratio)) < 0.01 * ratio) {
      add(warnings, 20, Level::kWarn,
          fmt::format("publish period is {:.0f} x the interval of {}: data age is an aliasing artefact",
                      std::round(ratio), variant.label()));
    }
  }
  const auto sources = static_cast<std::uint64_t>(scenario.subscribers) / net::kConnectionsPerSource + 1;
  if (scenario.target.reference && sources > 1) {
    const std::string last = net::loopback_source(static_cast<std::uint32_t>(sources - 1)).text();
    add(warnings, 23, Level::kInfo,
        fmt::format("{} connections use {} source addresses, 127.0.0.1 to {}",
                    wire::format_count(static_cast<std::uint64_t>(scenario.subscribers)), sources,
                    last.substr(0, last.rfind(':'))));
  }
  return warnings;
}

void judge_validity(RunResult& result) {
  std::vector<Warning>& warnings = result.warnings;
  check_completeness(result, warnings);
  check_population(result, warnings);
  check_missing(result, warnings);
  check_absences(result, warnings);
  check_position(result, warnings);
  check_range(result, warnings);
  check_batching(result, warnings);
  check_send_lag(result, warnings);
  check_skipped_polls(result, warnings);
  check_rate(result, warnings);
  check_generator_cpu(result, warnings);
  check_loop_lag(result, warnings);
  check_samples(result, warnings);
  Level worst = Level::kInfo;
  for (const Warning& warning : warnings) worst = std::max(worst, warning.level);
  result.verdict = worst == Level::kInvalid ? Verdict::kInvalid
                   : worst == Level::kWarn  ? Verdict::kDoubtful
                                            : Verdict::kValid;
}

}  // namespace loadgen
