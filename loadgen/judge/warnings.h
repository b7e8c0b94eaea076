// What a run must not be believed for, in words: the validity rules (rules.h) applied. A number that is doubtful says
// so.
#pragma once

#include <span>
#include <vector>

#include "loadgen/host/host_info.h"
#include "loadgen/judge/variant_summary.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// Of the whole scenario, before the first run.
std::vector<Warning> check_conditions(const Scenario& scenario, const HostInfo& host);

// Of one run: fills result.warnings and result.verdict. `invalid` when any rule at that level fired, `doubtful` when
// one at level warn did.
void judge_validity(RunResult& result);

// Of all runs so far, side by side.
std::vector<Warning> compare_runs(const Scenario& scenario, std::span<const VariantSummary> groups);

}  // namespace loadgen
