// How often the same plan was measured today: whoever repeats until he likes the result should say so (rule 35).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loadgen/scenario/scenario.h"

namespace loadgen {

struct PreviousRuns {
  std::string plan;                   // sha256 of what is measured: see plan_hash()
  std::vector<std::string> previous;  // verdicts of earlier attempts of today (UTC), the oldest first
  std::vector<std::string> replaced;  // those of them whose result this one overwrites
  std::uint64_t number() const { return previous.size() + 1; }
};

std::string sha256_hex(const std::string& text);

// Of the scenario's text, what was changed by --set, --only and --repeat.
std::string plan_hash(const Scenario& scenario);

// Looks for results of the same plan in `directory` and in the folders beside it; `started` is this attempt's time, as
// in the result. Results that cannot be read, or of more than 64 MiB, and folders beyond the 200 latest are passed
// over.
PreviousRuns find_previous_runs(const Scenario& scenario, const std::string& directory, const std::string& started);

// "3rd attempt of this scenario today (previous: valid, doubtful)"
std::string previous_runs_text(const PreviousRuns& runs);
nlohmann::ordered_json previous_runs_json(const PreviousRuns& runs);

}  // namespace loadgen
