#include "loadgen/cli/scenarios.h"

#include <fmt/format.h>

#include <algorithm>

#include "loadgen/clients/techniques.h"
#include "loadgen/host/host_info.h"
#include "loadgen/host/terminal.h"
#include "net/limits.h"

namespace loadgen {

namespace {

std::string labels_of(const Scenario& scenario) {
  std::string labels;
  for (const Variant& variant : scenario.variants) {
    if (!labels.empty()) labels += ", ";
    labels += variant.label();
  }
  return labels;
}

}  // namespace

std::optional<std::vector<Scenario>> load_scenarios(const std::vector<std::string>& paths,
                                                    const std::vector<std::string>& overrides) {
  std::vector<Scenario> scenarios;
  for (const std::string& path : paths) {
    LoadedScenario loaded = load_scenario(path, overrides, techniques());
    for (const ScenarioError& error : loaded.errors) print(stderr, error.text() + "\n");
    if (loaded.scenario) scenarios.push_back(std::move(*loaded.scenario));
  }
  if (scenarios.size() < paths.size()) return std::nullopt;
  return scenarios;
}

bool keep_only(Scenario& scenario, const std::vector<std::string>& names) {
  const auto fits = [](const Variant& variant, const std::string& name) {
    return variant.technique->name == name || variant.label() == name;
  };
  for (const std::string& name : names) {
    if (std::ranges::any_of(scenario.variants, [&](const Variant& variant) { return fits(variant, name); })) continue;
    complain(fmt::format("--only {}: {} has no such technique; it has: {}", name, scenario.path, labels_of(scenario)));
    return false;
  }
  if (names.empty()) return true;
  std::erase_if(scenario.variants, [&](const Variant& variant) {
    return std::ranges::none_of(names, [&](const std::string& name) { return fits(variant, name); });
  });
  std::erase_if(scenario.thresholds, [&](const Threshold& threshold) {
    return std::ranges::none_of(scenario.variants, [&](const Variant& variant) {
      return threshold.applies_to(variant.technique->name, variant.name);
    });
  });
  return true;
}

ProcessLimits limits_for(std::span<const Scenario> scenarios, std::span<const SearchSettings> searches) {
  const unsigned cores = usable_cores();
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const bool grows = !searches.empty() && searches[i].quantity == Quantity::kSubscribers;
    const Scenario grown =
        grows ? with_load(scenarios[i], Quantity::kSubscribers, searches[i].bounds.at_most) : scenarios[i];
    most = std::max(most, descriptors_needed(grown, cores));
  }
  return lift_process_limits(most);
}

bool fit_on_this_machine(std::span<const Scenario> scenarios, const ProcessLimits& limits) {
  bool fit = true;
  for (const Scenario& scenario : scenarios) {
    const std::vector<Preflight> checks = preflight(scenario, limits);
    const std::string problems = preflight_text(checks, true);
    if (!problems.empty()) print(stderr, fmt::format("{}: limits of this machine\n{}", scenario.name, problems));
    if (is_fatal(checks)) {
      complain(refusal(scenario, checks));
      fit = false;
    } else if (net::descriptors_needed(scenario.connections(), scenario.worker_threads(limits.cores)) >
               limits.descriptors) {
      print(stderr, fmt::format("{} subscribers with {} connections are more than a descriptor table may hold ({}): "
                                "each thread has a table of its own\n",
                                scenario.subscribers, scenario.connections(), limits.descriptors));
    }
  }
  return fit;
}

}  // namespace loadgen
