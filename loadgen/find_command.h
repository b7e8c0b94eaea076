// `pushbench run --find`: from what was typed to a search, and from a search to what is printed.
#pragma once

#include <span>
#include <vector>

#include "loadgen/campaign.h"
#include "loadgen/capacity.h"
#include "loadgen/commands.h"
#include "loadgen/preflight.h"
#include "loadgen/progress.h"
#include "wire/units.h"

namespace loadgen {

// One plan for each scenario, or what is wrong with the options. Shortens `scenarios` to the time of a step, and takes
// away what is about the scenario's own load: thresholds, phases.memory and phases.idle.
wire::Parsed<std::vector<CapacityPlan>> plan_searches(const RunOptions& options, std::span<Scenario> scenarios);

// Returns the exit code.
int find_capacity(const Scenario& scenario, const CapacityPlan& plan, const CampaignOptions& options,
                  const ProcessLimits& limits, Progress& progress);

}  // namespace loadgen
