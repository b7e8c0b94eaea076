// Watches a run from the controller's loop: asks the workers for a slice every second, which is a line of the log, and
// makes a row of the series of one or several of them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "loadgen/host/machine.h"
#include "loadgen/run/publishing.h"
#include "loadgen/run/run_spec.h"
#include "loadgen/run/series.h"
#include "loadgen/run/worker.h"
#include "net/loop.h"

namespace loadgen {

class RunMonitor final : private net::Timer::Handler {
 public:
  // `server`: the pid of the server whose cost is measured; 0 when there is none.
  RunMonitor(net::Loop& loop, const RunSpec& spec, std::span<const std::unique_ptr<Worker>> workers,
             const Publishing& publishing, pid_t server);

  void begin(wire::Time now);
  // The phase `measure` begins or ends now: a second and a row end with it.
  void begin_measure(wire::Time now);
  void end_measure(wire::Time now);
  // A second is over; called by its own timer.
  void second(wire::Time now);
  // After the workers have finished: the last interval. The rows in order of time.
  std::vector<SeriesRow> finish(wire::Time now);
  std::string close_log() { return log_.close(); }  // after that

 private:
  struct Levels {  // counters at the end of the last row
    std::uint64_t delivered = 0;
    std::uint64_t published = 0;
    std::uint64_t received_bytes = 0;
    Nanos generator_cpu{0};
    std::optional<Nanos> server_cpu;
    MachineCounters machine;
  };
  struct Second {  // between two cuts; shorter where `measure` begins and ends
    wire::Time begin{};
    wire::Time end{};
    std::size_t row = 0;
  };

  void on_timer(net::Timer& timer) override;
  void cut(wire::Time now);      // ends a second
  void end_row(wire::Time now);  // after the cut of its last second; the next one begins
  void gather();                 // the slices that the last cut asked for
  void add(const Slice& slice);
  void end_second();  // all its slices have been added
  Levels read_levels() const;
  std::uint64_t sum(std::atomic<std::uint64_t> LiveCounters::*counter) const;

  net::Loop& loop_;
  std::span<const std::unique_ptr<Worker>> workers_;
  const Publishing& publishing_;
  pid_t server_;
  SeriesSteps steps_;
  Nanos step_;  // of rows, now
  IntervalLog log_;
  net::Timer timer_;
  std::vector<SeriesRow> rows_;   // the last one is not complete
  std::vector<wire::Time> ends_;  // of those that are
  Second second_;                 // the slices of which are to come
  Levels levels_;
  wire::Time begun_{};
  wire::Time row_begun_{};
  wire::Time measure_begun_{};
  measure::Histogram latency_;      // of one second, over all workers
  measure::Histogram row_latency_;  // of the seconds of a row
};

}  // namespace loadgen
