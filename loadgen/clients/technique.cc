#include <array>

#include "loadgen/clients/technique.h"

namespace loadgen {

namespace {

// Calls f(field of a, field of b) for every counter: the one place that lists them.
template <typename F>
void each_counter(SessionCounts& a, const SessionCounts& b, F&& f) {
  f(a.received.total, b.received.total);
  f(a.received.payload, b.received.payload);
  f(a.received.http, b.received.http);
  f(a.received.heartbeat, b.received.heartbeat);
  f(a.received.encoded, b.received.encoded);
  f(a.received.decoded, b.received.decoded);
  f(a.received.link_segments, b.received.link_segments);
  f(a.received.link_acknowledgements, b.received.link_acknowledgements);
  f(a.sent.total, b.sent.total);
  f(a.sent.payload, b.sent.payload);
  f(a.sent.http, b.sent.http);
  f(a.sent.heartbeat, b.sent.heartbeat);
  f(a.sent.encoded, b.sent.encoded);
  f(a.sent.decoded, b.sent.decoded);
  f(a.sent.link_segments, b.sent.link_segments);
  f(a.sent.link_acknowledgements, b.sent.link_acknowledgements);
  f(a.requests, b.requests);
  f(a.empty_answers, b.empty_answers);
  f(a.full_answers, b.full_answers);
  f(a.skipped_polls, b.skipped_polls);
  f(a.gap_messages, b.gap_messages);
  f(a.compressed_messages, b.compressed_messages);
  f(a.request_timeouts, b.request_timeouts);
}

}  // namespace

void ByteCount::add_transfer(std::size_t bytes, std::uint64_t tls) {
  total += bytes;
  const std::uint64_t segments = (bytes + tls + kLinkSegment - 1) / kLinkSegment;
  link_segments += segments;
  link_acknowledgements += (segments + 1) / 2;
}

// SYN, SYN with ACK, ACK.
void SessionCounts::add_connection_begin() {
  sent.link_segments += 2;
  received.link_segments += 1;
}

// FIN and ACK each way.
void SessionCounts::add_connection_end() {
  sent.link_segments += 2;
  received.link_segments += 2;
}

void SessionCounts::add(const SessionCounts& other) {
  each_counter(*this, other, [](std::uint64_t& to, std::uint64_t from) { to += from; });
}

void SessionCounts::subtract(const SessionCounts& earlier) {
  each_counter(*this, earlier, [](std::uint64_t& to, std::uint64_t from) { to -= from; });
}

std::string_view failure_name(Failure kind) {
  constexpr std::array<std::string_view, kFailureKinds> kNames = {"refused",  "unreachable",    "timeout",  "reset",
                                                                  "closed",   "status",         "protocol", "too_large",
                                                                  "no_ports", "no_descriptors", "tls"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace loadgen
