// What one run costs the server, and the generator in memory: readings of the processes at the ends of its phases.
#pragma once

#include <optional>
#include <vector>

#include "loadgen/memory_slope.h"
#include "loadgen/process.h"
#include "loadgen/programs.h"
#include "loadgen/run_result.h"
#include "loadgen/syscall_counter.h"

namespace loadgen {

class CostMeter {
 public:
  CostMeter(const Programs& programs, bool count_syscalls) : programs_(programs), count_syscalls_(count_syscalls) {}

  // In the order of the phases; those of phases that a run does not have are left out. What begins and ends a window is
  // quick, to be called in one breath with the same of the workers: memory is read outside, which may take long.
  void before() { before_ = memory(); }
  void add_memory_point(std::uint64_t subscribers);
  void ramped();
  void begin_idle() { begin_idle_ = activity(); }
  void end_idle() { end_idle_ = activity(); }
  void begin_measure();
  void end_measure();
  void measured();
  // Fills result.server and result.memory. Requires result.connected.
  void finish(RunResult& result) const;

 private:
  std::optional<ProcessActivity> activity() const;
  std::optional<ProcessMemory> memory() const;
  std::optional<double> bytes_per_subscriber(std::uint64_t connected) const;

  const Programs& programs_;
  bool count_syscalls_;
  std::optional<SyscallCounter> syscalls_;  // in `measure`
  std::uint64_t syscalls_made_ = 0;
  std::optional<ProcessMemory> before_, ramped_, memory_;
  std::optional<ProcessActivity> begin_idle_, end_idle_, begin_, end_;
  std::optional<SocketsOfPort> sockets_;
  std::vector<MemoryPoint> points_;
  std::string command_;                // while it lived
  std::vector<std::string> runtimes_;  // the same
  bool measured_ = false;
};

}  // namespace loadgen
