// The one place where a clock is read.
#pragma once

#include <time.h>

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

}  // namespace net
