// `pushbench run --find`: from what was typed to a search, and from a search to what is printed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loadgen/campaign/capacity_campaign.h"
#include "wire/units.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace loadgen {

struct SearchArguments {
  std::string find;  // "max-rate", "max-subscribers"; empty: no search
  std::string until;
  std::int64_t at_most = 0;  // 0: a thousand times what the scenario offers
  std::string precision = "5%";
  std::int64_t max_steps = 20;
  std::string step;  // measured time of each; empty: the scenario's, at most 5s
};

// Returns the option --find. `arguments` must live until `run` has parsed.
CLI::Option* add_search_options(CLI::App& run, SearchArguments& arguments);

// The settings for each scenario, none when no search was asked for, or what is wrong with the options. Shortens
// `scenarios` to the time of a step, and takes away what is about the scenario's own load: thresholds, phases.memory
// and phases.idle.
wire::Parsed<std::vector<SearchSettings>> plan_searches(const SearchArguments& arguments,
                                                        std::span<Scenario> scenarios);

// Prints what each step found as it goes, and at its end what was found.
CampaignOutcome find_capacity(const Scenario& scenario, const SearchSettings& settings, const CampaignOptions& options,
                              const ProcessLimits& limits, Progress& progress);

std::string step_heading(Quantity quantity);
std::string step_line(const CapacityStep& step);

}  // namespace loadgen
