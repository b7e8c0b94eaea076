// The table that a run ends with, on standard output.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "loadgen/result.h"
#include "loadgen/verdicts.h"

namespace loadgen {

// `colour`: bold and colours by escape sequences; marks and words say the same without them.
std::string summary_text(const Campaign& campaign, std::span<const Group> groups,
                         std::span<const ThresholdResult> thresholds, bool colour);

// In place of a percentile with too few samples beyond it (measure/percentile.h).
inline constexpr std::string_view kTooFewSamples = "n<";

// "1.23 ms", three significant digits; for people.
std::string human_time(double ns);
std::string human_bytes(double bytes);

}  // namespace loadgen
