// All runs of one scenario, in order: repetitions interleaved over the variants (ABC, ABC), so that drift of the
// machine meets them all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadgen/campaign/outcome.h"
#include "loadgen/host/progress.h"

namespace loadgen {

struct CampaignOptions {
  std::string directory;       // logs of intervals go there; exists
  std::string server_program;  // the reference server
  std::string command;         // as typed, for the result
  std::uint64_t seed = 0;
  std::uint64_t descriptor_limit = 0;  // of one descriptor table
  bool floor = false;                  // measure the floor of the tool first (loadgen/campaign/baseline.h)
  SaveOutcome save;                    // after every run
};

// "polling-500ms-1.hlog"; a variant whose label differs only in what a file name cannot hold from one before it has a
// number: "websocket--deflate~2-1.hlog". `variant` is one of the scenario's.
std::string interval_log_name(const Scenario& scenario, const Variant& variant, std::int64_t repetition);

// Which of all runs one is.
struct RunOrder {
  std::uint64_t number = 1;  // from 1
  std::int64_t repetition = 1;
  std::string interval_log;                 // a path; empty: none is written
  std::optional<std::int64_t> floor_p50{};  // ns, where it is known
};

struct SingleRun {
  RunResult result;
  int signal = 0;  // that ended it
};

// One run with what it needs around it: the programs of the target, or the reference server. `scenario`, and `variant`
// of it, must outlive the result.
SingleRun run_once(const Scenario& scenario, const Variant& variant, const RunOrder& order,
                   const CampaignOptions& options, const HostInfo& host, Progress& progress);

// Saves the outcome after every run, so that not even a kill loses what was measured. `scenario` must outlive the
// outcome.
CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress);

// Design contract: 0 good; 1 a threshold broken; 3 the measurement is invalid; 130, 143 on signals.
int exit_code(const CampaignOutcome& outcome);

}  // namespace loadgen
