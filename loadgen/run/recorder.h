// What one thread of subscribers has seen. Owned by that thread; recorders merge at join. Time is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "loadgen/clients/technique.h"
#include "loadgen/measure/bursts.h"
#include "loadgen/measure/fanout.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/steadiness.h"
#include "loadgen/run/receiver.h"
#include "loadgen/run/run_spec.h"

namespace loadgen {

struct Failures {
  std::array<std::uint64_t, kFailureKinds> count{};
  std::array<std::string, kFailureKinds> example;  // the first detail of each kind, fit for a terminal
  void add(Failure kind, std::string_view detail);
  void merge(const Failures& other);
  std::uint64_t total() const;
};

// Bytes of connections until they were subscribed: the heads of HTTP, an upgrade, a first empty poll.
struct Handshakes {
  std::uint64_t count = 0;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  void add(std::uint64_t received_bytes, std::uint64_t sent_bytes) {
    ++count;
    received += received_bytes;
    sent += sent_bytes;
  }
  void merge(const Handshakes& other) {
    count += other.count;
    received += other.received;
    sent += other.sent;
  }
};

class Recorder {
 public:
  explicit Recorder(const RunSpec& spec)
      : Recorder(spec, measure::FanOut(spec.first_measured, spec.end - spec.first_measured)) {}
  // To merge others into: without the fan-out, whose memory grows with the length of the run.
  static Recorder of_all(const RunSpec& spec) { return {spec, measure::FanOut()}; }

  // One message as it was delivered, whatever it is. Allocation-free while nothing is missing. Of messages that are not
  // measured nothing is counted but delivered_any.
  void message(const RunSpec& spec, Receiver& receiver, Bytes bytes, wire::Time received);
  void merge(const Recorder& other);  // but for the fan-out

  measure::Histogram delivery_latency;      // received - intended
  measure::Histogram service_time;          // received - sent
  measure::Histogram readiness;             // start of connecting -> subscribed, of each first subscription
  measure::Histogram round_trip;            // request due -> answer complete, of those answered during `measure`
  measure::Histogram subscriber_bandwidth;  // bytes per second received by each subscriber during `measure`
  measure::Histogram loop_lag;              // of this thread's loop
  std::uint64_t delivered = 0;              // measured messages, each subscriber's first copy
  std::uint64_t delivered_any = 0;  // the same of any message, for the live display and everything "per delivery"
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;  // of those delivered: after a later message of the same speaker
  std::uint64_t replayed = 0;   // of those delivered: due while the subscriber had no connection
  std::uint64_t early = 0;      // due before the subscriber was entitled to anything
  std::uint64_t own = 0;        // its own messages that came back with publish.echo: false
  std::uint64_t corrupt = 0;    // measured or not
  std::uint64_t foreign = 0;    // without a marker, or never published by this run; measured or not
  Handshakes handshakes;        // of the whole run, reconnects included
  Failures failures;
  measure::FanOut fanout;          // by message number
  measure::Steadiness steadiness;  // the same
  measure::BurstDetector bursts;   // of the first subscribers of the first topic
  measure::Histogram read_delay;   // on a sample of connections: in the kernel's buffer before it was read
  // Delivery latency of those who come first and last in their topic.
  measure::Histogram first_decile;
  measure::Histogram last_decile;

 private:
  Recorder(const RunSpec& spec, measure::FanOut fan_out)
      : fanout(std::move(fan_out)), steadiness(spec.first_measured, spec.end - spec.first_measured) {}
  void count_delivery(const TopicMember& part, const wire::Marker& marker, std::uint64_t message, wire::Time received);
  void count_late(const Receiver& receiver, std::uint64_t place, measure::Arrival arrival);
};

}  // namespace loadgen
