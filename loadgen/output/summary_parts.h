// The parts of the summary, for summary.cc only.
#pragma once

#include <span>
#include <string>

#include "loadgen/campaign/outcome.h"
#include "loadgen/host/style.h"

namespace loadgen {

// Which process the server was, and what it holds for each subscriber: lines, each ended by LF; empty when there is
// nothing to say.
std::string server_text(const Campaign& campaign);
// Whether to believe it: thresholds, and the validity rules that fired.
void append_thresholds(std::string& out, const Scenario& scenario, std::span<const ThresholdOutcome> outcomes,
                       const Style& style);
void append_warnings(std::string& out, const Campaign& campaign, const Style& style);

}  // namespace loadgen
