#include "loadgen/judge/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "loadgen/measure/confidence.h"
#include "loadgen/measure/percentile.h"

namespace loadgen {

namespace {

using Number = std::optional<double>;
using R = const RunResult&;
using H = const measure::Histogram&;

template <typename T>
Number number(const std::optional<T>& value) {
  return value ? Number(static_cast<double>(*value)) : std::nullopt;
}
template <typename T>
Number number(T value) {
  return static_cast<double>(value);
}
Number number(const std::optional<Nanos>& time) {
  return time ? number(time->count()) : std::nullopt;
}

double seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

// A count of the window in which bytes are counted.
template <auto Count>
Number counted(R run) {
  return run.window.length > Nanos(0) ? number(run.window.counts.*Count) : std::nullopt;
}

Number deliveries(R run) {
  return run.window.length > Nanos(0) ? number(run.window.deliveries) : std::nullopt;
}

Number measured_seconds(R run) {
  return run.has_measured() ? Number(seconds(run.phases.measure)) : std::nullopt;
}

Number asked(R run) {
  return number(run.published + run.publish_failed);
}

Number expected(R run) {
  return number(run.expected);
}

Number connected(R run) {
  return number(run.connected);
}

enum class Way : std::uint8_t { kReceived, kSent };

struct Traffic {
  const ByteCount& count;
  const ByteCount& back;  // the other way
  const net::TlsCounts::Direction& tls;
  std::uint64_t segments;
};

Traffic traffic(R run, Way way) {
  const Window& window = run.window;
  const ByteCount& in = window.counts.received;
  const ByteCount& out = window.counts.sent;
  return way == Way::kReceived ? Traffic{in, out, window.tls.received, window.segments.in}
                               : Traffic{out, in, window.tls.sent, window.segments.out};
}

// On the wire: everything but heartbeats, which are not paid by the delivery.
template <Way kWay>
Number wire_bytes(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  const auto [count, back, tls, segments] = traffic(run, kWay);
  return number(count.total - count.heartbeat + tls.overhead() + segments * kSegmentHeaderBytes);
}

Number all_wire_bytes(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  return *wire_bytes<Way::kReceived>(run) + *wire_bytes<Way::kSent>(run);
}

// What compression leaves of a byte of a body: payload and framing are counted before it.
double compression(const ByteCount& count) {
  const double content = static_cast<double>(count.payload) + static_cast<double>(count.framing());
  if (count.decoded == 0 || content == 0) return 1;
  return (content - static_cast<double>(count.decoded) + static_cast<double>(count.encoded)) / content;
}

template <Way kWay>
Number payload_bytes(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  const ByteCount& count = traffic(run, kWay).count;
  return static_cast<double>(count.payload) * compression(count);
}

template <Way kWay>
Number framing_bytes(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  const ByteCount& count = traffic(run, kWay).count;
  return static_cast<double>(count.framing()) * compression(count);
}

template <Way kWay>
Number http_bytes(R run) {
  return run.window.length > Nanos(0) ? number(traffic(run, kWay).count.http) : std::nullopt;
}

template <Way kWay>
Number tls_bytes(R run) {
  return run.tls && run.window.length > Nanos(0) ? number(traffic(run, kWay).tls.overhead()) : std::nullopt;
}

template <Way kWay>
Number tcpip_bytes(R run) {
  return run.window.length > Nanos(0) ? number(traffic(run, kWay).segments * kSegmentHeaderBytes) : std::nullopt;
}

Number modelled_tcpip_bytes(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  std::uint64_t segments = 0;
  for (const Way way : {Way::kReceived, Way::kSent}) {
    const Traffic one = traffic(run, way);
    segments += one.count.link_segments + one.back.link_acknowledgements;
  }
  return number(segments * kSegmentHeaderBytes);
}

// Before compression.
Number plain_payload_bytes(R run) {
  return run.window.length > Nanos(0) ? number(run.window.counts.received.payload) : std::nullopt;
}

Number bytes_beside_payload(R run) {
  if (run.window.length == Nanos(0)) return std::nullopt;
  return *all_wire_bytes(run) - *plain_payload_bytes(run);
}

Number handshake_bytes(R run) {
  return number(run.recorder.handshakes.received + run.recorder.handshakes.sent);
}

Number idle_bytes(R run) {
  const Window& window = run.idle_window;
  if (window.length == Nanos(0)) return std::nullopt;
  return number(window.counts.received.total + window.counts.sent.total + window.tls.received.overhead() +
                window.tls.sent.overhead() + (window.segments.in + window.segments.out) * kSegmentHeaderBytes);
}

Number idle_client_hours(R run) {
  if (run.idle_window.length == Nanos(0)) return std::nullopt;
  return seconds(run.idle_window.length) * static_cast<double>(run.connected) / 3600;
}

template <auto Member>
Number of_server(R run) {
  return run.server ? number((*run.server).*Member) : std::nullopt;
}

// A size that is 0 was not readable.
template <auto Member>
Number size_of_server(R run) {
  const auto size = of_server<Member>(run);
  return size && *size > 0 ? size : std::nullopt;
}

Number server_bytes(R run) {
  if (!run.server || !run.server->bytes_per_subscriber) return std::nullopt;
  return *run.server->bytes_per_subscriber * static_cast<double>(run.connected);
}

// Not known as soon as one phase does not know it.
Number listen_overflows(R run) {
  const auto in_ramp = run.machine_in_ramp.listen_overflows;
  const auto later = run.machine.listen_overflows;
  return in_ramp && later ? number(*in_ramp + *later) : std::nullopt;
}

Number generator_cpu(R run) {
  return run.window.length > Nanos(0) ? number(run.window.cpu.count()) : std::nullopt;
}

Number loop_busy(R run) {
  return run.window.length > Nanos(0) ? number(run.window.busy.count()) : std::nullopt;
}

Number loop_time(R run) {
  if (run.window.length == Nanos(0) || run.workers == 0) return std::nullopt;
  return number(run.window.length.count() * run.workers);
}

// The rows. Every metric is one call of these.

constexpr MetricInfo named(std::string_view name, Unit unit, Better better, Needs needs = Needs::kNothing) {
  return {.name = name, .unit = unit, .better = better, .needs = needs};
}

constexpr Metric distribution(MetricInfo info, H (*histogram)(R)) {
  info.is_distribution = true;
  return {.info = info, .merge = Merge::kHistograms, .histogram = histogram};
}

constexpr Metric of_expected(Metric metric) {
  metric.of_expected = true;
  return metric;
}

constexpr Metric sum(std::string_view name, Better better, Number (*count)(R)) {
  return {.info = named(name, Unit::kCount, better), .merge = Merge::kSum, .value = count};
}

constexpr Metric quotient(MetricInfo info, Number (*value)(R), Number (*divisor)(R)) {
  return {.info = info, .merge = Merge::kQuotient, .value = value, .divisor = divisor};
}

constexpr Metric greatest(MetricInfo info, Number (*value)(R)) {
  return {.info = info, .merge = Merge::kGreatest, .value = value};
}

constexpr Metric least(MetricInfo info, Number (*value)(R)) {
  return {.info = info, .merge = Merge::kLeast, .value = value};
}

constexpr Metric headline(Metric metric) {
  metric.is_headline = true;
  return metric;
}

using enum Better;
using enum Unit;
using enum Needs;
using C = SessionCounts;
using S = ServerUsage;
constexpr auto kReceived = Way::kReceived;
constexpr auto kSent = Way::kSent;

constexpr auto kMetrics = std::to_array<Metric>({
    headline(of_expected(
        distribution(named("delivery_latency", kTime, kLess), [](R r) -> H { return r.recorder.delivery_latency; }))),
    of_expected(distribution(named("service_time", kTime, kLess), [](R r) -> H { return r.recorder.service_time; })),
    distribution(named("send_lag", kTime, kLess), [](R r) -> H { return r.send_lag; }),
    distribution(named("readiness", kTime, kLess), [](R r) -> H { return r.recorder.readiness; }),
    distribution(named("round_trip", kTime, kLess, kPolls), [](R r) -> H { return r.recorder.round_trip; }),
    distribution(named("fanout_spread", kTime, kLess), [](R r) -> H { return r.fanout_spread; }),
    distribution(named("subscriber_bandwidth", kBandwidth, kNone),
                 [](R r) -> H { return r.recorder.subscriber_bandwidth; }),
    distribution(named("loop_lag", kTime, kLess), [](R r) -> H { return r.recorder.loop_lag; }),
    distribution(named("read_delay", kTime, kLess), [](R r) -> H { return r.recorder.read_delay; }),
    distribution(named("jitter", kTime, kLess), [](R r) -> H { return r.jitter.lateness; }),

    sum("published", kNone, [](R r) { return number(r.published); }),
    sum("publish_failed", kLess, [](R r) { return number(r.publish_failed); }),
    sum("expected_deliveries", kNone, [](R r) { return number(r.expected); }),
    sum("delivered", kNone, [](R r) { return number(r.delivered()); }),
    sum("missing", kLess, [](R r) { return number(r.missing); }),
    sum("missed_while_away", kLess, [](R r) { return number(r.missed_while_away); }),
    sum("replayed", kNone, [](R r) { return number(r.recorder.replayed); }),
    sum("duplicate", kLess, [](R r) { return number(r.recorder.duplicate); }),
    sum("reordered", kLess, [](R r) { return number(r.recorder.reordered); }),
    sum("corrupt", kLess, [](R r) { return number(r.recorder.corrupt); }),
    sum("early", kNone, [](R r) { return number(r.recorder.early); }),
    sum("own", kNone, [](R r) { return number(r.recorder.own); }),
    sum("foreign", kLess, [](R r) { return number(r.recorder.foreign); }),
    sum("failures", kLess, [](R r) { return number(r.failures.total()); }),
    sum("listen_overflows", kLess, listen_overflows),
    sum("requests", kNone, counted<&C::requests>),
    sum("empty_answers", kLess, counted<&C::empty_answers>),
    sum("full_answers", kNone, counted<&C::full_answers>),
    sum("skipped_polls", kLess, counted<&C::skipped_polls>),
    sum("gap_messages", kLess, counted<&C::gap_messages>),
    sum("request_timeouts", kLess, counted<&C::request_timeouts>),
    least(named("connected", kCount, kMore), [](R r) { return number(r.connected); }),

    quotient(named("offered_rate", kRate, kNone), asked, measured_seconds),
    quotient(
        named("achieved_rate", kRate, kMore), [](R r) { return number(r.published); }, measured_seconds),
    quotient(
        named("delivered_share", kShare, kMore), [](R r) { return number(r.expected - r.missing); }, expected),
    quotient(named("connected_share", kShare, kMore), connected, [](R r) { return number(r.subscribers); }),
    quotient(named("wasted_poll_share", kShare, kLess, kPolls), counted<&C::empty_answers>, counted<&C::requests>),
    quotient(named("requests_per_delivery", kNumber, kLess), counted<&C::requests>, deliveries),

    headline(quotient(named("bytes_per_delivery", kSize, kLess), all_wire_bytes, deliveries)),
    quotient(named("received_per_delivery", kSize, kLess), wire_bytes<kReceived>, deliveries),
    quotient(named("received_payload_per_delivery", kSize, kNone), payload_bytes<kReceived>, deliveries),
    quotient(named("received_framing_per_delivery", kSize, kLess), framing_bytes<kReceived>, deliveries),
    quotient(named("received_http_per_delivery", kSize, kLess), http_bytes<kReceived>, deliveries),
    quotient(named("received_tls_per_delivery", kSize, kLess), tls_bytes<kReceived>, deliveries),
    quotient(named("received_tcpip_per_delivery", kSize, kLess), tcpip_bytes<kReceived>, deliveries),
    quotient(named("sent_per_delivery", kSize, kLess), wire_bytes<kSent>, deliveries),
    quotient(named("sent_payload_per_delivery", kSize, kNone), payload_bytes<kSent>, deliveries),
    quotient(named("sent_framing_per_delivery", kSize, kLess), framing_bytes<kSent>, deliveries),
    quotient(named("sent_http_per_delivery", kSize, kLess), http_bytes<kSent>, deliveries),
    quotient(named("sent_tls_per_delivery", kSize, kLess), tls_bytes<kSent>, deliveries),
    quotient(named("sent_tcpip_per_delivery", kSize, kLess), tcpip_bytes<kSent>, deliveries),
    quotient(named("modelled_tcpip_per_delivery", kSize, kLess), modelled_tcpip_bytes, deliveries),
    quotient(named("payload_per_delivery", kSize, kNone), plain_payload_bytes, deliveries),
    headline(quotient(named("overhead", kNumber, kLess), bytes_beside_payload, plain_payload_bytes)),
    quotient(named("handshake_bytes", kSize, kLess), handshake_bytes,
             [](R r) { return number(r.recorder.handshakes.count); }),
    quotient(named("idle_bytes_per_client_hour", kSize, kLess), idle_bytes, idle_client_hours),

    headline(quotient(named("server_cpu_per_delivery", kTime, kLess, kServer), of_server<&S::cpu>, deliveries)),
    headline(quotient(named("server_bytes_per_subscriber", kSize, kLess, kServer), server_bytes, connected)),
    quotient(named("server_voluntary_switches_per_delivery", kNumber, kLess, kServer),
             of_server<&S::voluntary_switches>, deliveries),
    quotient(named("server_involuntary_switches_per_delivery", kNumber, kLess, kServer),
             of_server<&S::involuntary_switches>, deliveries),
    quotient(named("server_syscalls_per_delivery", kNumber, kLess, kServer), of_server<&S::syscalls>, deliveries),
    greatest(named("server_rss", kSize, kLess, kServer), size_of_server<&S::rss_bytes>),
    greatest(named("server_pss", kSize, kLess, kServer), size_of_server<&S::pss_bytes>),
    quotient(named("generator_cpu_per_delivery", kTime, kLess), generator_cpu, deliveries),
    quotient(named("generator_loop_utilisation", kShare, kLess), loop_busy, loop_time),
    greatest(named("generator_rss", kSize, kLess), [](R r) { return number(r.generator_rss_bytes); }),
});

// Nothing as soon as one run has nothing.
Number total(Number (*of)(R), std::span<const RunResult* const> runs) {
  double sum = 0;
  for (const RunResult* run : runs) {
    const Number value = of(*run);
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum;
}

Number extreme(const Metric& metric, std::span<const RunResult* const> runs) {
  Number found;
  for (const RunResult* run : runs) {
    const Number value = metric.value(*run);
    if (!value) return std::nullopt;
    const bool takes = !found || (metric.merge == Merge::kGreatest ? *value > *found : *value < *found);
    if (takes) found = value;
  }
  return found;
}

Number merged_number(const Metric& metric, std::span<const RunResult* const> runs) {
  switch (metric.merge) {
    case Merge::kSum:
      return total(metric.value, runs);
    case Merge::kQuotient: {
      const Number above = total(metric.value, runs), below = total(metric.divisor, runs);
      return above && below && *below > 0 ? Number(*above / *below) : std::nullopt;
    }
    case Merge::kGreatest:
    case Merge::kLeast:
      return extreme(metric, runs);
    case Merge::kHistograms:
      break;
  }
  throw std::logic_error("a distribution is no number");
}

// Of a percentile or extreme that never came: infinite. Nothing where there is no such thing to come.
Number aggregate(const measure::Summary& summary, const Aggregation& aggregation) {
  const auto found = [&](std::optional<std::int64_t> value) -> Number {
    if (value) return static_cast<double>(*value);
    return summary.expected > 0 ? Number(std::numeric_limits<double>::infinity()) : std::nullopt;
  };
  switch (aggregation.kind) {
    case Aggregation::Kind::kMin:
      return found(summary.min);
    case Aggregation::Kind::kMean:
      return summary.count > 0 ? summary.mean : found({});
    case Aggregation::Kind::kPercentile:
      return found(summary.at(aggregation.quantile));
    case Aggregation::Kind::kMax:
      return found(summary.max);
    case Aggregation::Kind::kNone:
      break;
  }
  throw std::logic_error("a distribution is no number");
}

// The interval is of the mean over the repetitions and the value is of all of them together. Where they are so unlike
// that it does not hold the value, it would be read as the value's.
void add_interval(MetricValue& value) {
  constexpr double kRounding = 1e-9;  // repetitions that are all alike have an interval without width
  std::vector<double> known;
  for (const Number& one : value.each) {
    if (!one) return;
    known.push_back(*one);
  }
  const auto interval = measure::confidence_of(known);
  if (!interval || !value.value) return;
  if (*value.value < interval->low * (1 - kRounding) || *value.value > interval->high * (1 + kRounding)) return;
  value.low = interval->low;
  value.high = interval->high;
}

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

std::span<const MetricInfo> metric_infos() {
  static const auto infos = [] {
    std::array<MetricInfo, kMetrics.size()> list{};
    std::ranges::transform(kMetrics, list.begin(), &Metric::info);
    return list;
  }();
  return infos;
}

const Metric& find_metric(std::string_view name) {
  const auto* found = std::ranges::find(kMetrics, name, [](const Metric& metric) { return metric.info.name; });
  if (found == kMetrics.end()) throw std::logic_error(fmt::format("no metric '{}'", name));
  return *found;
}

std::optional<double> number_of(const RunResult& run, std::string_view metric) {
  const RunResult* const only = &run;
  return merged_number(find_metric(metric), {&only, 1});
}

std::string_view fitness_name(Fitness fitness) {
  return fitness == Fitness::kUsable ? "usable" : "unusable";
}

std::string few_samples_text() {
  return fmt::format("with fewer than {:.0f} samples beyond it", measure::kSamplesBeyond);
}

bool MetricValue::is_undelivered() const {
  return value && std::isinf(*value);
}

bool MetricValue::has_few_samples() const {
  return samples_beyond && *samples_beyond < measure::kSamplesBeyond - 1e-6;
}

MergedDistribution merge_distribution(const Metric& metric, std::span<const RunResult* const> runs) {
  MergedDistribution merged;
  std::uint64_t expected = 0;
  for (const RunResult* run : runs) {
    const measure::Histogram& histogram = metric.histogram(*run);
    merged.each.push_back(measure::summarise(histogram, metric.of_expected ? run->expected : histogram.count()));
    merged.histogram.merge(histogram);
    expected += merged.each.back().expected;
  }
  merged.whole = measure::summarise(merged.histogram, expected);
  return merged;
}

MetricValue value_of(const MergedDistribution& distribution, const Aggregation& aggregation) {
  const bool percentile = aggregation.kind == Aggregation::Kind::kPercentile;
  MetricValue value;
  value.value = aggregate(distribution.whole, aggregation);
  if (percentile && distribution.whole.expected > 0)
    value.samples_beyond = measure::samples_beyond(aggregation.quantile, distribution.whole.expected);
  bool enough = true;
  for (const measure::Summary& one : distribution.each) {
    value.each.push_back(aggregate(one, aggregation));
    enough = enough && (!percentile || measure::enough_beyond(aggregation.quantile, one.expected));
  }
  if (enough) add_interval(value);
  return value;
}

MetricValue value_of(const Metric& metric, std::span<const RunResult* const> runs) {
  MetricValue value;
  value.value = merged_number(metric, runs);
  for (std::size_t i = 0; i < runs.size(); ++i) value.each.push_back(merged_number(metric, runs.subspan(i, 1)));
  if (metric.merge == Merge::kQuotient) add_interval(value);
  return value;
}

}  // namespace loadgen
