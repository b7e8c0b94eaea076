// The tool's own baseline (rule 10; "floor" to users): a short run of as many subscribers under the same rate against a
// server that does next to nothing. What is not well above it is a latency of the tool and the kernel, not of the
// server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadgen/campaign/runner.h"

namespace loadgen {

struct Baseline {
  Scenario scenario;                        // that was run
  std::optional<RunResult> result;          // nothing: it could not be measured
  std::optional<std::int64_t> p50() const;  // ns
};

// The scenario's load by `sse`, for an idle server; its programs, TLS and options are left behind.
Scenario baseline_scenario(const Scenario& scenario);

// Measures that of the campaign's scenario, before its runs, and warns where it cannot be measured.
void measure_baseline(Runner& runner, std::uint64_t descriptor_limit);

}  // namespace loadgen
