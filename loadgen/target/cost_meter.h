// What one run costs the server, and the generator in memory: readings of the processes at the ends of its phases.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/host/process.h"
#include "loadgen/target/memory_slope.h"
#include "loadgen/target/programs.h"
#include "loadgen/target/socket_memory.h"
#include "loadgen/target/syscall_counter.h"

namespace loadgen {

struct ServerUsage {
  pid_t pid = -1;
  std::string command;                // its command line
  std::string_view chosen_by;         // "started", "pid", "command", "port"
  std::vector<std::string> runtimes;  // with a just-in-time compiler, among its processes
  bool ended = false;                 // while it was measured
  std::optional<Nanos> cpu;           // during `measure`
  std::optional<Nanos> idle_cpu;      // during `idle`
  std::uint64_t rss_bytes = 0;        // after `measure`, like the next two; 0 when they cannot be read
  std::uint64_t pss_bytes = 0;
  std::uint64_t private_bytes = 0;
  std::optional<std::uint64_t> voluntary_switches;    // during `measure`
  std::optional<std::uint64_t> involuntary_switches;  // the same
  std::optional<std::uint64_t> syscalls;              // the same, where the scenario asks for it
  std::string syscalls_unknown;                       // why they are not known although it does; else empty
  std::optional<SocketMemory> sockets;                // after `measure`
  // The slope of the PSS over the counts of `phases.memory`, else PSS after the ramp less PSS before it, by subscriber.
  std::optional<double> bytes_per_subscriber;
};

// All that a CostMeter has read.
struct TargetCost {
  std::optional<ServerUsage> server;
  std::string server_unknown;  // why there is none where there could be; else empty
  std::vector<MemoryPoint> memory;
};

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
  // `connected`: subscribers that were subscribed at least once.
  TargetCost finish(std::uint64_t connected) const;

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
