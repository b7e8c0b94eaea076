// The table that a run ends with, on standard output.
#pragma once

#include <span>
#include <string>

#include "loadgen/result.h"
#include "loadgen/verdicts.h"

namespace loadgen {

// `colour`: bold and colours by escape sequences; marks and words say the same without them.
std::string summary_text(const Campaign& campaign, std::span<const Group> groups,
                         std::span<const ThresholdResult> thresholds, bool colour);

// "1.23 ms", three significant digits; for people.
std::string human_time(double ns);
std::string human_bytes(double bytes);

}  // namespace loadgen
