// System calls of a local process: the kernel counts them where its tracepoint raw_syscalls:sys_enter may be read
// (perf_event_open(2): CAP_PERFMON or root, and tracefs mounted). Counting costs the process about 200 ns a call and
// everybody else 50 ns, so it is done only where it was asked for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/host/system_files.h"

namespace loadgen {

class SyscallCounter {
 public:
  // Counts from now on: of every thread of process_tree(pid), and of the threads and processes that these start. What
  // starts while the threads are listed may be left out.
  explicit SyscallCounter(pid_t pid, const SystemFiles& files = SystemFiles());
  ~SyscallCounter();
  SyscallCounter(const SyscallCounter&) = delete;
  SyscallCounter& operator=(const SyscallCounter&) = delete;

  const std::string& error() const { return error_; }  // why nothing is counted, in one sentence; else empty
  std::uint64_t count() const;                         // until now, of threads that ended too; 0 after an error

 private:
  void open_threads(pid_t pid, std::uint64_t tracepoint);

  std::vector<int> counters_;  // descriptors, one a thread
  std::string error_;
};

}  // namespace loadgen
