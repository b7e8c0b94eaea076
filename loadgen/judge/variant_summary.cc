#include "loadgen/judge/variant_summary.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace loadgen {

namespace {

bool is_invalid(const RunResult* run) {
  return run->verdict == Verdict::kInvalid;
}

std::string invalid_reason(const VariantSummary& group) {
  for (const RunResult* run : group.runs) {
    for (const Warning& warning : run->warnings) {
      if (warning.level == Level::kInvalid) return warning.message;
    }
  }
  return "the run is invalid";
}

// Every number of an invalid run is unusable; else a percentile that rests on too few samples, and what was not
// measured.
void judge_fitness(const VariantSummary& group, MetricValue& value) {
  if (!value.value) {
    value.reason = "not measured";
  } else if (group.verdict == Verdict::kInvalid) {
    value.reason = invalid_reason(group);
  } else if (value.has_few_samples()) {
    value.reason = few_samples_text();
  } else {
    return;
  }
  value.fitness = Fitness::kUnusable;
}

std::size_t place_of(const Metric& metric) {
  const auto before = metrics().first(static_cast<std::size_t>(&metric - metrics().data()));
  return static_cast<std::size_t>(
      std::ranges::count_if(before, [](const Metric& one) { return one.info.is_distribution; }));
}

}  // namespace

VariantSummary::VariantSummary(const Variant& of, std::vector<const RunResult*> repetitions)
    : variant(&of), runs(std::move(repetitions)) {
  if (!std::ranges::all_of(runs, is_invalid)) left_out = std::erase_if(runs, is_invalid);
  for (const RunResult* run : runs) verdict = std::max(verdict, run->verdict);
  for (const Metric& metric : metrics()) {
    if (metric.info.is_distribution) distributions_.push_back(merge_distribution(metric, runs));
  }
}

MetricValue VariantSummary::value(const Metric& metric, const Aggregation& aggregation) const {
  MetricValue value =
      metric.info.is_distribution ? value_of(distributions_[place_of(metric)], aggregation) : value_of(metric, runs);
  judge_fitness(*this, value);
  return value;
}

MetricValue VariantSummary::value(std::string_view name) const {
  const std::size_t point = name.find('.');
  if (point == std::string_view::npos) return value(find_metric(name));
  const Aggregation* aggregation = find_aggregation(name.substr(point + 1));
  if (aggregation == nullptr) throw std::logic_error("no such aggregation");
  return value(find_metric(name.substr(0, point)), *aggregation);
}

std::uint64_t VariantSummary::count(std::string_view name) const {
  return static_cast<std::uint64_t>(value_of(find_metric(name), runs).value.value_or(0));
}

const MergedDistribution& VariantSummary::distribution(std::string_view name) const {
  return distributions_[place_of(find_metric(name))];
}

bool is_dispensable(const RunResult& run, std::span<const RunResult> runs) {
  if (!run.interrupted || run.has_measured()) return false;
  return std::ranges::any_of(runs, [&](const RunResult& other) { return other.variant == run.variant; });
}

std::vector<VariantSummary> group_runs(const Scenario& scenario, std::span<const RunResult> runs) {
  std::vector<VariantSummary> groups;
  for (const Variant& variant : scenario.variants) {
    std::vector<const RunResult*> repetitions;
    for (const RunResult& run : runs) {
      if (run.variant == &variant) repetitions.push_back(&run);
    }
    if (!repetitions.empty()) groups.emplace_back(variant, std::move(repetitions));
  }
  return groups;
}

}  // namespace loadgen
