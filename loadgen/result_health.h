// The parts of the result file that say how the measurement itself went: the series, the machine, the generator.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "loadgen/run_result.h"
#include "loadgen/verdicts.h"

namespace loadgen {

nlohmann::ordered_json series_json(const RunResult& run);   // runs[].series
nlohmann::ordered_json machine_json(const RunResult& run);  // runs[].machine
nlohmann::ordered_json confidence_json(std::span<const Group> groups);

}  // namespace loadgen
