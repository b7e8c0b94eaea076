#include "loadgen/target/cost_meter.h"

#include "loadgen/host/system_files.h"
#include "loadgen/target/runtime.h"
#include "loadgen/target/target_process.h"

namespace loadgen {

namespace {

MemoryReading reading_of(const ProcessMemory& memory) {
  MemoryReading reading;
  if (memory.pss_bytes == 0) return reading;
  reading.pss_bytes = memory.pss_bytes;
  reading.private_bytes = memory.private_bytes;
  return reading;
}

}  // namespace

std::optional<ProcessActivity> CostMeter::activity() const {
  if (programs_.server() < 0) return std::nullopt;
  return read_activity(programs_.server());
}

std::optional<ProcessMemory> CostMeter::memory() const {
  if (programs_.server() < 0) return std::nullopt;
  return read_memory(programs_.server());
}

void CostMeter::ramped() {
  ramped_ = memory();
  if (!ramped_) return;
  command_ = command_of(programs_.server());
  runtimes_ = runtimes_of(programs_.server());
}

void CostMeter::add_memory_point(std::uint64_t subscribers) {
  MemoryPoint point;
  point.subscribers = subscribers;
  if (const auto usage = memory()) point.server = reading_of(*usage);
  point.generator = reading_of(read_own_memory());
  if (const auto sockets = read_sockets(programs_.server_port())) {
    if (sockets->server.sockets > 0) point.server.socket_bytes = sockets->server.bytes;
    if (sockets->clients.sockets > 0) point.generator.socket_bytes = sockets->clients.bytes;
  }
  if (const auto kib = SystemFiles().value("proc/meminfo", "SUnreclaim")) point.slab_bytes = *kib * 1024;
  points_.push_back(point);
}

void CostMeter::begin_measure() {
  begin_ = activity();
  if (begin_ && count_syscalls_) syscalls_.emplace(programs_.server());
}

void CostMeter::end_measure() {
  if (syscalls_) syscalls_made_ = syscalls_->count();
  end_ = activity();
  measured_ = true;
}

void CostMeter::measured() {
  memory_ = memory();
  sockets_ = read_sockets(programs_.server_port());
}

TargetCost CostMeter::finish(std::uint64_t connected) const {
  TargetCost cost{std::nullopt, programs_.server_unknown(), points_};
  if (!before_) return cost;
  ServerUsage usage;
  usage.pid = programs_.server();
  usage.command = command_;
  usage.chosen_by = programs_.server_chosen_by();
  usage.runtimes = runtimes_;
  usage.ended = measured_ && begin_ && !end_;
  if (begin_ && end_) {
    const ProcessActivity activity = end_->since(*begin_);
    usage.cpu = activity.cpu;
    usage.voluntary_switches = activity.voluntary_switches;
    usage.involuntary_switches = activity.involuntary_switches;
    const ProcessMemory memory = memory_.value_or(ProcessMemory{});
    usage.rss_bytes = memory.rss_bytes;
    usage.pss_bytes = memory.pss_bytes;
    usage.private_bytes = memory.private_bytes;
    if (syscalls_ && syscalls_->error().empty()) usage.syscalls = syscalls_made_;
    if (syscalls_) usage.syscalls_unknown = syscalls_->error();
    if (sockets_ && sockets_->server.sockets > 0) usage.sockets = sockets_->server;
  }
  if (begin_idle_ && end_idle_) usage.idle_cpu = end_idle_->since(*begin_idle_).cpu;
  usage.bytes_per_subscriber = bytes_per_subscriber(connected);
  cost.server = std::move(usage);
  return cost;
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
