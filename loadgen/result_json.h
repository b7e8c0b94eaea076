// What the parts of result.json have in common: null for what was not measured, seconds, summaries of histograms.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "measure/histogram.h"
#include "wire/time.h"

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
