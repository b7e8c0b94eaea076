// The part of the result file about a capacity search: `capacity` in reports/FORMAT.md.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "loadgen/capacity.h"

namespace loadgen {

nlohmann::ordered_json capacity_json(const CapacityPlan& plan, std::span<const Capacity> capacities);

}  // namespace loadgen
