// What the summary says of whether to believe it: thresholds, and the validity rules that fired.
#pragma once

#include <span>
#include <string>

#include "loadgen/result.h"
#include "loadgen/style.h"
#include "loadgen/verdicts.h"

namespace loadgen {

void append_thresholds(std::string& out, const Scenario& scenario, std::span<const ThresholdResult> results,
                       const Style& style);
void append_warnings(std::string& out, const Campaign& campaign, const Style& style);

}  // namespace loadgen
