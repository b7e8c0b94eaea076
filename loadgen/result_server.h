// The parts of a run in result.json about what the server costs.
#pragma once

#include <nlohmann/json.hpp>

#include "loadgen/run_result.h"

namespace loadgen {

nlohmann::ordered_json server_json(const RunResult& run);
nlohmann::ordered_json memory_json(const RunResult& run);  // null without `phases.memory`

}  // namespace loadgen
