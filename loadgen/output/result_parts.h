// The parts of result.json (reports/FORMAT.md), for result.cc only, and what they have in common: null for what was not
// measured, seconds, summaries of histograms.
#pragma once

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "loadgen/campaign/outcome.h"
#include "loadgen/judge/metrics.h"
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
nlohmann::ordered_json groups_json(std::span<const VariantSummary> groups, std::span<const RunResult> runs);
nlohmann::ordered_json capacity_json(const SearchSettings& plan, std::span<const Capacity> capacities);

// Of its delivery latency; null where too little arrived to be drawn.
nlohmann::ordered_json spectrum_json(const VariantSummary& group);
// Adds `failures` and `failure_examples`.
void add_failures(nlohmann::ordered_json& json, const Failures& failures);
// What the rules say of a run that is not valid, each sentence once.
nlohmann::ordered_json reasons_json(std::span<const RunResult* const> runs);

}  // namespace loadgen

namespace loadgen::json {

using Json = nlohmann::ordered_json;

template <typename T>
Json optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// null for what is infinite: it was not delivered.
inline Json finite(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

// A metric of times, in µs.
inline Json micros(const RunResult& run, std::string_view metric) {
  const std::optional<double> ns = number_of(run, metric);
  return ns ? Json(*ns / 1000) : Json(nullptr);
}

inline double seconds(wire::Nanos time) {
  return std::chrono::duration<double>(time).count();
}

inline Json summary(const measure::Summary& summary) {
  Json json = {{"count", summary.count}, {"min", optional(summary.min)}, {"mean", optional(summary.mean)}};
  for (const auto& [name, quantile] : measure::kPercentiles) json[std::string(name)] = optional(summary.at(quantile));
  json["max"] = optional(summary.max);
  return json;
}

}  // namespace loadgen::json
