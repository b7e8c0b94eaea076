#include "loadgen/judge/verdicts.h"

#include <algorithm>
#include <limits>

namespace loadgen {

namespace {

void add_run(VariantSummary& group, const RunResult& run) {
  group.runs.push_back(&run);
  group.expected += run.expected;
  group.delivered += run.delivered();
  group.missing += run.missing;
  group.duplicate += run.recorder.duplicate;
  group.reordered += run.recorder.reordered;
  group.corrupt += run.recorder.corrupt;
  group.failures += run.failures.total();
  group.published += run.published;
  group.requests += run.window.counts.requests;
  group.empty_answers += run.window.counts.empty_answers;
  group.skipped_polls += run.window.counts.skipped_polls;
  group.subscribers += run.subscribers;
  group.connected += run.connected;
  group.delivery_latency.merge(run.recorder.delivery_latency);
  group.service_time.merge(run.recorder.service_time);
  group.readiness.merge(run.recorder.readiness);
  group.round_trip.merge(run.recorder.round_trip);
  group.send_lag.merge(run.send_lag);
  group.fanout_spread.merge(run.fanout_spread);
  group.verdict = std::max(group.verdict, run.verdict);
}

// Not known as soon as one run does not know it.
std::optional<std::uint64_t> listen_overflows(const VariantSummary& group) {
  std::uint64_t total = 0;
  for (const RunResult* run : group.runs) {
    const auto in_ramp = run->machine_in_ramp.listen_overflows;
    const auto later = run->machine.listen_overflows;
    if (!in_ramp || !later) return std::nullopt;
    total += *in_ramp + *later;
  }
  return total;
}

// Sums over the runs first, one division at the end.
void add_costs(VariantSummary& group) {
  double bytes = 0, deliveries = 0, cpu = 0, cpu_deliveries = 0, memory = 0, memory_runs = 0, accepted = 0, seconds = 0;
  for (const RunResult* run : group.runs) {
    const auto count = static_cast<double>(run->window.deliveries);
    if (const auto each = run->bytes_per_delivery()) {
      bytes += *each * count;
      deliveries += count;
    }
    if (run->server && run->server->cpu && count > 0) {
      cpu += static_cast<double>(run->server->cpu->count());
      cpu_deliveries += count;
    }
    if (run->server && run->server->bytes_per_subscriber) {
      memory += *run->server->bytes_per_subscriber;
      memory_runs += 1;
    }
    accepted += static_cast<double>(run->published);
    seconds += std::chrono::duration<double>(run->phases.measure).count();
  }
  if (deliveries > 0) group.bytes_per_delivery = bytes / deliveries;
  if (cpu_deliveries > 0) group.server_cpu_ns_per_delivery = cpu / cpu_deliveries;
  if (memory_runs > 0) group.server_bytes_per_subscriber = memory / memory_runs;
  if (seconds > 0) group.messages_per_second = accepted / seconds;
}

Measured known(std::optional<double> value) {
  return {value.has_value(), value.value_or(0)};
}
Measured count(std::uint64_t value) {
  return {true, static_cast<double>(value)};
}

Measured aggregate(const measure::Histogram& histogram, std::uint64_t expected, Aggregation aggregation) {
  if (histogram.count() == 0) return {expected > 0, std::numeric_limits<double>::infinity()};
  const measure::Summary summary = measure::summarise(histogram, expected);
  const auto found = [](std::optional<std::int64_t> value) -> Measured {
    return {true, value ? static_cast<double>(*value) : std::numeric_limits<double>::infinity()};
  };
  const auto percentile = [&](std::optional<std::int64_t> value, double q) {
    Measured measured = found(value);
    measured.samples_beyond = measure::samples_beyond(q, summary.expected);
    return measured;
  };
  switch (aggregation) {
    case Aggregation::kMin:
      return found(summary.min);
    case Aggregation::kMean:
      return known(summary.mean);
    case Aggregation::kP50:
      return percentile(summary.p50, 0.5);
    case Aggregation::kP90:
      return percentile(summary.p90, 0.9);
    case Aggregation::kP99:
      return percentile(summary.p99, 0.99);
    case Aggregation::kP999:
      return percentile(summary.p999, 0.999);
    case Aggregation::kMax:
      return found(summary.max);
    case Aggregation::kNone:
      break;
  }
  return {};
}

// Those that are not invalid; all where every one is.
std::vector<const RunResult*> usable(std::vector<const RunResult*> runs) {
  const auto invalid = [](const RunResult* run) { return run->verdict == Verdict::kInvalid; };
  if (!std::ranges::all_of(runs, invalid)) std::erase_if(runs, invalid);
  return runs;
}

}  // namespace

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
    if (repetitions.empty()) continue;
    VariantSummary group;
    group.variant = &variant;
    for (const RunResult* run : usable(repetitions)) add_run(group, *run);
    group.left_out = repetitions.size() - group.runs.size();
    add_costs(group);
    group.listen_overflows = listen_overflows(group);
    groups.push_back(std::move(group));
  }
  return groups;
}

Measured measured(const VariantSummary& group, const Threshold& threshold) {
  const auto of = [&](const measure::Histogram& histogram) {
    return aggregate(histogram, histogram.count(), threshold.aggregation);
  };
  switch (threshold.metric) {
    case Metric::kDeliveryLatency:
      return aggregate(group.delivery_latency, group.expected, threshold.aggregation);
    case Metric::kServiceTime:
      return aggregate(group.service_time, group.expected, threshold.aggregation);
    case Metric::kSendLag:
      return of(group.send_lag);
    case Metric::kReadiness:
      return of(group.readiness);
    case Metric::kRoundTrip:
      return of(group.round_trip);
    case Metric::kFanoutSpread:
      return of(group.fanout_spread);
    case Metric::kMissing:
      return count(group.missing);
    case Metric::kDuplicate:
      return count(group.duplicate);
    case Metric::kReordered:
      return count(group.reordered);
    case Metric::kCorrupt:
      return count(group.corrupt);
    case Metric::kFailures:
      return count(group.failures);
    case Metric::kListenOverflows:
      return group.listen_overflows ? count(*group.listen_overflows) : Measured{};
    case Metric::kDeliveredShare:
      if (group.expected == 0) return {};
      return {true, static_cast<double>(group.expected - group.missing) / static_cast<double>(group.expected)};
    case Metric::kConnectedShare:
      if (group.subscribers == 0) return {};
      return {true, static_cast<double>(group.connected) / static_cast<double>(group.subscribers)};
    case Metric::kBytesPerDelivery:
      return known(group.bytes_per_delivery);
    case Metric::kServerCpuPerDelivery:
      return known(group.server_cpu_ns_per_delivery);
    case Metric::kServerBytesPerSubscriber:
      return known(group.server_bytes_per_subscriber);
  }
  return {};
}

std::vector<ThresholdResult> check_thresholds(const Scenario& scenario, std::span<const VariantSummary> groups) {
  std::vector<ThresholdResult> results;
  for (const Threshold& threshold : scenario.thresholds) {
    for (const VariantSummary& group : groups) {
      if (!threshold.applies_to(group.variant->technique->name, group.variant->name)) continue;
      const Measured value = measured(group, threshold);
      results.push_back({&threshold, &group, value, judge(threshold, value), group.verdict != Verdict::kInvalid});
    }
  }
  return results;
}

}  // namespace loadgen
