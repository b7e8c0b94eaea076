#include "loadgen/watch.h"

#include <algorithm>
#include <utility>

#include "loadgen/process.h"
#include "net/clock.h"

namespace loadgen {

Watch::Watch(net::Loop& loop, const RunSpec& spec, std::span<const std::unique_ptr<Worker>> workers,
             const Publishing& publishing, pid_t server)
    : loop_(loop),
      workers_(workers),
      publishing_(publishing),
      server_(server),
      step_(series_step(spec.scenario.phases.warm_up + spec.scenario.phases.measure)),
      log_(spec.interval_log, "pushbench " + spec.scenario.name + ", " + spec.variant.label(), net::wall_clock()) {}

void Watch::begin(wire::Time now) {
  begun_ = last_ = now;
  levels_ = read_levels();
  timer_.start(loop_.timers(), now + step_, *this);
}

void Watch::begin_measure(wire::Time now) {
  cut(now);
  measuring_ = true;
  measure_begun_ = now;
}

void Watch::end_measure(wire::Time now) {
  cut(now);
  measuring_ = false;
}

void Watch::on_timer(net::Timer&) {
  cut(net::now());
}

// The slices that this asks for are gathered at the next cut: by then every worker has come around.
void Watch::cut(wire::Time now) {
  gather();
  for (const auto& worker : workers_) worker->cut();
  Levels levels = read_levels();
  SeriesRow row;
  row.length = now - last_;
  row.measuring = measuring_;
  row.connected = sum(&LiveCounters::subscribed);
  row.delivered = levels.delivered - levels_.delivered;
  row.published = levels.published - levels_.published;
  row.received_bytes = levels.received_bytes - levels_.received_bytes;
  row.generator_cpu = levels.generator_cpu - levels_.generator_cpu;
  if (levels.server_cpu && levels_.server_cpu)
    row.server_cpu = std::max(*levels.server_cpu, *levels_.server_cpu) - *levels_.server_cpu;
  if (server_ != 0) row.server_rss_bytes = resident_bytes(server_);
  row.stolen = levels.machine.since(levels_.machine).stolen_share();
  rows_.push_back(row);
  ends_.push_back(now);
  levels_ = std::move(levels);
  last_ = now;
  timer_.start(loop_.timers(), now + step_, *this);
}

void Watch::gather() {
  if (rows_.empty()) return;
  for (const auto& worker : workers_) {
    Slice* slice = worker->slicer().take();
    if (slice == nullptr) continue;
    add(*slice);
    worker->slicer().give_back(slice);
  }
  complete_row();
}

void Watch::add(const Slice& slice) {
  SeriesRow& row = rows_.back();
  if (slice.length > Nanos(0)) {
    row.busy = std::max(row.busy, static_cast<double>(slice.busy.count()) / static_cast<double>(slice.length.count()));
  }
  row.lag = std::max(row.lag, slice.lag);
  if (slice.latency.count() > 0) latency_.merge(slice.latency);
}

void Watch::complete_row() {
  if (latency_.count() == 0) return;
  SeriesRow& row = rows_.back();
  row.latencies = latency_.count();
  row.p50 = latency_.value_at_quantile(0.5);
  row.p99 = latency_.value_at_quantile(0.99);
  log_.append(ends_.back() - row.length - begun_, row.length, latency_);
  latency_.clear();
}

std::vector<SeriesRow> Watch::finish(wire::Time now) {
  cut(now);  // the workers are gone: nothing answers it
  timer_.stop();
  for (const auto& worker : workers_) add(worker->slicer().last());
  complete_row();
  const wire::Time zero = measure_begun_ == wire::Time{} ? now : measure_begun_;
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].end = ends_[i] - zero;
  return std::move(rows_);
}

Watch::Levels Watch::read_levels() const {
  return {sum(&LiveCounters::delivered),
          publishing_.published(),
          sum(&LiveCounters::received_bytes),
          net::process_cpu(),
          server_ != 0 ? cpu_of(server_) : std::nullopt,
          read_machine()};
}

std::uint64_t Watch::sum(std::atomic<std::uint64_t> LiveCounters::*counter) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += (worker->live().*counter).load(std::memory_order_relaxed);
  return total;
}

}  // namespace loadgen
