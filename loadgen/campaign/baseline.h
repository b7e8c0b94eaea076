// The floor of the tool (rule 10): a short run of the same number of subscribers under the same rate against a server
// that does next to nothing. What is not well above it is a latency of the tool and the kernel, not of the server.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "loadgen/campaign/campaign.h"

namespace loadgen {

struct Baseline {
  Scenario scenario;                        // that was run
  std::optional<RunResult> result;          // nothing: it could not be measured
  std::string error;                        // why not; else empty
  int signal = 0;                           // that ended it
  std::optional<std::int64_t> p50() const;  // ns
};

// The scenario's load by `sse`, for a null server; its programs, TLS and options are left behind.
Scenario baseline_scenario(const Scenario& scenario);

std::unique_ptr<Baseline> measure_baseline(const Scenario& scenario, const CampaignOptions& options,
                                           const HostInfo& host, Progress& progress);

}  // namespace loadgen
