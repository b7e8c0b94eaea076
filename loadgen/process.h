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

}  // namespace loadgen
