// A run over time: one row an interval, and each second's latencies in a log that HdrHistogram's tools read.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/measure/histogram.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

using wire::Nanos;

// Differences are of the interval, levels at its end.
struct SeriesRow {
  Nanos end{0};  // since the beginning of `measure`; negative before
  Nanos length{0};
  bool measuring = false;              // within `measure`
  std::uint64_t connected = 0;         // subscribed at the end
  std::uint64_t delivered = 0;         // messages, measured or not
  std::uint64_t published = 0;         // accepted by the server
  std::uint64_t received_bytes = 0;    // by all subscribers
  Nanos generator_cpu{0};              // of the whole process
  std::optional<Nanos> server_cpu;     // unknown when the server is not ours
  std::uint64_t server_rss_bytes = 0;  // 0: unknown
  double busy = 0;                     // of the busiest worker's loop in its busiest second, 0 to 1
  Nanos lag{0};                        // the greatest of all loops
  std::optional<double> stolen;        // share of the machine's CPU time
  std::uint64_t latencies = 0;         // measured deliveries in the interval, and two of their quantiles
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
};

// Appends to a file second by second, so that a killed run keeps what it had. Seconds without a delivery are left out.
class IntervalLog {
 public:
  // `path` empty: nothing is written. `start`: CLOCK_REALTIME.
  IntervalLog(const std::string& path, const std::string& title, Nanos start);
  void append(Nanos begin, Nanos length, const measure::Histogram& latency);
  // Returns why the file is not whole, as a sentence, or nothing.
  std::string close();

 private:
  void write(const std::string& text);
  void note_error();

  std::string path_;
  std::string error_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

// How long rows are before `measure` and from then on: 1 s, or as many whole seconds as it takes for either to have at
// most 600. Each on its own, so that a day of waiting does not blur what is measured, nor leaves a row for each second.
struct SeriesSteps {
  Nanos before{0};
  Nanos measure{0};
};
SeriesSteps series_steps(const Phases& phases);

}  // namespace loadgen
