#include "loadgen/scenario/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace loadgen {
namespace {

using Kind = MetricInfo::Kind;

constexpr MetricInfo kMetrics[] = {
    {Metric::kDeliveryLatency, "delivery_latency", Kind::kDuration, true},
    {Metric::kServiceTime, "service_time", Kind::kDuration, true},
    {Metric::kSendLag, "send_lag", Kind::kDuration, true},
    {Metric::kReadiness, "readiness", Kind::kDuration, true},
    {Metric::kRoundTrip, "round_trip", Kind::kDuration, true},
    {Metric::kFanoutSpread, "fanout_spread", Kind::kDuration, true},
    {Metric::kMissing, "missing", Kind::kCount, false},
    {Metric::kDuplicate, "duplicate", Kind::kCount, false},
    {Metric::kReordered, "reordered", Kind::kCount, false},
    {Metric::kCorrupt, "corrupt", Kind::kCount, false},
    {Metric::kFailures, "failures", Kind::kCount, false},
    {Metric::kListenOverflows, "listen_overflows", Kind::kCount, false},
    {Metric::kDeliveredShare, "delivered_share", Kind::kShare, false},
    {Metric::kConnectedShare, "connected_share", Kind::kShare, false},
    {Metric::kBytesPerDelivery, "bytes_per_delivery", Kind::kSize, false},
    {Metric::kServerCpuPerDelivery, "server_cpu_per_delivery", Kind::kDuration, false},
    {Metric::kServerBytesPerSubscriber, "server_bytes_per_subscriber", Kind::kSize, false},
};

constexpr std::string_view kAggregations[] = {"", "min", "mean", "p50", "p90", "p99", "p999", "max"};  // by enum value

struct Operator {
  std::string_view text;
  Comparison op;
};
// The longer ones first: "<=" is not "<" followed by a bad value.
constexpr Operator kOperators[] = {{"<=", Comparison::kLessEqual}, {">=", Comparison::kGreaterEqual},
                                   {"==", Comparison::kEqual},     {"!=", Comparison::kNotEqual},
                                   {"<", Comparison::kLess},       {">", Comparison::kGreater}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string join(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  for (const MetricInfo& info : kMetrics) names.push_back(info.name);
  return names;
}

// Fills metric and aggregation of `threshold`; returns the error or "".
std::string parse_metric(std::string_view text, Threshold& threshold) {
  const std::size_t point = text.find('.');
  const std::string_view name = text.substr(0, point);
  const auto* info =
      std::find_if(std::begin(kMetrics), std::end(kMetrics), [&](const MetricInfo& m) { return m.name == name; });
  if (info == std::end(kMetrics)) {
    const auto names = metric_names();
    const std::string_view near = wire::nearest_word(name, names);
    return near.empty() ? fmt::format("unknown metric '{}': one of {}", name, join(names))
                        : fmt::format("unknown metric '{}': did you mean '{}'?", name, near);
  }
  threshold.metric = info->metric;
  const auto aggregations = std::span(kAggregations).subspan(1);
  if (point == std::string_view::npos) {
    return info->distribution
               ? fmt::format("'{0}' needs an aggregation: {0}.p99, or one of {1}", name, join(aggregations))
               : "";
  }
  const std::string_view aggregation = text.substr(point + 1);
  if (!info->distribution) return fmt::format("'{0}' is one number and has no aggregation: write {0}", name);
  const auto found = std::find(aggregations.begin(), aggregations.end(), aggregation);
  if (found == aggregations.end())
    return fmt::format("unknown aggregation '{}': one of {}", aggregation, join(aggregations));
  threshold.aggregation = static_cast<Aggregation>(found - aggregations.begin() + 1);
  return "";
}

template <typename T>
std::string take(const wire::Parsed<T>& parsed, double& out) {
  if (parsed) out = static_cast<double>(*parsed.value);
  return parsed.error;
}

std::string parse_value(std::string_view text, Kind kind, double& out) {
  switch (kind) {
    case Kind::kCount:
      return take(wire::parse_count(text), out);
    case Kind::kShare:
      return take(wire::parse_fraction(text), out);
    case Kind::kSize:
      return take(wire::parse_size(text), out);
    case Kind::kDuration:
      break;
  }
  const auto duration = wire::parse_duration(text);
  if (duration) out = static_cast<double>(duration.value->count());
  return duration.error;
}

bool compare(double measured, Comparison op, double limit) {
  switch (op) {
    case Comparison::kLess:
      return measured < limit;
    case Comparison::kLessEqual:
      return measured <= limit;
    case Comparison::kGreater:
      return measured > limit;
    case Comparison::kGreaterEqual:
      return measured >= limit;
    case Comparison::kEqual:
      return measured == limit;
    case Comparison::kNotEqual:
      return measured != limit;
  }
  return false;
}

// Four significant digits in the largest unit that keeps the number at 1 or more.
std::string format_measured(double value, Kind kind) {
  if (kind == Kind::kCount) return fmt::format("{:.15g}", value);
  if (kind == Kind::kShare) return fmt::format("{:.6g}%", value * 100);
  if (kind == Kind::kSize)
    return fmt::format("{:.4g}{}", value < 1024 ? value : value / 1024, value < 1024 ? "B" : "KiB");
  if (value >= 1e9) return fmt::format("{:.4g}s", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.4g}ms", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.4g}us", value / 1e3);
  return fmt::format("{:.4g}ns", value);
}

}  // namespace

std::span<const MetricInfo> metrics() {
  return kMetrics;
}

const MetricInfo& metric_info(Metric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

std::string_view aggregation_name(Aggregation aggregation) {
  return kAggregations[static_cast<std::size_t>(aggregation)];
}

std::optional<double> quantile_of(Aggregation aggregation) {
  switch (aggregation) {
    case Aggregation::kP50:
      return 0.5;
    case Aggregation::kP90:
      return 0.9;
    case Aggregation::kP99:
      return 0.99;
    case Aggregation::kP999:
      return 0.999;
    case Aggregation::kNone:
    case Aggregation::kMin:
    case Aggregation::kMean:
    case Aggregation::kMax:
      break;
  }
  return std::nullopt;
}

wire::Parsed<Threshold> parse_threshold(std::string_view text) {
  Threshold threshold;
  threshold.text = std::string(trim(text));
  text = threshold.text;
  const std::size_t at = text.find_first_of("<>=!");
  const std::string_view name = trim(text.substr(0, at));
  if (at == std::string_view::npos || name.empty()) {
    return {{}, "a threshold is a metric, a comparison and a value, such as delivery_latency.p99 < 50ms"};
  }
  const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators),
                                   [&](const Operator& o) { return text.substr(at).starts_with(o.text); });
  if (found == std::end(kOperators)) {
    return {
        {},
        fmt::format("unknown comparison '{}': {}", text[at], text[at] == '=' ? "write ==" : "one of < <= > >= == !=")};
  }
  threshold.op = found->op;
  if (std::string error = parse_metric(name, threshold); !error.empty()) return {{}, error};
  const std::string_view value = trim(text.substr(at + found->text.size()));
  const Kind kind = metric_info(threshold.metric).kind;
  if (std::string error = parse_value(value, kind, threshold.value); !error.empty()) {
    return {{}, fmt::format("value '{}': {}", value, error)};
  }
  return {threshold, {}};
}

std::string few_samples_text() {
  return fmt::format("with fewer than {:.0f} samples beyond it", measure::kSamplesBeyond);
}

Judgement judge(const Threshold& threshold, Measured measured) {
  if (!measured.known || std::isnan(measured.value)) return {false, threshold.text + ": not measured", false};
  Judgement judgement{compare(measured.value, threshold.op, threshold.value), {}, true};
  const bool lost = std::isinf(measured.value);
  const std::string value =
      lost ? "not delivered" : format_measured(measured.value, metric_info(threshold.metric).kind);
  judgement.text = fmt::format("{}: {}{}", threshold.text, lost ? "" : "measured ", value);
  if (!lost && measured.has_few_samples()) judgement.text += ", " + few_samples_text();
  return judgement;
}

}  // namespace loadgen
