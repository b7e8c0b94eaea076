// Scenario files as they are typed on the command line: read, narrowed to some techniques, and compared with what this
// machine can carry. What is wrong is printed to standard error.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loadgen/campaign/capacity.h"
#include "loadgen/campaign/preflight.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// Reads every file; nothing, when there is an error in one: all errors of all of them have been printed.
std::optional<std::vector<Scenario>> load_scenarios(const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& overrides);

// Keeps the variants that `names` name, all of them when there are none, and the thresholds that still apply to one.
// False when a name fits nothing.
bool keep_only(Scenario& scenario, const std::vector<std::string>& names);

// Raises the limits of this process to what the scenarios need, as far as it may. `searches`: none, or one for each
// scenario.
ProcessLimits limits_for(std::span<const Scenario> scenarios, std::span<const SearchSettings> searches = {});

// Prints which limits of this machine are too low. False when one of them makes a scenario impossible.
bool fit_on_this_machine(std::span<const Scenario> scenarios, const ProcessLimits& limits);

}  // namespace loadgen
