#include "loadgen/output/result_parts.h"

#include <chrono>
#include <string>

namespace loadgen {

namespace {

using json::Json;
using json::optional;

Json unless_zero(std::uint64_t bytes) {
  return bytes > 0 ? Json(bytes) : Json(nullptr);
}

Json per_delivery(const std::optional<std::uint64_t>& count, const RunResult& run) {
  if (!count || run.window.deliveries == 0) return nullptr;
  return static_cast<double>(*count) / static_cast<double>(run.window.deliveries);
}

Json sockets_json(const std::optional<SocketMemory>& sockets) {
  if (!sockets) return nullptr;
  return {{"count", sockets->sockets}, {"bytes", sockets->bytes}};
}

Json reading_json(const MemoryReading& reading) {
  return {{"pss_bytes", optional(reading.pss_bytes)},
          {"private_bytes", optional(reading.private_bytes)},
          {"socket_bytes", optional(reading.socket_bytes)}};
}

}  // namespace

Json server_json(const RunResult& run) {
  if (!run.server) return nullptr;
  const ServerUsage& server = *run.server;
  return {{"process", {{"pid", server.pid}, {"command", server.command}, {"chosen_by", server.chosen_by}}},
          {"cpu_us_per_delivery", json::micros(run, "server_cpu_per_delivery")},
          {"cpu_s", server.cpu ? Json(std::chrono::duration<double>(*server.cpu).count()) : Json(nullptr)},
          {"voluntary_switches_per_delivery", per_delivery(server.voluntary_switches, run)},
          {"involuntary_switches_per_delivery", per_delivery(server.involuntary_switches, run)},
          {"syscalls_per_delivery", per_delivery(server.syscalls, run)},
          {"rss_bytes", unless_zero(server.rss_bytes)},
          {"pss_bytes", unless_zero(server.pss_bytes)},
          {"private_bytes", unless_zero(server.private_bytes)},
          {"sockets", sockets_json(server.sockets)},
          {"bytes_per_subscriber", optional(server.bytes_per_subscriber)}};
}

Json memory_json(const RunResult& run) {
  if (run.memory.empty()) return nullptr;
  Json json = {{"points", Json::array()}, {"slopes", Json::object()}};
  for (const MemoryPoint& point : run.memory) {
    json["points"].push_back({{"subscribers", point.subscribers},
                              {"server", reading_json(point.server)},
                              {"generator", reading_json(point.generator)},
                              {"kernel_slab_bytes", optional(point.slab_bytes)}});
  }
  for (const MemorySlope& slope : memory_slopes(run.memory)) {
    json["slopes"][std::string(slope.name)] = {{"bytes_per_subscriber", slope.bytes_per_subscriber},
                                               {"bytes_at_zero", slope.bytes_at_zero},
                                               {"r2", slope.r2},
                                               {"points", slope.points}};
  }
  return json;
}

}  // namespace loadgen
