#include "loadgen/run/recorder.h"

#include <numeric>

#include "wire/message.h"
#include "wire/printable.h"

namespace loadgen {

namespace {

constexpr std::size_t kMostTold = 500;  // bytes of what a server says of a failure

}  // namespace

void Failures::add(Failure kind, std::string_view detail) {
  const auto index = static_cast<std::size_t>(kind);
  if (count[index]++ == 0) example[index] = wire::printable(detail, kMostTold);
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

void Recorder::message(const RunSpec& spec, Receiver& receiver, Bytes bytes, wire::Time received) {
  const wire::Found found = wire::find_payload(bytes);
  if (found.error != wire::MarkerError::kNone) [[unlikely]] {
    ++(found.error == wire::MarkerError::kAbsent ? foreign : corrupt);
    return;
  }
  const wire::Marker& marker = found.marker;
  const TopicMember& part = receiver.part;
  if (marker.publisher != part.topic || marker.sequence == 0) [[unlikely]] {
    ++corrupt;  // another topic's message came here
    return;
  }
  const std::uint64_t message = spec.message_of(marker.publisher, marker.sequence);
  if (message >= spec.end) [[unlikely]] {
    ++foreign;
    return;
  }
  const std::uint64_t measured = spec.is_measured(message) ? 1 : 0;
  if (!part.receives_own && part.is_own(marker.sequence)) [[unlikely]] {
    own += measured;
    return;
  }
  const std::uint64_t place = part.place(marker.sequence);
  const measure::Arrival arrival = receiver.tracker.arrive(place);
  if (arrival != measure::Arrival::kInOrder) [[unlikely]] {
    if (arrival == measure::Arrival::kEarly) {
      early += measured;
      return;
    }
    if (arrival == measure::Arrival::kDuplicate) {
      duplicate += measured;
      return;
    }
  }
  ++delivered_any;
  if (measured == 0) return;
  if (arrival == measure::Arrival::kReordered || receiver.was_absent(place)) [[unlikely]]
    count_late(receiver, place, arrival);
  count_delivery(part, marker, message, received);
  if (part.topic == 0 && part.member < measure::BurstDetector::kWatched && !receiver.was_absent(place)) [[unlikely]]
    bursts.arrived(part.member, marker.sent, received, bytes.size());
}

void Recorder::count_delivery(const TopicMember& part, const wire::Marker& marker, std::uint64_t message,
                              wire::Time received) {
  ++delivered;
  delivery_latency.record(received - marker.intended);
  service_time.record(received - marker.sent);
  fanout.arrived(message, received);
  if (part.position != TopicMember::Position::kMiddle) [[unlikely]] {
    (part.position == TopicMember::Position::kFirstDecile ? first_decile : last_decile)
        .record(received - marker.intended);
  }
  steadiness.record(message, received - marker.intended);
}

// Two speakers' messages may overtake each other on their way to the server. One speaker's may not: it is reordered
// when a later one of the same speaker is there already.
void Recorder::count_late(const Receiver& receiver, std::uint64_t place, measure::Arrival arrival) {
  const TopicMember& part = receiver.part;
  if (receiver.was_absent(place)) ++replayed;
  if (arrival != measure::Arrival::kReordered) return;
  bool overtaken = part.speakers == 0;
  if (!overtaken) {
    const std::uint64_t stride = part.stride();
    for (std::uint64_t later = place + stride; later < receiver.tracker.next() && !overtaken; later += stride)
      overtaken = receiver.tracker.contains(later);
  }
  if (overtaken) ++reordered;
}

void Recorder::merge(const Recorder& other) {
  delivery_latency.merge(other.delivery_latency);
  service_time.merge(other.service_time);
  readiness.merge(other.readiness);
  round_trip.merge(other.round_trip);
  subscriber_bandwidth.merge(other.subscriber_bandwidth);
  loop_lag.merge(other.loop_lag);
  first_decile.merge(other.first_decile);
  last_decile.merge(other.last_decile);
  handshakes.merge(other.handshakes);
  bursts.merge(other.bursts);
  steadiness.merge(other.steadiness);
  read_delay.merge(other.read_delay);
  failures.merge(other.failures);
  delivered += other.delivered;
  delivered_any += other.delivered_any;
  duplicate += other.duplicate;
  reordered += other.reordered;
  replayed += other.replayed;
  early += other.early;
  own += other.own;
  corrupt += other.corrupt;
  foreign += other.foreign;
}

}  // namespace loadgen
