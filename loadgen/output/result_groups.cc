#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/judge/metrics.h"
#include "loadgen/judge/spectrum.h"
#include "loadgen/output/result_parts.h"

namespace loadgen {

namespace {

using json::finite;
using json::Json;
using json::optional;

Json value_json(const MetricValue& value) {
  Json json = {
      {"value", finite(value.value)},           {"low", optional(value.low)},
      {"high", optional(value.high)},           {"error", optional(value.error)},
      {"fitness", fitness_name(value.fitness)}, {"reason", value.reason.empty() ? Json(nullptr) : Json(value.reason)}};
  if (value.is_undelivered()) json["undelivered"] = true;
  if (value.samples_beyond) json["samples_beyond"] = *value.samples_beyond;
  if (value.each.size() > 1) {
    Json each = Json::array();
    for (const std::optional<double>& one : value.each) each.push_back(finite(one));
    json["each"] = std::move(each);
  }
  return json;
}

Json metrics_json(const VariantSummary& group) {
  Json json = Json::object();
  for (const Metric& metric : metrics()) {
    const std::string name(metric.info.name);
    if (!metric.info.is_distribution) {
      json[name] = value_json(group.value(metric));
      continue;
    }
    for (const Aggregation& aggregation : aggregations())
      json[name + "." + std::string(aggregation.name)] = value_json(group.value(metric, aggregation));
  }
  return json;
}

Json column_json(const std::vector<std::optional<std::int64_t>>& column) {
  if (column.empty()) return nullptr;
  Json json = Json::array();
  for (const auto& value : column) json.push_back(optional(value));
  return json;
}

// The mean slope over the repetitions that have one, and how well the worst of them is a line; null without any.
Json memory_slopes_json(const VariantSummary& group) {
  std::map<std::string_view, std::vector<MemorySlope>> by_name;
  for (const RunResult* run : group.runs) {
    for (const MemorySlope& slope : memory_slopes(run->memory)) by_name[slope.name].push_back(slope);
  }
  Json json = Json::object();
  for (const auto& [name, slopes] : by_name) {
    double total = 0, r2 = 1;
    for (const MemorySlope& slope : slopes) {
      total += slope.bytes_per_subscriber;
      r2 = std::min(r2, slope.r2);
    }
    json[std::string(name)] = {{"bytes_per_subscriber", total / static_cast<double>(slopes.size())}, {"r2", r2}};
  }
  return json.empty() ? Json(nullptr) : json;
}

Json group_json(const VariantSummary& group, std::span<const RunResult> runs) {
  Json places = Json::array();
  Failures failures;
  for (const RunResult* run : group.runs) {
    places.push_back(run - runs.data());
    failures.merge(run->failures);
  }
  Json json = {{"technique", group.variant->technique->name},
               {"variant", group.variant->name},
               {"runs", std::move(places)},
               {"left_out", group.left_out},
               {"verdict", verdict_name(group.verdict)},
               {"verdict_reasons", reasons_json(group.runs)}};
  add_failures(json, failures);
  json["metrics"] = metrics_json(group);
  json["spectrum"] = spectrum_json(group);
  json["memory_slopes"] = memory_slopes_json(group);
  return json;
}

}  // namespace

Json spectrum_json(const VariantSummary& group) {
  const Metric& metric = find_metric("delivery_latency");
  const Spectrum spectrum = spectrum_of(metric, group.distribution("delivery_latency"), group.runs);
  if (spectrum.quantile.empty()) return nullptr;
  return {{"quantile", spectrum.quantile},
          {"value", spectrum.value},
          {"least", column_json(spectrum.least)},
          {"greatest", column_json(spectrum.greatest)}};
}

void add_failures(Json& json, const Failures& failures) {
  Json counts = Json::object();
  Json examples = Json::object();
  for (std::size_t i = 0; i < kFailureKinds; ++i) {
    if (failures.count[i] == 0) continue;
    const std::string name(failure_name(static_cast<Failure>(i)));
    counts[name] = failures.count[i];
    examples[name] = failures.example[i];
  }
  json["failures"] = std::move(counts);
  json["failure_examples"] = std::move(examples);
}

Json reasons_json(std::span<const RunResult* const> runs) {
  Json reasons = Json::array();
  for (const RunResult* run : runs) {
    for (const Warning& warning : run->warnings) {
      const bool told = std::ranges::find(reasons, Json(warning.message)) != reasons.end();
      if (warning.level != Level::kInfo && !told) reasons.push_back(warning.message);
    }
  }
  return reasons;
}

Json groups_json(std::span<const VariantSummary> groups, std::span<const RunResult> runs) {
  Json list = Json::array();
  for (const VariantSummary& group : groups) list.push_back(group_json(group, runs));
  return list;
}

}  // namespace loadgen
