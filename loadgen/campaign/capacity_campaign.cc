#include "loadgen/campaign/capacity_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace loadgen {

namespace {

class Searches {
 public:
  Searches(const Scenario& scenario, const SearchSettings& settings, const CampaignOptions& options,
           const ProcessLimits& limits, Progress& progress, const CapacityEvents& events)
      : scenario_(scenario),
        settings_(settings),
        limits_(limits),
        events_(events),
        runner_(scenario, options, progress) {
    runner_.campaign().search = &settings;
  }

  CampaignOutcome go() {
    for (const Variant& variant : scenario_.variants) {
      search(variant);
      if (runner_.ended()) break;
    }
    return runner_.take();
  }

 private:
  void search(const Variant& variant) {
    Capacity& capacity = runner_.campaign().capacities.emplace_back();
    capacity.variant = &variant;
    events_.on_begin(variant);
    CapacitySearch search(settings_.bounds);
    while (const auto load = search.next()) {
      const std::optional<CapacityStep> step = offer(variant, *load, search.steps() + 1);
      if (!step) {
        capacity.interrupted = true;
        break;
      }
      search.told(step->verdict);
      capacity.steps.push_back(*step);
      events_.on_step(*step);
      capacity.outcome = search.outcome();
      runner_.save();
    }
    events_.on_found(capacity);
    runner_.save();
  }

  // Nothing of it counts when a signal ended it, or when what it needs did not start.
  std::optional<CapacityStep> offer(const Variant& variant, std::int64_t load, std::size_t step) {
    const Scenario loaded = step_scenario(settings_, scenario_, load);
    for (const Preflight& check : preflight(loaded, limits_)) {
      if (check.level != Level::kInvalid) continue;
      return CapacityStep{.offered = load,
                          .verdict = StepVerdict::kGenerator,
                          .reason = fmt::format("{}: {} of {}", check.subject, check.needed, check.limit),
                          .latency = {}};
    }
    const auto index = static_cast<std::size_t>(&variant - scenario_.variants.data());
    const auto result = runner_.run({.title = fmt::format("{} step {}: {}", variant.label(), step, load),
                                     .scenario = loaded,
                                     .variant = loaded.variants[index],
                                     .number = ++number_});
    if (!result)
      runner_.fail(fmt::format("step {} of {} ({})", step, variant.label(), with_unit(settings_.quantity, load)));
    if (runner_.ended()) return std::nullopt;
    return judge_step(settings_, loaded, load, *result);
  }

  const Scenario& scenario_;
  const SearchSettings& settings_;
  const ProcessLimits& limits_;
  const CapacityEvents& events_;
  std::uint64_t number_ = 0;  // of the runs so far
  Runner runner_;
};

}  // namespace

CampaignOutcome run_capacity(const Scenario& scenario, const SearchSettings& settings, const CampaignOptions& options,
                             const ProcessLimits& limits, Progress& progress, const CapacityEvents& events) {
  return Searches(scenario, settings, options, limits, progress, events).go();
}

}  // namespace loadgen
