#include "loadgen/campaign/capacity_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "loadgen/campaign/capacity_step.h"
#include "loadgen/judge/warnings.h"
#include "loadgen/measure/percentile.h"
#include "loadgen/scenario/units.h"
#include "net/clock.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr std::string_view kColumns = "{:>12}  {:>12}  {:>13}  {:>10}  {}";

std::string_view verdict_text(StepVerdict verdict) {
  switch (verdict) {
    case StepVerdict::kHolds:
      return "carried";
    case StepVerdict::kBroken:
      return "too much: ";
    case StepVerdict::kGenerator:
      return "generator-limited: ";
    case StepVerdict::kUnknown:
      return "unknown: ";
  }
  return "";
}

std::string p99_text(const measure::Summary& latency) {
  if (latency.expected == 0) return "-";
  if (!latency.p99) return "not delivered";
  return measure::enough_beyond(0.99, latency.expected) ? human_time(static_cast<double>(*latency.p99))
                                                        : std::string(kTooFewSamples);
}

class CapacityRunner {
 public:
  CapacityRunner(const Scenario& scenario, const SearchSettings& plan, const CampaignOptions& options,
                 const ProcessLimits& limits, Progress& progress, const PrintLine& print)
      : scenario_(scenario), plan_(plan), options_(options), limits_(limits), progress_(progress), print_(print) {
    Campaign& campaign = outcome_.campaign;
    campaign.scenario = &scenario;
    campaign.host = read_host_info();
    campaign.command = options.command;
    campaign.seed = options.seed;
    campaign.started = utc_now();
    campaign.search = &plan;
    campaign.warnings = check_conditions(scenario, campaign.host);
  }

  CampaignOutcome go() {
    for (const Variant& variant : scenario_.variants) {
      search(variant);
      if (outcome_.campaign.interrupted) break;
    }
    return std::move(outcome_);
  }

 private:
  void search(const Variant& variant) {
    Capacity& capacity = outcome_.campaign.capacities.emplace_back();
    capacity.variant = &variant;
    print_(fmt::format("\n{}: {} until {}", variant.label(), find_name(plan_.quantity), plan_.until.text));
    print_(step_heading(plan_.quantity));
    CapacitySearch search(plan_.bounds);
    while (const auto load = search.next()) {
      progress_.begin_run(fmt::format("{} step {}: {}", variant.label(), search.steps() + 1, *load), net::now());
      const std::optional<CapacityStep> step = offer(variant, *load);
      progress_.end_run();
      if (!step) {
        capacity.interrupted = outcome_.campaign.interrupted = true;
        break;
      }
      search.told(step->verdict);
      capacity.steps.push_back(*step);
      print_(step_line(*step));
      capacity.outcome = search.outcome();
      write();
    }
    print_(fmt::format("{}: {}", variant.label(), capacity_text(plan_.quantity, capacity)));
    write();
  }

  // Nothing of it counts when a signal ended it, or when what it needs did not start.
  std::optional<CapacityStep> offer(const Variant& variant, std::int64_t load) {
    const Scenario loaded = step_scenario(plan_, scenario_, load);
    for (const Preflight& check : preflight(loaded, limits_)) {
      if (check.level != Level::kInvalid) continue;
      return CapacityStep{.offered = load,
                          .verdict = StepVerdict::kGenerator,
                          .reason = fmt::format("{}: {} of {}", check.subject, check.needed, check.limit),
                          .latency = {}};
    }
    const auto index = static_cast<std::size_t>(&variant - scenario_.variants.data());
    RunOrder order;
    order.number = ++number_;
    try {
      const SingleRun single =
          run_once(loaded, loaded.variants[index], order, options_, outcome_.campaign.host, progress_);
      outcome_.signal = single.signal;
      if (single.signal != 0) return std::nullopt;
      return judge_step(plan_, loaded, load, single.result);
    } catch (const std::runtime_error& error) {  // the steps before are kept
      outcome_.error = error.what();
      outcome_.campaign.warnings.push_back(
          {0, Level::kWarn, fmt::format("{} at {}: {}", variant.label(), load, outcome_.error)});
      return std::nullopt;
    }
  }

  void write() {
    outcome_.campaign.ended = utc_now();
    outcome_.write_error = options_.save(outcome_);
  }

  const Scenario& scenario_;
  const SearchSettings& plan_;
  const CampaignOptions& options_;
  const ProcessLimits& limits_;
  Progress& progress_;
  const PrintLine& print_;
  std::uint64_t number_ = 0;  // of the runs so far
  CampaignOutcome outcome_;
};

}  // namespace

std::string step_heading(Quantity quantity) {
  const bool rate = quantity == Quantity::kRate;
  return fmt::format(fmt::runtime(kColumns), rate ? "offered/s" : "subscribers", rate ? "achieved/s" : "connected",
                     "p99", "missing", "verdict");
}

std::string step_line(const CapacityStep& step) {
  return fmt::format(fmt::runtime(kColumns), wire::format_count(static_cast<std::uint64_t>(step.offered)),
                     wire::format_count(static_cast<std::uint64_t>(step.achieved + 0.5)), p99_text(step.latency),
                     wire::format_count(step.missing), fmt::format("{}{}", verdict_text(step.verdict), step.reason));
}

CampaignOutcome run_capacity(const Scenario& scenario, const SearchSettings& plan, const CampaignOptions& options,
                             const ProcessLimits& limits, Progress& progress, const PrintLine& print) {
  return CapacityRunner(scenario, plan, options, limits, progress, print).go();
}

int search_exit_code(const CampaignOutcome& outcome) {
  if (outcome.signal != 0) return 128 + outcome.signal;
  if (!outcome.write_error.empty() || !outcome.error.empty()) return 3;
  int code = 0;
  for (const Capacity& capacity : outcome.campaign.capacities) {
    if (capacity.outcome.carried) continue;
    if (capacity.outcome.limit == SearchOutcome::Limit::kServer) return 1;
    code = 3;
  }
  return code;
}

}  // namespace loadgen
