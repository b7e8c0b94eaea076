// What one run (one technique, one variant, one repetition) measured. A quantity that was not measured is nullopt.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/host/jitter_probe.h"
#include "loadgen/host/machine.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/run/recorder.h"
#include "loadgen/run/series.h"
#include "loadgen/run/worker.h"
#include "loadgen/scenario/scenario.h"
#include "loadgen/target/cost_meter.h"

namespace loadgen {

enum class Level : std::uint8_t { kInfo, kWarn, kInvalid };
std::string_view level_name(Level level);

// A validity rule that fired, in words. `rule` is its number in docs/validity.md; 0 for what no rule covers.
struct Warning {
  int rule = 0;
  Level level = Level::kInfo;
  std::string message;
};

enum class Verdict : std::uint8_t { kValid, kDoubtful, kInvalid };
std::string_view verdict_name(Verdict verdict);

struct PhaseTimes {  // 0: not reached
  Nanos ramp{0};     // without `memory`
  Nanos memory{0};   // waits at the counts of phases.memory
  Nanos idle{0};
  Nanos warm_up{0};
  Nanos measure{0};
  Nanos drain{0};
};

struct RunResult {
  explicit RunResult(const RunSpec& spec) : recorder(Recorder::of_all(spec)) {}

  const Variant* variant = nullptr;
  std::int64_t repetition = 1;
  std::uint64_t order = 1;  // in which the runs of the scenario were made
  std::uint64_t subscribers = 0;
  std::uint64_t connected = 0;          // were subscribed at least once
  std::uint64_t connected_in_time = 0;  // of those, before `measure` began
  std::uint64_t topics = 1;
  std::uint64_t published = 0;       // measured messages that the server accepted
  std::uint64_t publish_failed = 0;  // measured messages that it did not
  std::uint64_t expected = 0;
  std::uint64_t missing = 0;
  std::uint64_t missed_while_away = 0;  // of those missing: due while the subscriber had no connection
  std::optional<double> offered_rate;   // messages per second by the schedule, in `measure`
  std::optional<double> achieved_rate;  // of them those that the server accepted, be it after `measure`
  PhaseTimes phases;
  Recorder recorder;  // of all workers
  measure::Histogram send_lag;
  measure::Histogram fanout_spread;
  Failures failures;
  Window window;       // of all workers
  Window idle_window;  // the same; its length is 0 without the phase
  bool tls = false;    // the target is https
  std::uint32_t workers = 0;
  MachineCounters machine_in_ramp;  // what the whole machine did in `ramp`
  MachineCounters machine;          // and in `measure`
  Jitter jitter;                    // in `measure`
  std::vector<SeriesRow> series;    // of the whole run
  std::string interval_log;         // file beside the result; empty: none
  std::string interval_log_error;   // why there is none although one was asked for; else empty
  bool steady_load = true;          // false: the scenario changes the rate while measuring
  Nanos topic_period{0};            // between messages of one topic where they are evenly apart; else 0
  std::uint64_t generator_rss_bytes = 0;
  std::optional<ServerUsage> server;
  std::string server_unknown;  // why there is none where there could be; else empty
  std::vector<MemoryPoint> memory;
  // Which of the programs that the run had started ended during it, and how; empty: none.
  std::string server_ended;
  bool interrupted = false;
  std::optional<std::int64_t> baseline_p50;  // ns: delivery latency of an idle server under the same load
  Verdict verdict = Verdict::kValid;
  std::vector<Warning> warnings;

  std::uint64_t delivered() const { return recorder.delivered; }
  // False: it was over before the phase `measure` began.
  bool has_measured() const { return phases.measure > Nanos(0); }
  double handshakes_per_second() const;  // of TLS, completed in `window`
};

// TCP and IPv4 headers of one segment with the time-stamp option that Linux uses: 20 + 20 + 12 bytes.
inline constexpr std::uint64_t kSegmentHeaderBytes = 52;

}  // namespace loadgen
