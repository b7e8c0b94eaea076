// The result file, result.json: its fields are specified one by one in reports/FORMAT.md.
#pragma once

#include <string>

#include "loadgen/campaign/outcome.h"

namespace loadgen {

// Writes `path` as a whole or not at all (a temporary file beside it is renamed). Returns an error sentence, or
// nothing.
std::string write_result(const CampaignOutcome& outcome, const std::string& path);

}  // namespace loadgen
