#include "loadgen/run/run_monitor.h"

#include <algorithm>
#include <utility>

#include "loadgen/host/process.h"
#include "net/clock.h"

namespace loadgen {

namespace {

constexpr Nanos kSecond = std::chrono::seconds(1);

}  // namespace

RunMonitor::RunMonitor(net::Loop& loop, const RunSpec& spec, std::span<const std::unique_ptr<Worker>> workers,
                       const Publishing& publishing, pid_t server)
    : loop_(loop),
      workers_(workers),
      publishing_(publishing),
      server_(server),
      steps_(series_steps(spec.scenario.phases)),
      step_(steps_.before),
      log_(spec.interval_log, "pushbench " + spec.scenario.name + ", " + spec.variant.label(), net::wall_clock()) {}

void RunMonitor::begin(wire::Time now) {
  begun_ = row_begun_ = second_.begin = second_.end = now;
  levels_ = read_levels();
  rows_.emplace_back();
  timer_.start(loop_.timers(), now + kSecond, *this);
}

void RunMonitor::begin_measure(wire::Time now) {
  cut(now);
  end_row(now);
  rows_.back().measuring = true;
  measure_begun_ = now;
  step_ = steps_.measure;
}

void RunMonitor::end_measure(wire::Time now) {
  cut(now);
  end_row(now);
}

void RunMonitor::on_timer(net::Timer&) {
  second(net::now());
}

void RunMonitor::second(wire::Time now) {
  cut(now);
  if (now - row_begun_ < step_) return;
  const bool measuring = rows_.back().measuring;
  end_row(now);
  rows_.back().measuring = measuring;
}

// The slices that this asks for are gathered at the next cut: by then every worker has come around.
void RunMonitor::cut(wire::Time now) {
  gather();
  for (const auto& worker : workers_) worker->cut();
  second_ = {second_.end, now, rows_.size() - 1};
  timer_.start(loop_.timers(), now + kSecond, *this);
}

void RunMonitor::end_row(wire::Time now) {
  Levels levels = read_levels();
  SeriesRow& row = rows_.back();
  row.length = now - row_begun_;
  row.connected = sum(&LiveCounters::subscribed);
  row.delivered = levels.delivered - levels_.delivered;
  row.published = levels.published - levels_.published;
  row.received_bytes = levels.received_bytes - levels_.received_bytes;
  row.generator_cpu = levels.generator_cpu - levels_.generator_cpu;
  if (levels.server_cpu && levels_.server_cpu)
    row.server_cpu = std::max(*levels.server_cpu, *levels_.server_cpu) - *levels_.server_cpu;
  if (server_ != 0) row.server_rss_bytes = resident_bytes(server_);
  row.stolen = levels.machine.since(levels_.machine).stolen_share();
  levels_ = std::move(levels);
  ends_.push_back(now);
  row_begun_ = now;
  rows_.emplace_back();
}

void RunMonitor::gather() {
  for (const auto& worker : workers_) {
    Slice* slice = worker->slicer().take();
    if (slice == nullptr) continue;
    add(*slice);
    worker->slicer().give_back(slice);
  }
  end_second();
}

void RunMonitor::add(const Slice& slice) {
  SeriesRow& row = rows_[second_.row];
  if (slice.length > Nanos(0)) {
    row.busy = std::max(row.busy, static_cast<double>(slice.busy.count()) / static_cast<double>(slice.length.count()));
  }
  row.lag = std::max(row.lag, slice.lag);
  if (slice.latency.count() > 0) latency_.merge(slice.latency);
}

void RunMonitor::end_second() {
  if (latency_.count() > 0) {
    log_.append(second_.begin - begun_, second_.end - second_.begin, latency_);
    row_latency_.merge(latency_);
    latency_.clear();
  }
  const bool last_of_its_row = second_.row + 1 < rows_.size();
  if (!last_of_its_row || row_latency_.count() == 0) return;
  SeriesRow& row = rows_[second_.row];
  row.latencies = row_latency_.count();
  row.p50 = row_latency_.value_at_quantile(0.5);
  row.p99 = row_latency_.value_at_quantile(0.99);
  row_latency_.clear();
}

std::vector<SeriesRow> RunMonitor::finish(wire::Time now) {
  cut(now);  // the workers are gone: nothing answers it
  timer_.stop();
  end_row(now);
  for (const auto& worker : workers_) add(worker->slicer().last());
  end_second();
  rows_.pop_back();  // the one that would come next
  const wire::Time zero = measure_begun_ == wire::Time{} ? now : measure_begun_;
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].end = ends_[i] - zero;
  return std::move(rows_);
}

RunMonitor::Levels RunMonitor::read_levels() const {
  return {sum(&LiveCounters::delivered),
          publishing_.published(),
          sum(&LiveCounters::received_bytes),
          net::process_cpu(),
          server_ != 0 ? cpu_of(server_) : std::nullopt,
          read_machine()};
}

std::uint64_t RunMonitor::sum(std::atomic<std::uint64_t> LiveCounters::*counter) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += (worker->live().*counter).load(std::memory_order_relaxed);
  return total;
}

}  // namespace loadgen
