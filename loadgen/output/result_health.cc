#include "loadgen/output/result_parts.h"

#include <optional>

namespace loadgen {

namespace {

using json::Json;
using json::optional;
using json::seconds;

Json optional_seconds(const std::optional<Nanos>& time) {
  return time ? Json(seconds(*time)) : Json(nullptr);
}

}  // namespace

Json series_json(const RunResult& run) {
  Json json = Json::object();
  const auto column = [&](const char* name, auto&& cell) {
    Json cells = Json::array();
    for (const SeriesRow& row : run.series) cells.push_back(cell(row));
    json[name] = std::move(cells);
  };
  const auto of_delivered = [](const SeriesRow& row, std::int64_t value) {
    return row.latencies > 0 ? Json(value) : Json(nullptr);
  };
  column("end_s", [](const SeriesRow& row) { return seconds(row.end); });
  column("length_s", [](const SeriesRow& row) { return seconds(row.length); });
  column("measuring", [](const SeriesRow& row) { return row.measuring; });
  column("connected", [](const SeriesRow& row) { return row.connected; });
  column("delivered", [](const SeriesRow& row) { return row.delivered; });
  column("published", [](const SeriesRow& row) { return row.published; });
  column("received_bytes", [](const SeriesRow& row) { return row.received_bytes; });
  column("generator_cpu_s", [](const SeriesRow& row) { return seconds(row.generator_cpu); });
  column("server_cpu_s", [](const SeriesRow& row) { return optional_seconds(row.server_cpu); });
  column("server_rss_bytes",
         [](const SeriesRow& row) { return row.server_rss_bytes > 0 ? Json(row.server_rss_bytes) : Json(nullptr); });
  column("loop_busy", [](const SeriesRow& row) { return row.busy; });
  column("loop_lag_ns", [](const SeriesRow& row) { return row.lag.count(); });
  column("steal", [](const SeriesRow& row) { return optional(row.stolen); });
  column("latency_count", [](const SeriesRow& row) { return row.latencies; });
  column("latency_p50_ns", [&](const SeriesRow& row) { return of_delivered(row, row.p50); });
  column("latency_p99_ns", [&](const SeriesRow& row) { return of_delivered(row, row.p99); });
  return json;
}

Json machine_json(const RunResult& run) {
  const MachineCounters& machine = run.machine;
  return {{"busy", optional(machine.busy_share())},
          {"steal", optional(machine.stolen_share())},
          {"throttled", optional(machine.throttled)},
          {"throttled_s", optional_seconds(machine.throttled_time)},
          {"pressure_s", optional_seconds(machine.pressure)},
          {"listen_overflows", optional(machine.listen_overflows)},
          {"listen_overflows_in_ramp", optional(run.machine_in_ramp.listen_overflows)},
          {"stalls", run.jitter.stalls},
          {"stalled_s", seconds(run.jitter.stalled)}};
}

}  // namespace loadgen
