// A local process whose cost is measured, with everything it has started: CPU time and memory from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/time.h"

namespace loadgen {

// What it has done since it started.
struct ProcessActivity {
  wire::Nanos cpu{0};                      // user and system; of threads and children that have ended, too
  std::uint64_t voluntary_switches = 0;    // its threads waited for something; of threads that live
  std::uint64_t involuntary_switches = 0;  // they could have gone on and somebody else was run

  // From an earlier reading to this one. Never negative, although a reading may be below an earlier one: the time of a
  // child that ends moves to its parent in clock ticks, and switches go with their thread.
  ProcessActivity since(const ProcessActivity& earlier) const;
};

struct ProcessMemory {
  std::uint64_t rss_bytes = 0;      // of several processes: what they share counts once for each
  std::uint64_t pss_bytes = 0;      // what they share counts once; 0 when smaps_rollup cannot be read: another user's
  std::uint64_t private_bytes = 0;  // that no other process shares; 0 like the above
};

// Of the process and its descendants (a server may leave the work to others, as nginx does), those that appear later
// included; never of this program, which may be a descendant of what it measures. Nothing when it is gone or hidden.
std::optional<ProcessActivity> read_activity(pid_t pid);
// Costs a walk of the page tables (smaps_rollup), milliseconds of a large process: never within a window that is
// measured.
std::optional<ProcessMemory> read_memory(pid_t pid);
ProcessMemory read_own_memory();  // of this program, without what it has started

// The processes of which these tell the sum: the given one first, then its descendants.
std::vector<pid_t> process_tree(pid_t pid);

pid_t parent_of(pid_t pid);           // 0: it has none, or is gone
std::string command_line(pid_t pid);  // its words joined by blanks; empty when it is gone, or the kernel's own

// The parts of them that are cheap enough for every second. Nothing, and 0, when the process is gone or hidden.
std::optional<wire::Nanos> cpu_of(pid_t pid);
std::uint64_t resident_bytes(pid_t pid);

}  // namespace loadgen
