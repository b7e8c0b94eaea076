// What `--until` says: thresholds joined by `and`, as in "delivery_latency.p99 < 100ms and missing == 0".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadgen/scenario/threshold.h"
#include "wire/units.h"

namespace loadgen {

struct Condition {
  std::string text;                   // as written
  std::vector<Threshold> thresholds;  // all of them must hold; never empty
};

// An error begins with the place: "at column 32, 'mising == 0': unknown metric 'mising': did you mean 'missing'?".
// Columns count from 1.
wire::Parsed<Condition> parse_condition(std::string_view text, std::span<const MetricInfo> metrics);

}  // namespace loadgen
