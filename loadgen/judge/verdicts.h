// Thresholds against what was measured, over all repetitions of a technique and variant.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"
#include "loadgen/scenario/threshold.h"

namespace loadgen {

// The repetitions of one variant as one: histograms merged, counts added; never an average of percentiles. An invalid
// repetition says nothing about the server, so it is left out beside one that is not.
struct VariantSummary {
  const Variant* variant = nullptr;
  std::vector<const RunResult*> runs;  // what the rest is of: those not invalid, or all where every one is
  std::size_t left_out = 0;            // invalid ones beside them
  std::uint64_t expected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t missing = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupt = 0;
  std::uint64_t failures = 0;
  std::uint64_t published = 0;
  std::uint64_t requests = 0;  // this and the next two in the window in which bytes were counted
  std::uint64_t empty_answers = 0;
  std::uint64_t skipped_polls = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t connected = 0;
  measure::Histogram delivery_latency;
  measure::Histogram service_time;
  measure::Histogram send_lag;
  measure::Histogram readiness;
  measure::Histogram round_trip;
  measure::Histogram fanout_spread;
  std::optional<double> bytes_per_delivery;
  std::optional<double> server_cpu_ns_per_delivery;
  std::optional<double> server_bytes_per_subscriber;
  std::optional<double> messages_per_second;
  std::optional<std::uint64_t> listen_overflows;  // of the whole machine, while its runs ramped and measured
  Verdict verdict = Verdict::kValid;              // the worst of `runs`

  std::size_t repetitions() const { return runs.size() + left_out; }
};

// Whether a technique loses nothing without `run`: a signal ended it before it measured, and `runs` has another of it.
bool is_dispensable(const RunResult& run, std::span<const RunResult> runs);

std::vector<VariantSummary> group_runs(const Scenario& scenario, std::span<const RunResult> runs);

Measured measured(const VariantSummary& group, const Threshold& threshold);

struct ThresholdResult {
  const Threshold* threshold = nullptr;
  const VariantSummary* group = nullptr;
  Measured value;
  Judgement judgement;
  bool usable = true;  // false: its runs are invalid, so it is neither met nor broken
};
std::vector<ThresholdResult> check_thresholds(const Scenario& scenario, std::span<const VariantSummary> groups);

}  // namespace loadgen
