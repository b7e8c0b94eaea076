// What a campaign has measured, as data: filled by the campaign, read by output.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loadgen/campaign/capacity.h"
#include "loadgen/campaign/previous_runs.h"
#include "loadgen/host/host_info.h"
#include "loadgen/judge/thresholds.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

struct Baseline;

struct Campaign {
  const Scenario* scenario = nullptr;
  HostInfo host;
  std::string command;  // as typed
  std::string started;  // UTC, ISO 8601
  std::string ended;
  std::uint64_t seed = 0;
  bool interrupted = false;
  PreviousRuns previous_runs;
  std::vector<Warning> warnings;  // of the whole scenario
  std::vector<RunResult> runs;    // by repetition, in the order of the scenario's techniques; RunResult::order
  std::shared_ptr<const Baseline> baseline;  // null: not asked for
  const SearchSettings* search = nullptr;    // null: no search
  std::vector<Capacity> capacities;          // what it found, in the order of the variants
};

struct CampaignOutcome {
  Campaign campaign;
  std::vector<VariantSummary> groups;
  std::vector<ThresholdOutcome> thresholds;
  std::string write_error;  // empty when result.json is written
  int signal = 0;           // that ended it
  std::string error;        // that ended it, such as a program that did not start; else empty
};

// Keeps what was measured so far; called after every run. Returns an error sentence, or nothing.
using SaveOutcome = std::function<std::string(const CampaignOutcome& outcome)>;

std::string utc_now();  // "2026-11-20T19:00:00Z"

}  // namespace loadgen
