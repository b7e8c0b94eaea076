// The phases of a run: their names, how long each lasted, and what is left.
#include <algorithm>

#include "loadgen/run.h"

namespace loadgen {

std::string_view Run::phase_name(Phase phase) {
  switch (phase) {
    case Phase::kRamp:
      return "ramp";
    case Phase::kMemory:
      return "memory";
    case Phase::kIdle:
      return "idle";
    case Phase::kWarmUp:
      return "warm-up";
    case Phase::kMeasure:
      return "measure";
    case Phase::kFinishing:
    case Phase::kDrain:
      return "drain";
    case Phase::kOver:
      break;
  }
  return "";
}

void Run::enter(Phase phase, wire::Time now) {
  const Nanos length = now - phase_begun_;
  switch (phase_) {
    case Phase::kRamp:
      result_.phases.ramp += length;
      break;
    case Phase::kMemory:
      result_.phases.memory += length;
      break;
    case Phase::kIdle:
      result_.phases.idle = length;
      break;
    case Phase::kWarmUp:
      result_.phases.warm_up = length;
      break;
    case Phase::kMeasure:
      result_.phases.measure = length;
      break;
    case Phase::kFinishing:
    case Phase::kDrain:
      result_.phases.drain += length;
      break;
    case Phase::kOver:
      break;
  }
  phase_ = phase;
  phase_begun_ = now;
}

wire::Nanos Run::time_left(wire::Time now) const {
  const Phases& phases = spec_.scenario.phases;
  const Nanos publishing = phases.warm_up + phases.measure;
  Nanos left = publishing + phases.drain;  // at most
  const bool connecting = phase_ == Phase::kRamp || phase_ == Phase::kMemory;
  if (connecting) {
    const auto points = static_cast<std::int64_t>(phases.memory.counts.size() - memory_points_);
    left += phases.idle + phases.memory.settle * points;
  }
  if (phase_ == Phase::kIdle) left += phases.idle - std::min<Nanos>(now - phase_begun_, phases.idle);
  if (!connecting && phase_ != Phase::kIdle) left -= std::min<Nanos>(now - publish_begun_, publishing);
  if (phase_ == Phase::kFinishing || phase_ == Phase::kDrain) left = phases.drain - (now - phase_begun_);
  return std::max(left, Nanos(0));
}

}  // namespace loadgen
