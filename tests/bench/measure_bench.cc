// What measuring costs on the path of one delivery; the goal for the whole path is 100 ns.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

#include "loadgen/measure/fanout.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/histogram_codec.h"
#include "loadgen/measure/pacer.h"
#include "loadgen/measure/sequence_tracker.h"

namespace {

using measure::Histogram;

// Latencies of a loopback run: a log-normal body around 300 us.
std::vector<std::int64_t> latencies() {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> distribution(std::log(300e3), 0.6);
  std::vector<std::int64_t> values(4096);
  for (auto& value : values) value = static_cast<std::int64_t>(distribution(random));
  return values;
}

void record_a_value(benchmark::State& state) {
  const auto values = latencies();
  Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) {
    histogram.record(values[i++ & 4095]);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(record_a_value);

// Latency, service time, order and spread: what a worker records for each delivery.
void account_for_a_delivery(benchmark::State& state) {
  const auto subscribers = static_cast<std::size_t>(state.range(0));
  const auto values = latencies();
  Histogram latency;
  Histogram service;
  std::vector<measure::SequenceTracker> trackers;
  for (std::size_t i = 0; i < subscribers; ++i) trackers.emplace_back(std::uint64_t{1});
  measure::FanOut fan_out(1, 1 << 16);
  std::size_t subscriber = 0;
  std::uint64_t sequence = 1;
  std::int64_t now = 0;
  for (auto _ : state) {
    const std::int64_t value = values[static_cast<std::size_t>(now) & 4095];
    benchmark::DoNotOptimize(trackers[subscriber].arrive(sequence));
    latency.record(value);
    service.record(value - 1000);
    fan_out.arrived(sequence & 0xffff, wire::Time(wire::Nanos(++now)));
    if (++subscriber == subscribers) {
      subscriber = 0;
      ++sequence;
    }
    benchmark::ClobberMemory();
  }
}
BENCHMARK(account_for_a_delivery)->Arg(100)->Arg(10'000)->Arg(1'000'000);

void read_a_quantile(benchmark::State& state) {
  Histogram histogram;
  for (const auto value : latencies()) histogram.record(value);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.value_at_quantile(0.999));
}
BENCHMARK(read_a_quantile);

void merge_two_histograms(benchmark::State& state) {
  Histogram to;
  const Histogram from;
  for (auto _ : state) to.merge(from);
}
BENCHMARK(merge_two_histograms);

void encode_a_histogram(benchmark::State& state) {
  Histogram histogram;
  for (const auto value : latencies()) histogram.record(value);
  std::size_t size = 0;
  for (auto _ : state) size = measure::encode_histogram(histogram).size();
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(encode_a_histogram);

void find_when_a_message_is_due(benchmark::State& state) {
  using measure::Pacer;
  const measure::Rate rate{1000, std::chrono::seconds(1)};
  const Pacer pacers[] = {Pacer::constant(rate), Pacer::poisson(rate, 1), Pacer::burst(rate, 16),
                          Pacer::ramp(rate, measure::Rate{5000, std::chrono::seconds(1)}, std::chrono::hours(1))};
  const Pacer& pacer = pacers[state.range(0)];
  std::uint64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(pacer.due(n++));
}
BENCHMARK(find_when_a_message_is_due)->ArgName("kind")->DenseRange(0, 3);

}  // namespace
