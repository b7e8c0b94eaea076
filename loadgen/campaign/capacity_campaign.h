// The capacity search of one scenario: for each technique the steps of a CapacitySearch, each of them a full run.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "loadgen/campaign/campaign.h"
#include "loadgen/campaign/capacity.h"
#include "loadgen/campaign/preflight.h"
#include "loadgen/host/progress.h"

namespace loadgen {

// Prints as it goes: a line for each step and one for what was found.
using PrintLine = std::function<void(std::string_view line)>;

// Writes result.json after every step. A load that does not fit on this machine (preflight) is not offered: it is the
// generator's limit. `scenario` and `plan` must outlive the outcome.
CampaignOutcome run_capacity(const Scenario& scenario, const SearchSettings& plan, const CampaignOptions& options,
                             const ProcessLimits& limits, Progress& progress, const PrintLine& print);

// 0 every technique carried some load; 1 one of them not even the least; 3 nothing is known of one, or
// result.json not written; 130, 143 on signals.
int search_exit_code(const CampaignOutcome& outcome);

std::string step_heading(Quantity quantity);
std::string step_line(const CapacityStep& step);

}  // namespace loadgen
