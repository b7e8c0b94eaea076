#include "loadgen/campaign.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "loadgen/run.h"
#include "loadgen/warnings.h"
#include "net/clock.h"
#include "net/limits.h"

namespace loadgen {

namespace {

measure::Rate pace(const wire::Rate& rate) {
  return {static_cast<std::uint64_t>(rate.count), rate.period};
}

measure::Pacer pacer_of(const Scenario& scenario, std::uint64_t seed) {
  const PublishPlan& publish = scenario.publish;
  switch (publish.arrivals) {
    case Arrivals::kConstant:
      break;
    case Arrivals::kPoisson:
      return measure::Pacer::poisson(pace(publish.rate), seed);
    case Arrivals::kBurst:
      return measure::Pacer::burst(pace(publish.rate), static_cast<std::uint64_t>(publish.burst));
    case Arrivals::kRamp:
      return measure::Pacer::ramp(pace(publish.rate), pace(publish.to),
                                  scenario.phases.warm_up + scenario.phases.measure);
  }
  return measure::Pacer::constant(pace(publish.rate));
}

// Threads of simulated clients: half of the processors, since the server under test mostly shares the machine.
// More of them when that is what it takes for every subscriber to have a descriptor.
net::DescriptorPlan plan_workers(const Scenario& scenario, const HostInfo& host, std::uint64_t limit) {
  const std::int64_t wanted = scenario.threads > 0 ? scenario.threads : std::max<std::int64_t>(1, host.cores / 2);
  const auto threads = static_cast<std::uint64_t>(std::min(wanted, scenario.subscribers));
  return net::plan_descriptors(static_cast<std::uint64_t>(scenario.subscribers), limit, threads, true);
}

Plan plan_of(const Scenario& scenario, const Variant& variant, const std::string& authority, std::uint64_t seed) {
  Plan plan;
  plan.authority = authority;
  plan.base_path = scenario.target.base_path;
  plan.options = variant.options;
  plan.echo = scenario.publish.echo;
  for (std::int64_t i = 0; i < scenario.topics; ++i) {
    // A server of ours is fresh for every run; any other may still hold what an earlier run published.
    plan.topics.push_back(scenario.target.reference ? fmt::format("t{}", i)
                                                    : fmt::format("pushbench-{:08x}-{}", seed & 0xffffffff, i));
  }
  return plan;
}

std::vector<std::string> server_arguments(const Scenario& scenario) {
  constexpr std::int64_t kPublishers = 16;
  std::vector<std::string> arguments = {"--connections", std::to_string(scenario.subscribers + kPublishers)};
  for (const auto& [key, value] : scenario.server) {
    arguments.push_back("--" + key);
    arguments.push_back(value);
  }
  return arguments;
}

std::string authority_of(const Target& target) {
  const std::string host = target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
  return host + ":" + std::to_string(target.port);
}

// "polling-500ms-1.hlog"; what a label may hold and a file name should not is a hyphen.
std::string interval_log_name(const Variant& variant, std::int64_t repetition) {
  std::string name = variant.label();
  for (char& c : name) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return fmt::format("{}-{}.hlog", name, repetition);
}

class CampaignRunner {
 public:
  CampaignRunner(const Scenario& scenario, const CampaignOptions& options, Progress& progress)
      : scenario_(scenario), options_(options), progress_(progress) {
    Campaign& campaign = outcome_.campaign;
    campaign.scenario = &scenario;
    campaign.host = read_host_info();
    campaign.command = options.command;
    campaign.seed = options.seed;
    campaign.started = utc_now();
    conditions_ = check_conditions(scenario, campaign.host);
    campaign.warnings = conditions_;
  }

  CampaignOutcome go() {
    const std::size_t total = scenario_.variants.size() * static_cast<std::size_t>(scenario_.repetitions);
    std::size_t number = 0;
    for (std::int64_t repetition = 1; repetition <= scenario_.repetitions; ++repetition) {
      for (const Variant& variant : scenario_.variants) {
        progress_.begin_run(fmt::format("[{}/{}] {}", ++number, total, variant.label()), net::now());
        one_run(variant, repetition, number);
        progress_.end_run();
        write();
        if (outcome_.signal != 0) return std::move(outcome_);
      }
    }
    return std::move(outcome_);
  }

 private:
  void one_run(const Variant& variant, std::int64_t repetition, std::uint64_t number) {
    const std::uint64_t seed = options_.seed + number;
    // The same schedule for every variant of a repetition: they are compared under one workload.
    const std::uint64_t schedule_seed = options_.seed + static_cast<std::uint64_t>(repetition);
    std::optional<ServerProcess> server;
    std::string authority;
    if (scenario_.target.reference) {
      server.emplace(options_.server_program, server_arguments(scenario_));
      authority = server->address();
    } else {
      authority = authority_of(scenario_.target);
    }
    RunSpec spec{.scenario = scenario_,
                 .variant = variant,
                 .plan = plan_of(scenario_, variant, authority, seed),
                 .target = net::resolve(authority),
                 .pacer = pacer_of(scenario_, schedule_seed),
                 .topics = static_cast<std::uint64_t>(scenario_.topics),
                 .seed = seed};
    spec.interval_log = fmt::format("{}/{}", options_.directory, interval_log_name(variant, repetition));
    const net::DescriptorPlan workers = plan_workers(scenario_, outcome_.campaign.host, options_.descriptor_limit);
    spec.own_tables = workers.own_tables;
    spec.first_measured = spec.pacer.first_at_or_after(scenario_.phases.warm_up);
    spec.end = spec.pacer.first_at_or_after(scenario_.phases.warm_up + scenario_.phases.measure);

    RunResult result(spec);
    result.variant = &variant;
    result.repetition = repetition;
    {
      Run run(spec, server ? &*server : nullptr, static_cast<std::uint32_t>(workers.threads), progress_, result);
      run.go();
      outcome_.signal = run.interrupted();
    }
    judge_validity(result);
    outcome_.campaign.interrupted = outcome_.signal != 0;
    outcome_.campaign.runs.push_back(std::move(result));
  }

  void write() {
    Campaign& campaign = outcome_.campaign;
    campaign.ended = utc_now();
    outcome_.groups = group_runs(scenario_, campaign.runs);
    campaign.warnings = conditions_;
    std::ranges::move(compare_runs(scenario_, outcome_.groups), std::back_inserter(campaign.warnings));
    outcome_.thresholds = check_thresholds(scenario_, outcome_.groups);
    outcome_.write_error =
        write_result(campaign, outcome_.groups, outcome_.thresholds, options_.directory + "/result.json");
  }

  const Scenario& scenario_;
  const CampaignOptions& options_;
  Progress& progress_;
  std::vector<Warning> conditions_;  // of the whole scenario, before the first run
  CampaignOutcome outcome_;
};

}  // namespace

CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress) {
  return CampaignRunner(scenario, options, progress).go();
}

int exit_code(const CampaignOutcome& outcome) {
  if (outcome.signal != 0) return 128 + outcome.signal;
  if (!outcome.write_error.empty()) return 3;
  const auto broken = [](const ThresholdResult& result) { return result.usable && !result.judgement.holds; };
  const auto unjudged = [](const ThresholdResult& result) { return !result.usable; };
  const auto invalid = [](const Group& group) { return group.verdict == Verdict::kInvalid; };
  if (std::ranges::any_of(outcome.thresholds, broken)) return 1;
  // A threshold that could not be judged must not pass as met; without thresholds, one valid technique is a result.
  if (std::ranges::any_of(outcome.thresholds, unjudged) || std::ranges::all_of(outcome.groups, invalid)) return 3;
  return 0;
}

}  // namespace loadgen
