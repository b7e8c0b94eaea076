// What a worker did in a window of time: counts at its begin and its end, and what lies between them.
#include <algorithm>
#include <chrono>

#include "loadgen/worker.h"
#include "net/clock.h"

namespace loadgen {

void Window::add(const Window& other) {
  counts.add(other.counts);
  tls.add(other.tls);
  deliveries += other.deliveries;
  segments += other.segments;
  cpu += other.cpu;
  busy += other.busy;
  length = std::max(length, other.length);
}

void Window::subtract(const Window& earlier) {
  counts.subtract(earlier.counts);
  tls.subtract(earlier.tls);
  deliveries -= earlier.deliveries;
  segments -= earlier.segments;
  cpu -= earlier.cpu;
  busy -= earlier.busy;
  length -= earlier.length;
}

void Worker::take_counts(Window& window) const {
  window.counts = counts_;
  window.tls = tls_counts_;
  window.deliveries = recorder_.delivered_any;
  window.length = net::now().time_since_epoch();
  window.cpu = net::thread_cpu();
  window.busy = window.length - loop_.idle_time();
}

void Worker::begin_census(Census census) {
  census_.start();
  census_of_ = census;
  census_due_ = true;
  census_slice();
}

// The subscribers that are next in the census, at most so many.
void Worker::take_census(std::size_t most) {
  const double seconds = std::chrono::duration<double>(window_.length).count();
  census_.read(subscribers_.size(), most, [this, seconds](std::size_t place, net::Segments& sum) {
    Subscriber& subscriber = *subscribers_[place];
    subscriber.add_segments(sum);
    const auto bytes = static_cast<double>(subscriber.take_received_bytes());
    if (census_of_ == Census::kEnd) recorder_.subscriber_bandwidth.record(static_cast<std::int64_t>(bytes / seconds));
  });
}

// One slice in each iteration of the loop, so that no message waits for more than that.
void Worker::census_slice() {
  if (!census_due_) return;
  take_census(SegmentCensus::kSlice);
  if (!census_.complete(subscribers_.size())) {
    loop_.post([this] { census_slice(); });
  } else if (census_of_ == Census::kEnd) {
    end_census();
  }
}

// What is left of it, at once.
void Worker::end_census() {
  take_census(subscribers_.size());
  census_due_ = false;
  if (census_of_ == Census::kBegin) return;
  window_.segments = census_.total();
  window_.segments -= begin_window_.segments;
}

net::Segments Worker::all_segments() {
  census_.start();
  census_.read(subscribers_.size(), subscribers_.size(),
               [this](std::size_t place, net::Segments& sum) { subscribers_[place]->add_segments(sum); });
  return census_.total();
}

// Nothing is published in this phase: there is no message that could wait.
void Worker::begin_idle() {
  loop_.post([this] {
    begin_window_.segments = all_segments();
    take_counts(begin_window_);
  });
}

void Worker::end_idle() {
  loop_.post([this] {
    take_counts(idle_window_);
    idle_window_.segments = all_segments();
    idle_window_.subtract(begin_window_);
  });
}

Nanos Worker::time_to_prepare(std::uint64_t subscribers) {
  constexpr Nanos kEach = std::chrono::microseconds(2);
  return subscribers <= SegmentCensus::kSlice ? Nanos(0) : kEach * static_cast<std::int64_t>(subscribers);
}

void Worker::prepare_measure() {
  loop_.post([this] { begin_census(Census::kBegin); });
}

// What the census costs lies before the baseline, and behind what is read at the end.
void Worker::begin_measure(wire::Time begin) {
  loop_.post([this, begin] {
    end_census();
    begin_window_.segments = census_.total();
    measuring_ = true;
    lag_.start(begin);
    lag_timer_.start(loop_.timers(), lag_.due(), *this);
    take_counts(begin_window_);
  });
}

void Worker::end_measure() {
  loop_.post([this] {
    if (!measuring_) return;
    measuring_ = false;
    take_counts(window_);
    window_.subtract(begin_window_);
    begin_census(Census::kEnd);
  });
}

}  // namespace loadgen
