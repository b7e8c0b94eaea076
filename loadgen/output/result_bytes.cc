#include "loadgen/output/result_parts.h"

#include <chrono>

namespace loadgen {

namespace {

using json::Json;
using json::seconds;

// `back`: the other direction.
Json byte_kinds(const ByteCount& count, const ByteCount& back, const net::TlsCounts::Direction* tls,
                std::uint64_t segments) {
  const bool compressed = count.encoded > 0;
  return {{"payload", count.payload},
          {"framing", count.framing()},
          {"heartbeat", count.heartbeat},
          {"encoded", compressed ? Json(count.encoded) : Json(nullptr)},
          {"decoded", compressed ? Json(count.decoded) : Json(nullptr)},
          {"http", count.http},
          {"tls", tls != nullptr ? Json(tls->overhead()) : Json(nullptr)},
          {"tcpip", segments * kSegmentHeaderBytes},
          {"tcpip_1500", (count.link_segments + back.link_acknowledgements) * kSegmentHeaderBytes}};
}

Json handshake_json(const Handshakes& handshakes) {
  if (handshakes.count == 0) return nullptr;
  const auto each = [&](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(handshakes.count);
  };
  return {{"count", handshakes.count}, {"received", each(handshakes.received)}, {"sent", each(handshakes.sent)}};
}

}  // namespace

nlohmann::ordered_json bytes_json(const RunResult& run) {
  const Window& window = run.window;
  if (window.length == Nanos(0)) return nullptr;
  const SessionCounts& counts = window.counts;
  const net::TlsCounts& tls = window.tls;
  return {{"received", byte_kinds(counts.received, counts.sent, run.tls ? &tls.received : nullptr, window.segments.in)},
          {"sent", byte_kinds(counts.sent, counts.received, run.tls ? &tls.sent : nullptr, window.segments.out)},
          {"retransmitted_segments", window.segments.retransmitted},
          {"handshake", handshake_json(run.recorder.handshakes)},
          {"window_s", seconds(window.length)},
          {"deliveries", window.deliveries}};
}

// What a client costs while nothing is published.
nlohmann::ordered_json idle_json(const RunResult& run) {
  const Window& window = run.idle_window;
  if (window.length == Nanos(0) || run.connected == 0) return nullptr;
  const double client_seconds =
      std::chrono::duration<double>(window.length).count() * static_cast<double>(run.connected);
  const auto per_hour = [&](const ByteCount& count, const net::TlsCounts::Direction& tls, std::uint64_t segments) {
    const std::uint64_t bytes = count.total + tls.overhead() + segments * kSegmentHeaderBytes;
    return static_cast<double>(bytes) * 3600 / client_seconds;
  };
  Json cpu = nullptr;
  if (run.server && run.server->idle_cpu)
    cpu = std::chrono::duration<double, std::micro>(*run.server->idle_cpu).count() / client_seconds;
  return {{"window_s", seconds(window.length)},
          {"received_bytes_per_client_hour", per_hour(window.counts.received, window.tls.received, window.segments.in)},
          {"sent_bytes_per_client_hour", per_hour(window.counts.sent, window.tls.sent, window.segments.out)},
          {"requests", window.counts.requests},
          {"server_cpu_us_per_client_s", std::move(cpu)}};
}

nlohmann::ordered_json tls_json(const RunResult& run) {
  const Window& window = run.window;
  if (!run.tls || window.length == Nanos(0)) return nullptr;
  return {{"handshakes", window.tls.handshakes},
          {"resumed", window.tls.resumed},
          {"failures", window.tls.failures},
          {"handshakes_per_s", run.handshakes_per_second()},
          {"handshake_bytes", {{"received", window.tls.received.handshake}, {"sent", window.tls.sent.handshake}}}};
}

nlohmann::ordered_json compression_json(const SessionCounts& counts) {
  if (counts.compressed_messages == 0) return nullptr;
  return {{"messages", counts.compressed_messages},
          {"payload_bytes", counts.received.decoded},
          {"compressed_bytes", counts.received.encoded}};
}

}  // namespace loadgen
