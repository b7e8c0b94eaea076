// The metrics: one row each says what it is called, in which unit it is, which way is better, how it is read from a run
// and how the repetitions of a variant become one value. Thresholds, the summary, result.json and the report read this
// table; a new metric is a new row of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/measure/histogram.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/metric.h"

namespace loadgen {

enum class Merge : std::uint8_t {
  kHistograms,  // merged, so that percentiles are of all repetitions together
  kSum,
  kQuotient,  // of sums
  kGreatest,
  kLeast,
};

struct Metric {
  MetricInfo info;
  Merge merge;
  bool is_headline = false;  // the summary has its confidence interval, and variants are compared by it
  // kHistograms: the distribution of one run; with `of_expected` a delivery that is missing is +infinity in it.
  const measure::Histogram& (*histogram)(const RunResult& run) = nullptr;
  bool of_expected = false;
  // The others: the value of one run, of a quotient what is divided and by what. Nothing where it was not measured:
  // then it is not known of several repetitions either.
  std::optional<double> (*value)(const RunResult& run) = nullptr;
  std::optional<double> (*divisor)(const RunResult& run) = nullptr;
};

// In the order in which result.json has them.
std::span<const Metric> metrics();
std::span<const MetricInfo> metric_infos();
const Metric& find_metric(std::string_view name);  // requires that there is one

// May a value be believed?
enum class Fitness : std::uint8_t { kUsable, kUnusable };
std::string_view fitness_name(Fitness fitness);

// What the repetitions of one variant say of a metric.
struct MetricValue {
  std::optional<double> value;  // +infinity: a percentile among deliveries that never came
  // The 95 % confidence interval over the repetitions, where there are three and it holds the value.
  std::optional<double> low, high;
  std::optional<double> error;  // what tool and machine may have added to it, at most; nothing: not known
  Fitness fitness = Fitness::kUsable;
  std::string reason;                       // why it is unusable; else empty
  std::vector<std::optional<double>> each;  // of every repetition, in their order
  std::optional<double> samples_beyond;     // of a percentile

  bool is_undelivered() const;
  bool has_few_samples() const;  // beyond the percentile
};

std::optional<double> number_of(const RunResult& run, std::string_view metric);  // requires that it is no distribution

std::string few_samples_text();  // "with fewer than 10 samples beyond it"

// A distribution over repetitions.
struct MergedDistribution {
  measure::Histogram histogram;
  measure::Summary whole;
  std::vector<measure::Summary> each;
};

MergedDistribution merge_distribution(const Metric& metric, std::span<const RunResult* const> runs);
// Of a distribution, or of the runs; fitness is the caller's.
MetricValue value_of(const MergedDistribution& distribution, const Aggregation& aggregation);
MetricValue value_of(const Metric& metric, std::span<const RunResult* const> runs);

}  // namespace loadgen
