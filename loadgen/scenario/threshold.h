// A threshold of a scenario: `<metric>[.<aggregation>] <op> <value>`, as in "delivery_latency.p99 < 50ms" or "missing
// == 0".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "loadgen/measure/percentile.h"
#include "wire/units.h"

namespace loadgen {

enum class Metric : std::uint8_t {
  // distributions; need an aggregation; values in nanoseconds
  kDeliveryLatency,
  kServiceTime,
  kSendLag,
  kReadiness,
  kRoundTrip,
  kFanoutSpread,
  // exact counts of a run
  kMissing,
  kDuplicate,
  kReordered,
  kCorrupt,
  kFailures,
  kListenOverflows,           // connections that a full listen queue of this machine turned away
  kDeliveredShare,            // delivered / expected deliveries, 0 to 1
  kConnectedShare,            // subscribers that were subscribed / all, 0 to 1
  kBytesPerDelivery,          // bytes on the wire, both directions, per delivery
  kServerCpuPerDelivery,      // ns of the server's CPU time per delivery
  kServerBytesPerSubscriber,  // memory of the server per subscriber
};
enum class Aggregation : std::uint8_t { kNone, kMin, kMean, kP50, kP90, kP99, kP999, kMax };
enum class Comparison : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };

struct MetricInfo {
  enum class Kind : std::uint8_t { kDuration, kCount, kShare, kSize };
  Metric metric;
  std::string_view name;  // "delivery_latency"
  Kind kind;              // of its value
  bool distribution;      // needs an aggregation
};
std::span<const MetricInfo> metrics();
const MetricInfo& metric_info(Metric metric);
std::string_view aggregation_name(Aggregation aggregation);  // "p99"; "" for kNone
std::optional<double> quantile_of(Aggregation aggregation);  // 0.99 of kP99; none of kMin, kMean, kMax

struct Threshold {
  std::string text;       // the check, as written
  std::string technique;  // empty: every technique
  std::string variant;    // of that technique; used only when `one_variant`
  bool one_variant = false;
  Metric metric = Metric::kMissing;
  Aggregation aggregation = Aggregation::kNone;
  Comparison op = Comparison::kEqual;
  double value = 0;  // ns, count, share 0 to 1, or bytes: the unit of the metric
  int line = 0;      // in the scenario file; 0 when it came by --set

  bool applies_to(std::string_view technique_name, std::string_view variant_name) const {
    return (technique.empty() || technique == technique_name) && (!one_variant || variant == variant_name);
  }
};

// Reads the check alone; technique, variant and line are the caller's.
wire::Parsed<Threshold> parse_threshold(std::string_view text);

// What a run measured. A quantile that falls among missing deliveries is known and infinite.
struct Measured {
  bool known = false;
  double value = 0;
  std::optional<double> samples_beyond{};  // of a percentile

  bool has_few_samples() const { return samples_beyond && *samples_beyond < measure::kSamplesBeyond - 1e-6; }
};

std::string few_samples_text();

struct Judgement {
  bool holds = false;
  std::string text;   // "delivery_latency.p99 < 50ms: measured 61.2ms"
  bool known = true;  // false: it was not measured
};

// A quantity that was not measured breaks every threshold on it: a check that cannot be made must not pass. A
// percentile with too few samples beyond it was measured: it is judged, and the text says how little it rests on.
Judgement judge(const Threshold& threshold, Measured measured);

}  // namespace loadgen
