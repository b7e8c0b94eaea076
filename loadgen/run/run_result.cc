#include "loadgen/run/run_result.h"

namespace loadgen {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kInvalid:
      return "invalid";
  }
  return "";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kDoubtful:
      return "doubtful";
    case Verdict::kInvalid:
      return "invalid";
  }
  return "";
}

namespace {

std::optional<Nanos> per_delivery(Nanos total, std::uint64_t deliveries) {
  if (deliveries == 0) return std::nullopt;
  return total / static_cast<std::int64_t>(deliveries);
}

}  // namespace

std::optional<double> RunResult::bytes_per_delivery() const {
  if (window.deliveries == 0) return std::nullopt;
  const auto told = [](const ByteCount& count) { return count.total - count.heartbeat; };
  const std::uint64_t bytes = told(window.counts.received) + told(window.counts.sent) + window.tls.received.overhead() +
                              window.tls.sent.overhead() +
                              (window.segments.in + window.segments.out) * kSegmentHeaderBytes;
  return static_cast<double>(bytes) / static_cast<double>(window.deliveries);
}

double RunResult::handshakes_per_second() const {
  const double seconds = std::chrono::duration<double>(window.length).count();
  return seconds > 0 ? static_cast<double>(window.tls.handshakes) / seconds : 0;
}

std::optional<Nanos> RunResult::server_cpu_per_delivery() const {
  if (!server || !server->cpu) return std::nullopt;
  return per_delivery(*server->cpu, window.deliveries);
}

std::optional<Nanos> RunResult::generator_cpu_per_delivery() const {
  return per_delivery(window.cpu, window.deliveries);
}

}  // namespace loadgen
