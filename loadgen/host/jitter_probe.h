// A thread that wants to run every millisecond and notes how late it does: what any thread of this machine suffers from
// its scheduler, its hypervisor and its other programs while a run measures (validity rule 12).
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "loadgen/measure/histogram.h"

namespace loadgen {

using wire::Nanos;

struct Jitter {
  measure::Histogram lateness;  // of each waking
  std::uint64_t stalls = 0;     // wakings later than kStall
  Nanos stalled{0};             // their sum
  static constexpr Nanos kStall = std::chrono::milliseconds(5);

  void woke(Nanos late);
};

class JitterProbe {
 public:
  JitterProbe() = default;
  ~JitterProbe() { stop(); }
  JitterProbe(const JitterProbe&) = delete;
  JitterProbe& operator=(const JitterProbe&) = delete;

  void start();
  void stop();                                      // and joins
  const Jitter& jitter() const { return jitter_; }  // after stop()

 private:
  void run();

  Jitter jitter_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace loadgen
