// A local process whose cost is measured: CPU time and memory from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "wire/time.h"

namespace loadgen {

struct ProcessUsage {
  wire::Nanos cpu{0};  // user and system, all threads, since the process started
  std::uint64_t rss_bytes = 0;
  std::uint64_t pss_bytes = 0;  // 0 when smaps_rollup cannot be read
};

// Nothing when the process is gone or hidden. Costs a walk of its page tables (smaps_rollup): not for every second of a
// large process.
std::optional<ProcessUsage> read_usage(pid_t pid);

// The parts of it that are cheap enough for every second. Nothing, and 0, when the process is gone or hidden.
std::optional<wire::Nanos> cpu_of(pid_t pid);
std::uint64_t resident_bytes(pid_t pid);

}  // namespace loadgen
