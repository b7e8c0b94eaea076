// Cuts what a worker records into intervals without a lock and without an allocation: the histogram that the worker
// records into is swapped with an empty one, which the controller gives back when it has written the full one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "loadgen/measure/histogram.h"

namespace loadgen {

using wire::Nanos;

struct Slice {
  measure::Histogram latency;  // of the measured messages delivered in the interval
  Nanos busy{0};               // of the worker's loop: not waiting for events
  Nanos length{0};
  Nanos lag{0};  // the greatest of the loop
};

class Slicer {
 public:
  Slicer() : free_(&slice_) {}

  // On the worker's thread.
  void start(wire::Time now, Nanos idle);  // `idle`: Loop::idle_time(), here and below
  void note_lag(Nanos lag) { lag_ = std::max(lag_, lag); }
  // Ends an interval; `recording` is empty afterwards. When the controller still holds the last slice, nothing happens
  // and the interval grows.
  void cut(measure::Histogram& recording, wire::Time now, Nanos idle);
  // After the loop: what is left is the last slice, and everything that was cut is put back into `recording`.
  void finish(measure::Histogram& recording, wire::Time now, Nanos idle);

  // On the controller's thread: the last slice, once; null when there is none. give_back() it before the next cut.
  Slice* take() { return ready_.exchange(nullptr, std::memory_order_acquire); }
  void give_back(Slice* slice);
  const Slice& last() const { return last_; }  // after finish()

 private:
  void describe(Slice& slice, wire::Time now, Nanos idle);

  Slice slice_;
  Slice last_;
  std::atomic<Slice*> free_;
  std::atomic<Slice*> ready_{nullptr};
  measure::Histogram total_;
  wire::Time begin_{};
  Nanos idle_{0};
  Nanos lag_{0};
};

}  // namespace loadgen
