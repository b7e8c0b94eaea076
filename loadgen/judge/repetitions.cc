#include "loadgen/judge/repetitions.h"

#include <array>
#include <limits>
#include <optional>

#include "loadgen/measure/percentile.h"

namespace loadgen {

namespace {

using Unit = MetricConfidence::Unit;

struct RepeatedMetric {
  std::string_view name;
  Unit unit;
  std::optional<double> (*of)(const RunResult&);
};

std::optional<double> percentile(const RunResult& run, double q) {
  if (!measure::enough_beyond(q, run.expected)) return std::nullopt;
  const auto value = run.recorder.delivery_latency.value_at_quantile_of(q, run.expected);
  return value ? static_cast<double>(*value) : std::numeric_limits<double>::infinity();
}

constexpr std::array<RepeatedMetric, 5> kMetrics = {{
    {"delivery_latency.p50", Unit::kNanos, [](const RunResult& run) { return percentile(run, 0.5); }},
    {"delivery_latency.p99", Unit::kNanos, [](const RunResult& run) { return percentile(run, 0.99); }},
    {"delivery_latency.p999", Unit::kNanos, [](const RunResult& run) { return percentile(run, 0.999); }},
    {"bytes_per_delivery", Unit::kBytes, [](const RunResult& run) { return run.bytes_per_delivery(); }},
    {"server_cpu_per_delivery", Unit::kNanos,
     [](const RunResult& run) -> std::optional<double> {
       const auto cpu = run.server_cpu_per_delivery();
       if (!cpu) return std::nullopt;
       return static_cast<double>(cpu->count());
     }},
}};

}  // namespace

std::vector<MetricConfidence> confidence_of(const VariantSummary& group) {
  std::vector<MetricConfidence> list;
  if (group.verdict == Verdict::kInvalid) return list;
  for (const RepeatedMetric& metric : kMetrics) {
    std::vector<double> values;
    bool everywhere = true;
    for (const RunResult* run : group.runs) {
      const auto value = metric.of(*run);
      everywhere = everywhere && value.has_value();
      values.push_back(value.value_or(0));
    }
    const auto interval = everywhere ? measure::confidence_of(values) : std::nullopt;
    if (interval) list.push_back({metric.name, metric.unit, *interval});
  }
  return list;
}

}  // namespace loadgen
