// A local process whose cost is measured, with everything it has started: CPU time and memory from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/time.h"

namespace loadgen {

struct ProcessUsage {
  wire::Nanos cpu{0};           // user and system, all threads, since the process started; of children that ended too
  std::uint64_t rss_bytes = 0;  // of several processes: what they share counts once for each
  std::uint64_t pss_bytes = 0;  // what they share counts once; 0 when smaps_rollup cannot be read: another user's
  std::uint64_t private_bytes = 0;         // that no other process shares; 0 like the above
  std::uint64_t voluntary_switches = 0;    // its threads waited for something; of threads that live
  std::uint64_t involuntary_switches = 0;  // they could have gone on and somebody else was run
};

// Of the process and its descendants (a server may leave the work to others, as nginx does), those that appear later
// included; never of this program, which may be a descendant of what it measures. Nothing when it is gone or hidden.
// Costs a walk of the page tables (smaps_rollup): not for every second of a large process.
std::optional<ProcessUsage> read_usage(pid_t pid);
ProcessUsage read_own_usage();  // of this program, without what it has started

// The processes of which read_usage() tells the sum: the given one first, then its descendants.
std::vector<pid_t> process_tree(pid_t pid);

// The parts of it that are cheap enough for every second. Nothing, and 0, when the process is gone or hidden.
std::optional<wire::Nanos> cpu_of(pid_t pid);
std::uint64_t resident_bytes(pid_t pid);

}  // namespace loadgen
