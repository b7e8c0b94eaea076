// The parts of result.json (reports/FORMAT.md), for result.cc only, and what they have in common: null for what was not
// measured, seconds, summaries of histograms.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "loadgen/campaign/outcome.h"
#include "loadgen/measure/histogram.h"
#include "wire/time.h"

namespace loadgen {

// null when the window was not reached.
nlohmann::ordered_json bytes_json(const RunResult& run);
// null without the phase.
nlohmann::ordered_json idle_json(const RunResult& run);
// null without TLS.
nlohmann::ordered_json tls_json(const RunResult& run);
// null where nothing was compressed.
nlohmann::ordered_json compression_json(const SessionCounts& counts);
nlohmann::ordered_json server_json(const RunResult& run);
nlohmann::ordered_json memory_json(const RunResult& run);   // null without `phases.memory`
nlohmann::ordered_json series_json(const RunResult& run);   // runs[].series
nlohmann::ordered_json machine_json(const RunResult& run);  // runs[].machine
nlohmann::ordered_json confidence_json(std::span<const VariantSummary> groups);
nlohmann::ordered_json capacity_json(const SearchSettings& plan, std::span<const Capacity> capacities);

}  // namespace loadgen

namespace loadgen::json {

using Json = nlohmann::ordered_json;

template <typename T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

inline double seconds(wire::Nanos time) {
  return std::chrono::duration<double>(time).count();
}

inline Json summary(const measure::Summary& summary) {
  return {{"count", summary.count},         {"min", optional(summary.min)}, {"mean", optional(summary.mean)},
          {"p50", optional(summary.p50)},   {"p90", optional(summary.p90)}, {"p99", optional(summary.p99)},
          {"p999", optional(summary.p999)}, {"max", optional(summary.max)}};
}

}  // namespace loadgen::json
