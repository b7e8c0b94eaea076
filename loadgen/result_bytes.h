// The parts `bytes`, `idle`, `tls` and `compression` of a run in result.json (reports/FORMAT.md).
#pragma once

#include <nlohmann/json.hpp>

#include "loadgen/run_result.h"

namespace loadgen {

// null when the window was not reached.
nlohmann::ordered_json bytes_json(const RunResult& run);
// null without the phase.
nlohmann::ordered_json idle_json(const RunResult& run);
// null without TLS.
nlohmann::ordered_json tls_json(const RunResult& run);
// null where nothing was compressed.
nlohmann::ordered_json compression_json(const SessionCounts& counts);

}  // namespace loadgen
