// The capacity search of one scenario: for each technique the steps of a CapacitySearch, each of them a full run.
#pragma once

#include <functional>

#include "loadgen/campaign/capacity.h"
#include "loadgen/campaign/preflight.h"
#include "loadgen/campaign/runner.h"

namespace loadgen {

// What is told as it goes.
struct CapacityEvents {
  std::function<void(const Variant&)> on_begin;      // the search of a technique
  std::function<void(const CapacityStep&)> on_step;  // one of its loads has been offered
  std::function<void(const Capacity&)> on_found;     // the search of a technique is over
};

// Saves the outcome after every step. A load that does not fit on this machine (preflight) is not offered: it is the
// generator's limit. `scenario`, `settings` and `options` must outlive the outcome.
CampaignOutcome run_capacity(const Scenario& scenario, const SearchSettings& settings, const CampaignOptions& options,
                             const ProcessLimits& limits, Progress& progress, const CapacityEvents& events);

}  // namespace loadgen
