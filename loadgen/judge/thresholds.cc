#include "loadgen/judge/thresholds.h"

#include <fmt/format.h>

#include <utility>

namespace loadgen {

namespace {

bool holds(double measured, Comparison op, double limit) {
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

}  // namespace

ThresholdOutcome judge(const Threshold& threshold, MetricValue value) {
  ThresholdOutcome outcome{.threshold = &threshold, .value = std::move(value), .measured = {}, .text = {}};
  const MetricValue& measured = outcome.value;
  if (!measured.value) {
    outcome.answer = Answer::kBroken;
    outcome.measured = "not measured";
    outcome.text = fmt::format("{}: {}", threshold.text, outcome.measured);
    return outcome;
  }
  outcome.answer = holds(*measured.value, threshold.op, threshold.value) ? Answer::kMet : Answer::kBroken;
  if (measured.is_undelivered()) {
    outcome.measured = "not delivered";
    outcome.text = fmt::format("{}: {}", threshold.text, outcome.measured);
    return outcome;
  }
  outcome.measured = quantity_text(*measured.value, threshold.metric.unit, threshold.value);
  outcome.text = fmt::format("{}: measured {}{}", threshold.text, outcome.measured,
                             measured.has_few_samples() ? ", " + few_samples_text() : "");
  return outcome;
}

ThresholdOutcome judge(const Threshold& threshold, const VariantSummary& group) {
  ThresholdOutcome outcome = judge(threshold, group.value(find_metric(threshold.metric.name), threshold.aggregation));
  outcome.group = &group;
  if (group.verdict == Verdict::kInvalid) outcome.answer = Answer::kUnknown;
  return outcome;
}

std::vector<ThresholdOutcome> check_thresholds(const Scenario& scenario, std::span<const VariantSummary> groups) {
  std::vector<ThresholdOutcome> outcomes;
  for (const Threshold& threshold : scenario.thresholds) {
    for (const VariantSummary& group : groups) {
      if (threshold.applies_to(group.variant->technique->name, group.variant->name))
        outcomes.push_back(judge(threshold, group));
    }
  }
  return outcomes;
}

}  // namespace loadgen
