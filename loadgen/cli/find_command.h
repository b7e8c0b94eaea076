// `pushbench run --find`: from what was typed to a search, and from a search to what is printed.
#pragma once

#include <span>
#include <vector>

#include "loadgen/campaign/campaign.h"
#include "loadgen/campaign/capacity.h"
#include "loadgen/campaign/preflight.h"
#include "loadgen/cli/commands.h"
#include "loadgen/host/progress.h"
#include "wire/units.h"

namespace loadgen {

// One plan for each scenario, or what is wrong with the options. Shortens `scenarios` to the time of a step, and takes
// away what is about the scenario's own load: thresholds, phases.memory and phases.idle.
wire::Parsed<std::vector<SearchSettings>> plan_searches(const RunOptions& options, std::span<Scenario> scenarios);

// Returns the exit code.
int find_capacity(const Scenario& scenario, const SearchSettings& plan, const CampaignOptions& options,
                  const ProcessLimits& limits, Progress& progress);

}  // namespace loadgen
