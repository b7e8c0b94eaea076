#include "loadgen/host/jitter_probe.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>

#include "net/clock.h"

namespace loadgen {

void Jitter::woke(Nanos late) {
  late = std::max(late, Nanos(0));
  lateness.record(late);
  if (late <= kStall) return;
  ++stalls;
  stalled += late;
}

void JitterProbe::start() {
  thread_ = std::thread([this] { run(); });
}

void JitterProbe::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.join();
}

void JitterProbe::run() {
  constexpr Nanos kPeriod = std::chrono::milliseconds(1);
  prctl(PR_SET_TIMERSLACK, 1);
  wire::Time due = net::now();
  while (!stopping_) {
    due += kPeriod;
    const std::int64_t ns = due.time_since_epoch().count();
    const timespec at{ns / 1'000'000'000, ns % 1'000'000'000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
    }
    const wire::Time now = net::now();
    jitter_.woke(now - due);
    due = std::max(due, now - kPeriod);  // what a stall has covered is told once
  }
}

}  // namespace loadgen
