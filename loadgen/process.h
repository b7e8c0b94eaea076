// A local process whose cost is measured, with everything it has started: CPU time and memory from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "wire/time.h"

namespace loadgen {

struct ProcessUsage {
  wire::Nanos cpu{0};           // user and system, all threads, since the process started; of children that ended too
  std::uint64_t rss_bytes = 0;  // of several processes: what they share counts once for each
  std::uint64_t pss_bytes = 0;  // what they share counts once; 0 when smaps_rollup cannot be read
};

// Of the process and its descendants (a server may leave the work to others, as nginx does). Nothing when it is gone or
// hidden. Costs a walk of the page tables (smaps_rollup): not for every second of a large process.
std::optional<ProcessUsage> read_usage(pid_t pid);

// The parts of it that are cheap enough for every second. Nothing, and 0, when the process is gone or hidden.
std::optional<wire::Nanos> cpu_of(pid_t pid);
std::uint64_t resident_bytes(pid_t pid);

}  // namespace loadgen
