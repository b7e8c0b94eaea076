// One run with what it needs around it: the programs of the target, or the reference server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadgen/host/progress.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

struct SingleRunOptions {
  std::string server_program;          // the reference server
  std::uint64_t seed = 0;              // of this run
  std::uint64_t schedule_seed = 0;     // of what is published when: one for all that are compared
  std::uint64_t descriptor_limit = 0;  // of one descriptor table
  unsigned cores = 1;
  std::int64_t repetition = 1;
  std::string interval_log;                    // a path; empty: none is written
  std::optional<std::int64_t> baseline_p50{};  // ns, where it is known
};

struct SingleRun {
  RunResult result;
  int signal = 0;  // that ended it
};

// Returns when the run is over and what it started has ended. `scenario`, and `variant` of it, must outlive the result.
// Throws std::runtime_error with one sentence when the run cannot be made.
SingleRun run_once(const Scenario& scenario, const Variant& variant, const SingleRunOptions& options,
                   Progress& progress);

}  // namespace loadgen
