#include "loadgen/target/syscall_counter.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "loadgen/host/process.h"

namespace loadgen {

namespace {

// The number by which perf_event_open knows the tracepoint.
std::optional<std::uint64_t> tracepoint_of(const SystemFiles& files) {
  constexpr std::string_view kPlaces[] = {"sys/kernel/tracing/events/raw_syscalls/sys_enter/id",
                                          "sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id"};
  for (const std::string_view place : kPlaces) {
    if (const auto number = files.number(place)) return number;
  }
  return std::nullopt;
}

int open_counter(pid_t thread, std::uint64_t tracepoint) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = tracepoint;
  attributes.inherit = 1;  // what the thread starts is counted with it
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

SyscallCounter::SyscallCounter(pid_t pid, const SystemFiles& files) {
  const auto tracepoint = tracepoint_of(files);
  if (!tracepoint) {
    error_ =
        "the kernel's tracepoint raw_syscalls:sys_enter is not readable (root, and tracefs on /sys/kernel/tracing)";
    return;
  }
  for (const pid_t process : process_tree(pid)) open_threads(process, *tracepoint);
  if (counters_.empty() && error_.empty()) error_ = fmt::format("process {} is gone", pid);
}

SyscallCounter::~SyscallCounter() {
  for (const int counter : counters_) close(counter);
}

void SyscallCounter::open_threads(pid_t pid, std::uint64_t tracepoint) {
  for (const pid_t thread : numbers_in(fmt::format("/proc/{}/task", pid))) {
    const int counter = open_counter(thread, tracepoint);
    if (counter >= 0) {
      counters_.push_back(counter);
    } else if (errno != ESRCH) {  // ESRCH: it ended meanwhile
      error_ = fmt::format("perf_event_open of thread {}: {}", thread, std::strerror(errno));
    }
  }
}

std::uint64_t SyscallCounter::count() const {
  std::uint64_t sum = 0;
  if (!error_.empty()) return sum;
  for (const int counter : counters_) {
    std::uint64_t calls = 0;
    if (read(counter, &calls, sizeof calls) == static_cast<ssize_t>(sizeof calls)) sum += calls;
  }
  return sum;
}

}  // namespace loadgen
