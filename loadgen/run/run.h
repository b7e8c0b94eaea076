// One run: one technique with one set of options, once. Starts the server, ramps up, warms up, measures, drains; the
// phases are events of one loop on the caller's thread, so a signal or a server that dies ends the run at once and
// keeps what was measured.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "loadgen/host/jitter_probe.h"
#include "loadgen/host/progress.h"
#include "loadgen/run/publishing.h"
#include "loadgen/run/run_monitor.h"
#include "loadgen/run/run_result.h"
#include "loadgen/run/run_spec.h"
#include "loadgen/run/worker.h"
#include "loadgen/target/cost_meter.h"
#include "loadgen/target/programs.h"
#include "net/loop.h"

namespace loadgen {

class SpeakingSubscribers;

class Run final : private net::Timer::Handler {
 public:
  // Watches `programs` and measures the server among them. `result` is filled by go().
  Run(const RunSpec& spec, const Programs& programs, std::uint32_t workers, Progress& progress, RunResult& result);
  ~Run();

  // Returns when the run is over. Handles SIGINT and SIGTERM meanwhile: the first ends the measuring and drains, the
  // second ends the run at once; interrupted() tells which came.
  void go();
  int interrupted() const { return signal_; }

 private:
  struct ProgramWatch {
    Run& run;
    std::size_t index;
    uv_poll_t poll{};
  };
  enum class Phase : std::uint8_t { kRamp, kMemory, kIdle, kWarmUp, kMeasure, kFinishing, kDrain, kOver };
  static std::string_view phase_name(Phase phase);

  void enter(Phase phase, wire::Time now);
  void worker_ready();
  void publishing_ready();
  void all_ready();  // everyone who may connect is subscribed
  void take_memory_point();
  std::uint64_t admitted() const;  // by the memory counts, or all
  void end_ramp();
  void end_idle();
  void begin_warm_up();
  void prepare_measure();
  void begin_measure();
  void end_measure();
  void publishing_done();
  void worker_drained();
  void end();
  void on_signal(int signal);
  void program_ended(std::size_t index);
  void on_timer(net::Timer& timer) override;
  void tick(wire::Time now);
  bool is_fatal() const;
  std::uint64_t sum(std::atomic<std::uint64_t> LiveCounters::*counter) const;
  wire::Nanos time_left(wire::Time now) const;
  void watch_signals();
  void watch_programs();
  void collect();

  const RunSpec& spec_;
  const Programs& programs_;
  Progress& progress_;
  RunResult& result_;
  net::Loop loop_;
  std::atomic<std::int64_t> publish_start_{kNotStarted};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Publishing> publishing_;
  SpeakingSubscribers* speaking_ = nullptr;  // publishing_, when the subscribers speak
  net::Timer phase_timer_;
  net::Timer tick_timer_;
  uv_signal_t interrupt_{};
  uv_signal_t terminate_{};
  std::deque<ProgramWatch> watches_;  // one for each program
  wire::Time begun_{};
  wire::Time phase_begun_{};
  wire::Time publish_begun_{};
  CostMeter cost_;
  MachineCounters machine_before_;
  std::unique_ptr<RunMonitor> monitor_;
  JitterProbe probe_;              // while measuring
  std::size_t memory_points_ = 0;  // taken
  std::size_t ready_ = 0;
  std::size_t drained_ = 0;
  int signal_ = 0;
  Phase phase_ = Phase::kRamp;
  bool publishing_ready_ = false;
  bool publishing_done_ = false;
  bool prepared_ = false;  // the workers, for `measure`
};

}  // namespace loadgen
