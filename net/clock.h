// The one place where a clock is read.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <optional>

#include "wire/time.h"

namespace net {

inline wire::Time now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return wire::Time(std::chrono::seconds(t.tv_sec) + wire::Nanos(t.tv_nsec));
}

// CPU time used by the calling thread.
inline wire::Nanos thread_cpu() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + wire::Nanos(t.tv_nsec);
}

// CPU time used by every thread of this process, those that have ended included.
inline wire::Nanos process_cpu() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + wire::Nanos(t.tv_nsec);
}

// The same of another process; nothing when it is gone.
inline std::optional<wire::Nanos> process_cpu(pid_t pid) {
  clockid_t clock;
  timespec t;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return std::nullopt;
  return std::chrono::seconds(t.tv_sec) + wire::Nanos(t.tv_nsec);
}

// Since the epoch, by the clock that people and the kernel's time stamps go by. It may be set: never for a measurement,
// but for the difference of two readings in one breath.
inline wire::Nanos wall_clock() {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return std::chrono::seconds(t.tv_sec) + wire::Nanos(t.tv_nsec);
}

}  // namespace net
