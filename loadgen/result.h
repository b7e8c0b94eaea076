// The result file, result.json: its fields are specified one by one in reports/FORMAT.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loadgen/attempts.h"
#include "loadgen/capacity.h"
#include "loadgen/host_info.h"
#include "loadgen/run_result.h"
#include "loadgen/scenario.h"
#include "loadgen/verdicts.h"

namespace loadgen {

struct Floor;

struct Campaign {
  const Scenario* scenario = nullptr;
  HostInfo host;
  std::string command;  // as typed
  std::string started;  // UTC, ISO 8601
  std::string ended;
  std::uint64_t seed = 0;
  bool interrupted = false;
  Attempts attempts;
  std::vector<Warning> warnings;         // of the whole scenario
  std::vector<RunResult> runs;           // by repetition, in the order of the scenario's techniques; RunResult::order
  std::shared_ptr<const Floor> floor;    // null: not asked for
  const CapacityPlan* search = nullptr;  // null: no search
  std::vector<Capacity> capacities;      // what it found, in the order of the variants
};

// Writes `path` as a whole or not at all (a temporary file beside it is renamed). Returns an error sentence, or
// nothing.
std::string write_result(const Campaign& campaign, std::span<const Group> groups,
                         std::span<const ThresholdResult> thresholds, const std::string& path);

std::string utc_now();  // "2026-11-20T19:00:00Z"

}  // namespace loadgen
