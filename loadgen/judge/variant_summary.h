// The repetitions of one variant as one: the metrics of the table over all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "loadgen/judge/metrics.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// An invalid repetition says nothing about the server, so it is left out beside one that is not.
class VariantSummary {
 public:
  // Requires a run at least. The runs must outlive the summary.
  VariantSummary(const Variant& of, std::vector<const RunResult*> repetitions);

  const Variant* variant;
  std::vector<const RunResult*> runs;  // what the rest is of: those not invalid, or all where every one is
  std::size_t left_out = 0;            // invalid ones beside them
  Verdict verdict = Verdict::kValid;   // the worst of `runs`

  std::size_t repetitions() const { return runs.size() + left_out; }

  MetricValue value(const Metric& metric, const Aggregation& aggregation = {}) const;
  // "delivery_latency.p99", "missing": as in thresholds. Requires that there is such a metric.
  MetricValue value(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;  // 0: not measured
  const MergedDistribution& distribution(std::string_view name) const;

 private:
  std::vector<MergedDistribution> distributions_;  // of the rows that are one, in their order
};

// Whether a technique loses nothing without `run`: a signal ended it before it measured, and `runs` has another of it.
bool is_dispensable(const RunResult& run, std::span<const RunResult> runs);

// In the order of the scenario's variants; one without a run is not among them.
std::vector<VariantSummary> group_runs(const Scenario& scenario, std::span<const RunResult> runs);

}  // namespace loadgen
