// All runs of one scenario, in order: repetitions interleaved over the variants (ABC, ABC), so that drift of the
// machine meets them all.
#pragma once

#include <string>
#include <vector>

#include "loadgen/progress.h"
#include "loadgen/result.h"

namespace loadgen {

struct CampaignOptions {
  std::string directory;       // result.json goes there; exists
  std::string server_program;  // the reference server
  std::string command;         // as typed, for the result
  std::uint64_t seed = 0;
  std::uint64_t descriptor_limit = 0;  // of one descriptor table
};

struct CampaignOutcome {
  Campaign campaign;
  std::vector<Group> groups;
  std::vector<ThresholdResult> thresholds;
  std::string write_error;  // empty when result.json is written
  int signal = 0;           // that ended it
};

// Writes result.json after every run, so that not even a kill loses what was measured. `scenario` must outlive the
// outcome.
CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress);

// Design contract: 0 good; 1 a threshold broken; 3 the measurement is invalid; 130, 143 on signals.
int exit_code(const CampaignOutcome& outcome);

}  // namespace loadgen
