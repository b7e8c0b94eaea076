// The floor of the tool (rule 10): a short run of the same number of subscribers under the same rate against a server
// that does next to nothing. What is not well above it is a latency of the tool and the kernel, not of the server.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "loadgen/campaign.h"

namespace loadgen {

struct Floor {
  Scenario scenario;                        // that was run
  std::optional<RunResult> result;          // nothing: it could not be measured
  std::string obstacle;                     // why not; else empty
  int signal = 0;                           // that ended it
  std::optional<std::int64_t> p50() const;  // ns
};

// The scenario's load by `sse`, for a null server; its programs, TLS and options are left behind.
Scenario floor_scenario(const Scenario& scenario);

std::unique_ptr<Floor> measure_floor(const Scenario& scenario, const CampaignOptions& options, const HostInfo& host,
                                     Progress& progress);

}  // namespace loadgen
