#include "loadgen/recorder.h"

#include <numeric>

#include "wire/message.h"

namespace loadgen {

void Failures::add(Failure kind, std::string_view detail) {
  const auto index = static_cast<std::size_t>(kind);
  if (count[index]++ == 0) example[index] = detail;
}

void Failures::merge(const Failures& other) {
  for (std::size_t i = 0; i < kFailureKinds; ++i) {
    if (count[i] == 0) example[i] = other.example[i];
    count[i] += other.count[i];
  }
}

std::uint64_t Failures::total() const {
  return std::accumulate(count.begin(), count.end(), std::uint64_t{0});
}

void Recorder::message(const RunSpec& spec, Reception& reception, Bytes bytes, wire::Time received) {
  const wire::Found found = wire::find_payload(bytes);
  if (found.error != wire::MarkerError::kNone) [[unlikely]] {
    ++(found.error == wire::MarkerError::kAbsent ? foreign : corrupt);
    return;
  }
  const wire::Marker& marker = found.marker;
  if (marker.publisher != reception.topic || marker.sequence == 0) [[unlikely]] {
    ++corrupt;  // another topic's message came here
    return;
  }
  const measure::Arrival arrival = reception.tracker.arrive(marker.sequence);
  if (arrival == measure::Arrival::kEarly) return;  // published before this subscriber was entitled
  ++delivered_any;
  const std::uint64_t message = spec.message_of(marker.publisher, marker.sequence);
  if (!spec.is_measured(message)) return;
  if (arrival == measure::Arrival::kDuplicate) {
    ++duplicate;
    return;
  }
  if (arrival == measure::Arrival::kReordered) ++reordered;
  ++delivered;
  delivery_latency.record(received - marker.intended);
  service_time.record(received - marker.sent);
  fanout.arrived(message, received);
}

void Recorder::merge(const Recorder& other) {
  delivery_latency.merge(other.delivery_latency);
  service_time.merge(other.service_time);
  readiness.merge(other.readiness);
  subscriber_bandwidth.merge(other.subscriber_bandwidth);
  loop_lag.merge(other.loop_lag);
  fanout.merge(other.fanout);
  failures.merge(other.failures);
  delivered += other.delivered;
  delivered_any += other.delivered_any;
  duplicate += other.duplicate;
  reordered += other.reordered;
  corrupt += other.corrupt;
  foreign += other.foreign;
}

}  // namespace loadgen
