#include "loadgen/run/interval_recorder.h"

#include <utility>

namespace loadgen {

void Slicer::start(wire::Time now, Nanos idle) {
  begin_ = now;
  idle_ = idle;
}

void Slicer::cut(measure::Histogram& recording, wire::Time now, Nanos idle) {
  Slice* slice = free_.exchange(nullptr, std::memory_order_acquire);
  if (slice == nullptr) return;
  if (recording.count() > 0) {
    total_.merge(recording);
    std::swap(slice->latency, recording);
  }
  describe(*slice, now, idle);
  ready_.store(slice, std::memory_order_release);
}

void Slicer::finish(measure::Histogram& recording, wire::Time now, Nanos idle) {
  describe(last_, now, idle);
  last_.latency = recording;
  recording.merge(total_);
}

void Slicer::describe(Slice& slice, wire::Time now, Nanos idle) {
  slice.length = now - begin_;
  slice.busy = std::max(Nanos(0), slice.length - (idle - idle_));
  slice.lag = std::exchange(lag_, Nanos(0));
  start(now, idle);
}

void Slicer::give_back(Slice* slice) {
  if (slice->latency.count() > 0) slice->latency.clear();
  free_.store(slice, std::memory_order_release);
}

}  // namespace loadgen
