#include "loadgen/campaign/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <iterator>

#include "loadgen/campaign/baseline.h"
#include "loadgen/campaign/single_run.h"
#include "loadgen/judge/warnings.h"
#include "net/clock.h"

namespace loadgen {

namespace {

int search_exit_code(const std::vector<Capacity>& capacities) {
  int code = 0;
  for (const Capacity& capacity : capacities) {
    if (capacity.outcome.carried) continue;
    if (capacity.outcome.limit == SearchOutcome::Limit::kServer) return 1;
    code = 3;
  }
  return code;
}

}  // namespace

Runner::Runner(const Scenario& scenario, const CampaignOptions& options, Progress& progress)
    : options_(options), progress_(progress) {
  campaign().scenario = &scenario;
  campaign().host = read_host_info();
  campaign().command = options.command;
  campaign().seed = options.seed;
  campaign().started = utc_now();
  for (const Warning& warning : check_conditions(scenario, campaign().host)) warn(warning);
}

std::optional<RunResult> Runner::run(const Request& request) {
  const SingleRunOptions options{
      .server_program = options_.server_program,
      .seed = options_.seed + request.number,
      // Every variant of a repetition is measured under one workload.
      .schedule_seed = options_.seed + static_cast<std::uint64_t>(request.repetition),
      .descriptor_limit = options_.descriptor_limit,
      .cores = campaign().host.cores,
      .repetition = request.repetition,
      .interval_log = request.interval_log,
      .baseline_p50 = campaign().baseline != nullptr ? campaign().baseline->p50() : std::nullopt};
  std::optional<RunResult> result;
  error_.clear();
  progress_.begin_run(request.title, net::now());
  try {
    SingleRun single = run_once(request.scenario, request.variant, options, progress_);
    outcome_.signal = single.signal;
    campaign().interrupted = single.signal != 0;
    single.result.order = request.number;
    result.emplace(std::move(single.result));
  } catch (const std::exception& error) {  // what was measured before is kept
    error_ = error.what();
  }
  progress_.end_run();
  return result;
}

void Runner::fail(const std::string& what) {
  outcome_.error = fmt::format("{} failed: {}", what, error_);
  campaign().interrupted = true;
  warn({0, Level::kWarn, outcome_.error});
}

void Runner::warn(const Warning& warning) {
  warnings_.push_back(warning);
}

void Runner::save() {
  const Scenario& scenario = *campaign().scenario;
  campaign().ended = utc_now();
  outcome_.groups = group_runs(scenario, campaign().runs);
  campaign().warnings = warnings_;
  std::ranges::move(compare_runs(scenario, outcome_.groups), std::back_inserter(campaign().warnings));
  outcome_.thresholds = check_thresholds(scenario, outcome_.groups);
  outcome_.write_error = options_.save(outcome_);
}

int exit_code(const CampaignOutcome& outcome) {
  if (outcome.signal != 0) return 128 + outcome.signal;
  if (!outcome.write_error.empty() || !outcome.error.empty()) return 3;
  if (outcome.campaign.search != nullptr) return search_exit_code(outcome.campaign.capacities);
  const auto broken = [](const ThresholdOutcome& threshold) { return threshold.answer == Answer::kBroken; };
  const auto unjudged = [](const ThresholdOutcome& threshold) { return threshold.answer == Answer::kUnknown; };
  const auto invalid = [](const VariantSummary& group) { return group.verdict == Verdict::kInvalid; };
  if (std::ranges::any_of(outcome.thresholds, broken)) return 1;
  // A threshold that could not be judged must not pass as met; without thresholds, one usable run is a result.
  if (std::ranges::any_of(outcome.thresholds, unjudged) || std::ranges::all_of(outcome.groups, invalid)) return 3;
  return 0;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace loadgen
