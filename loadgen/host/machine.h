// What happened to the whole machine during a run, whoever caused it: counters since boot, and their differences.
#pragma once

#include <cstdint>
#include <optional>

#include "loadgen/host/system_files.h"
#include "wire/time.h"

namespace loadgen {

struct MachineCounters {
  std::optional<std::uint64_t> ticks;  // CPU time of every kind, over all processors, in clock ticks
  std::optional<std::uint64_t> idle_ticks;
  std::optional<std::uint64_t> stolen_ticks;      // the hypervisor ran somebody else
  std::optional<std::uint64_t> throttled;         // periods in which this process's cgroup used up its quota
  std::optional<wire::Nanos> throttled_time;      // of that cgroup
  std::optional<wire::Nanos> pressure;            // some task waited for a processor: "some" of /proc/pressure/cpu
  std::optional<std::uint64_t> listen_overflows;  // connections that a full listen queue turned away
  std::optional<std::uint64_t> listen_drops;

  MachineCounters since(const MachineCounters& earlier) const;
  std::optional<double> stolen_share() const;  // of all CPU time
  std::optional<double> busy_share() const;
};

MachineCounters read_machine(const SystemFiles& files = SystemFiles());

}  // namespace loadgen
