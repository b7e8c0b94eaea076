// All runs of one scenario, in order: repetitions interleaved over the variants (ABC, ABC), so that drift of the
// machine meets them all.
#pragma once

#include <cstdint>
#include <string>

#include "loadgen/campaign/runner.h"

namespace loadgen {

// "polling-500ms-1.hlog"; a variant whose label differs only in what a file name cannot hold from one before it has a
// number: "websocket--deflate~2-1.hlog". `variant` is one of the scenario's.
std::string interval_log_name(const Scenario& scenario, const Variant& variant, std::int64_t repetition);

// Saves the outcome after every run. `scenario` and `options` must outlive the outcome.
CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress);

}  // namespace loadgen
