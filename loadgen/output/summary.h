// The table that a run ends with, on standard output.
#pragma once

#include <string>

#include "loadgen/campaign/outcome.h"

namespace loadgen {

// `colour`: bold and colours by escape sequences; marks and words say the same without them.
std::string summary_text(const CampaignOutcome& outcome, bool colour);

}  // namespace loadgen
