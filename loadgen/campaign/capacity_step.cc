#include "loadgen/campaign/capacity_step.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "loadgen/judge/metrics.h"
#include "loadgen/measure/percentile.h"

namespace loadgen {

namespace {

constexpr double kRounding = 1e-6;  // 1 - 0.99 is not exactly 0.01

// At least `messages` reach the server in the time of how many? Rule 11 forgives one in a hundred that does not, a
// burst may just miss the step, and Poisson arrivals are fewer than their mean half of the time (three standard
// deviations fewer: once in a thousand).
double with_margin(double messages, const PublishSettings& publish) {
  messages /= 0.99;
  switch (publish.arrivals) {
    case Arrivals::kPoisson:
      return messages + 3 * std::sqrt(messages) + 3;
    case Arrivals::kBurst:
      return messages + static_cast<double>(publish.burst);
    case Arrivals::kConstant:
    case Arrivals::kRamp:
      break;
  }
  return messages + 1;
}

}  // namespace

std::uint64_t deliveries_needed(const Threshold& threshold) {
  const bool percentile = threshold.aggregation.kind == Aggregation::Kind::kPercentile;
  if (!percentile || !find_metric(threshold.metric.name).of_expected) return 1;
  return static_cast<std::uint64_t>(
      std::ceil(measure::kSamplesBeyond / (1 - threshold.aggregation.quantile) - kRounding));
}

std::uint64_t deliveries_needed(const Condition& until) {
  std::uint64_t most = 1;
  for (const Threshold& threshold : until.thresholds) most = std::max(most, deliveries_needed(threshold));
  return most;
}

Nanos time_for(std::uint64_t deliveries, const Scenario& scenario) {
  constexpr double kMost = 1e9;  // seconds: more than anybody waits, and less than Nanos holds
  const double messages = std::ceil(static_cast<double>(deliveries) / std::max(scenario.receivers(), kRounding));
  const double seconds = with_margin(std::max(messages, 1.0), scenario.publish) / scenario.publish.rate.per_second();
  return std::chrono::milliseconds(std::llround(std::ceil(std::min(seconds, kMost) * 1000)));
}

Nanos step_length(const Condition& until, const Scenario& scenario, Nanos longest) {
  return std::max(scenario.phases.measure, std::min(time_for(deliveries_needed(until), scenario), longest));
}

}  // namespace loadgen
