// How long one step of a capacity search has to measure, so that there is something to judge it by.
#pragma once

#include <cstdint>

#include "loadgen/scenario/condition.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// The least number of deliveries that the percentile of a threshold takes; 1 where it has none.
std::uint64_t deliveries_needed(const Threshold& threshold);
// Of all its thresholds.
std::uint64_t deliveries_needed(const Condition& until);

// The time in which `scenario`, which has its load, publishes enough for so many deliveries, or for one message.
Nanos time_for(std::uint64_t deliveries, const Scenario& scenario);

// phases.measure of `scenario`, longer where the condition takes more, but not for that longer than `longest`.
Nanos step_length(const Condition& until, const Scenario& scenario, Nanos longest);

}  // namespace loadgen
