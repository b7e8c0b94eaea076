#include "loadgen/scenario/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace loadgen {
namespace {

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

template <typename Named>
std::vector<std::string_view> names_of(std::span<const Named> list) {
  std::vector<std::string_view> names;
  for (const Named& one : list) names.push_back(one.name);
  return names;
}

std::string join(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// There are many: first one that is spelt alike, then those with the word in their name, then all.
std::string metric_suggestion(std::string_view name, const std::vector<std::string_view>& names) {
  std::vector<std::string_view> near;
  if (const std::string_view one = wire::nearest_word(name, names); !one.empty()) near.push_back(one);
  if (near.empty() && !name.empty()) {
    std::ranges::copy_if(names, std::back_inserter(near), [&](auto word) { return word.find(name) != word.npos; });
  }
  return near.size() == 1 ? fmt::format("did you mean '{}'?", near.front())
                          : "one of " + join(near.empty() ? names : near);
}

// Fills metric and aggregation of `threshold`; returns the error or "".
std::string parse_metric(std::string_view text, std::span<const MetricInfo> metrics, Threshold& threshold) {
  const std::size_t point = text.find('.');
  const std::string_view name = text.substr(0, point);
  const auto info = std::ranges::find(metrics, name, &MetricInfo::name);
  if (info == metrics.end()) {
    return fmt::format("unknown metric '{}': {}", name, metric_suggestion(name, names_of(metrics)));
  }
  threshold.metric = *info;
  if (point == std::string_view::npos) {
    return info->is_distribution
               ? fmt::format("'{0}' needs an aggregation: {0}.p99, or one of {1}", name, join(names_of(aggregations())))
               : "";
  }
  const std::string_view aggregation = text.substr(point + 1);
  if (!info->is_distribution) return fmt::format("'{0}' is one number and has no aggregation: write {0}", name);
  const Aggregation* found = find_aggregation(aggregation);
  if (found == nullptr)
    return fmt::format("unknown aggregation '{}': one of {}", aggregation, join(names_of(aggregations())));
  threshold.aggregation = *found;
  return "";
}

}  // namespace

wire::Parsed<Threshold> parse_threshold(std::string_view text, std::span<const MetricInfo> metrics) {
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
  if (std::string error = parse_metric(name, metrics, threshold); !error.empty()) return {{}, error};
  const std::string_view value = trim(text.substr(at + found->text.size()));
  const wire::Parsed<double> parsed = parse_quantity(value, threshold.metric.unit);
  if (!parsed) return {{}, fmt::format("value '{}': {}", value, parsed.error)};
  threshold.value = *parsed.value;
  return {threshold, {}};
}

}  // namespace loadgen
