#include "loadgen/cost_meter.h"

#include <algorithm>

#include "loadgen/runtime.h"
#include "loadgen/system_files.h"
#include "loadgen/target_process.h"

namespace loadgen {

namespace {

MemoryReading reading_of(const ProcessUsage& usage) {
  MemoryReading reading;
  if (usage.pss_bytes == 0) return reading;
  reading.pss_bytes = usage.pss_bytes;
  reading.private_bytes = usage.private_bytes;
  return reading;
}

}  // namespace

std::optional<ProcessUsage> CostMeter::read() const {
  if (programs_.server() < 0) return std::nullopt;
  return read_usage(programs_.server());
}

void CostMeter::add_memory_point(std::uint64_t subscribers) {
  MemoryPoint point;
  point.subscribers = subscribers;
  if (const auto usage = read()) point.server = reading_of(*usage);
  point.generator = reading_of(read_own_usage());
  if (const auto sockets = read_sockets(programs_.server_port())) {
    if (sockets->server.sockets > 0) point.server.socket_bytes = sockets->server.bytes;
    if (sockets->clients.sockets > 0) point.generator.socket_bytes = sockets->clients.bytes;
  }
  if (const auto kib = SystemFiles().value("proc/meminfo", "SUnreclaim")) point.slab_bytes = *kib * 1024;
  points_.push_back(point);
}

void CostMeter::begin_measure() {
  begin_ = read();
  if (!begin_) return;
  command_ = command_of(programs_.server());
  runtimes_ = runtimes_of(programs_.server());
  if (count_syscalls_) syscalls_.emplace(programs_.server());
}

void CostMeter::end_measure() {
  if (syscalls_) syscalls_made_ = syscalls_->count();
  end_ = read();
  sockets_ = read_sockets(programs_.server_port());
  measured_ = true;
}

void CostMeter::finish(RunResult& result) const {
  result.memory = points_;
  result.server_unknown = programs_.server_unknown();
  if (!before_) return;
  ServerUsage usage;
  usage.pid = programs_.server();
  usage.command = command_;
  usage.chosen_by = programs_.server_chosen_by();
  usage.runtimes = runtimes_;
  usage.ended = measured_ && begin_ && !end_;
  if (begin_ && end_) {
    usage.cpu = end_->cpu - begin_->cpu;
    usage.rss_bytes = end_->rss_bytes;
    usage.pss_bytes = end_->pss_bytes;
    usage.private_bytes = end_->private_bytes;
    usage.voluntary_switches =
        std::max(end_->voluntary_switches, begin_->voluntary_switches) - begin_->voluntary_switches;
    usage.involuntary_switches =
        std::max(end_->involuntary_switches, begin_->involuntary_switches) - begin_->involuntary_switches;
    if (syscalls_ && syscalls_->error().empty()) usage.syscalls = syscalls_made_;
    if (syscalls_) usage.syscalls_unknown = syscalls_->error();
    if (sockets_ && sockets_->server.sockets > 0) usage.sockets = sockets_->server;
  }
  if (ramped_ && idled_) usage.idle_cpu = idled_->cpu - ramped_->cpu;
  usage.bytes_per_subscriber = bytes_per_subscriber(result.connected);
  result.server = std::move(usage);
}

// The slope where there is one. Else the growth from no subscriber to all, of enough of them: with a few, pages that
// the server touches once weigh more than what each of them costs.
std::optional<double> CostMeter::bytes_per_subscriber(std::uint64_t connected) const {
  constexpr std::uint64_t kEnough = 100;
  if (const auto slope = memory_slope(points_, "server_pss")) return slope->bytes_per_subscriber;
  if (!ramped_ || before_->pss_bytes == 0 || ramped_->pss_bytes < before_->pss_bytes || connected < kEnough)
    return std::nullopt;
  return static_cast<double>(ramped_->pss_bytes - before_->pss_bytes) / static_cast<double>(connected);
}

}  // namespace loadgen
