// A threshold of a scenario: `<metric>[.<aggregation>] <op> <value>`, as in "delivery_latency.p99 < 50ms" or "missing
// == 0".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "loadgen/scenario/metric.h"
#include "wire/units.h"

namespace loadgen {

enum class Comparison : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

struct Threshold {
  std::string text;       // the check, as written
  std::string technique;  // empty: every technique
  std::string variant;    // of that technique; used only when `one_variant`
  bool one_variant = false;
  MetricInfo metric;
  Aggregation aggregation;  // of a distribution
  Comparison op = Comparison::kEqual;
  double value = 0;  // in the base of the metric's unit
  int line = 0;      // in the scenario file; 0 when it came by --set

  bool applies_to(std::string_view technique_name, std::string_view variant_name) const {
    return (technique.empty() || technique == technique_name) && (!one_variant || variant == variant_name);
  }
};

// Reads the check alone; technique, variant and line are the caller's. `metrics` are those that there are.
wire::Parsed<Threshold> parse_threshold(std::string_view text, std::span<const MetricInfo> metrics);

}  // namespace loadgen
