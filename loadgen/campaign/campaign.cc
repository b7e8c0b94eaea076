#include "loadgen/campaign/campaign.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>

#include "loadgen/campaign/baseline.h"
#include "loadgen/clients/request.h"
#include "loadgen/host/endpoint.h"
#include "loadgen/host/throwaway_certificate.h"
#include "loadgen/judge/warnings.h"
#include "loadgen/run/client_tls.h"
#include "loadgen/run/run.h"
#include "loadgen/target/programs.h"
#include "net/clock.h"
#include "net/limits.h"

namespace loadgen {

namespace {

measure::Rate pace(const wire::Rate& rate) {
  return {static_cast<std::uint64_t>(rate.count), rate.period};
}

measure::Pacer pacer_of(const Scenario& scenario, std::uint64_t seed) {
  const PublishSettings& publish = scenario.publish;
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

net::DescriptorPlan plan_workers(const Scenario& scenario, const HostInfo& host, std::uint64_t limit) {
  return net::plan_descriptors(scenario.connections(), limit, scenario.worker_threads(host.cores), true);
}

PublishTarget publish_target_of(const PublishSettings& plan, const Endpoint& server) {
  PublishTarget target{net::resolve(server.authority), plan.method + " " + server.base_path, plan.path, " HTTP/1.1\r\n",
                       server.secure};
  if (!has_header(plan.headers, "Host")) target.headers += "Host: " + server.authority + "\r\n";
  if (!has_header(plan.headers, "Content-Type"))
    target.headers += plan.binary ? "Content-Type: application/octet-stream\r\n" : "Content-Type: text/plain\r\n";
  target.headers += plan.headers + "Content-Length: ";
  return target;
}

SessionConfig session_config_of(const Scenario& scenario, const Variant& variant, const Endpoint& target,
                                std::uint64_t seed) {
  SessionConfig plan;
  plan.authority = target.authority;
  plan.secure = target.secure;
  plan.base_path = target.base_path;
  plan.options = variant.options;
  if (!variant.path.empty()) plan.target = target.base_path + variant.path;
  plan.headers = variant.headers;
  plan.echo = scenario.publish.echo;
  for (std::int64_t i = 0; i < scenario.topics; ++i) {
    // A server that we start is fresh for every run; any other may still hold what an earlier run published.
    plan.topics.push_back(scenario.target.is_running() ? fmt::format("pushbench-{:08x}-{}", seed & 0xffffffff, i)
                                                       : fmt::format("t{}", i));
  }
  return plan;
}

std::vector<std::string> server_arguments(const Scenario& scenario) {
  std::vector<std::string> arguments = {"--connections", std::to_string(scenario.server_connections())};
  for (const auto& [key, value] : scenario.server) {
    arguments.push_back("--" + key);
    arguments.push_back(value);
  }
  return arguments;
}

// What a label may hold and a file name should not is a hyphen.
std::string file_word(std::string label) {
  for (char& c : label) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return label;
}

// With TLS the reference server gets a certificate, which is told in `trusted`. A proxy before it speaks plain HTTP
// with it: what the target's URL says is what the clients speak with the proxy.
std::unique_ptr<Programs> start_programs(const Scenario& scenario, const Variant& variant,
                                         const std::string& server_program, std::string& trusted) {
  std::vector<std::string> arguments = server_arguments(scenario);
  const bool tls = variant.tls.enabled && scenario.target.is_reference();
  if (!tls) return std::make_unique<Programs>(scenario, server_program, arguments, false);
  const net::Certificate certificate = make_throwaway_certificate(variant.tls.server_name);
  const CertificateFiles files(certificate);  // until the server has read them: it listens
  arguments.insert(arguments.end(), {"--tls-cert", files.certificate_path(), "--tls-key", files.key_path()});
  trusted = certificate.chain_pem;
  return std::make_unique<Programs>(scenario, server_program, arguments, true);
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
    campaign.attempts = find_previous_runs(scenario, options.directory, campaign.started);
    conditions_ = check_conditions(scenario, campaign.host);
    if (campaign.attempts.number() > 1)
      conditions_.push_back({35, Level::kWarn, previous_runs_text(campaign.attempts)});
    if (scenario.repetitions > 1 && scenario.variants.size() > 1) {
      conditions_.push_back(
          {15, Level::kInfo,
           fmt::format("the techniques of each repetition ran in an order drawn at random (seed {})", options.seed)});
    }
    campaign.warnings = conditions_;
  }

  CampaignOutcome go() {
    if (options_.floor) find_baseline();
    if (outcome_.signal != 0) return write(), std::move(outcome_);
    const std::size_t total = scenario_.variants.size() * static_cast<std::size_t>(scenario_.repetitions);
    std::size_t number = 0;
    for (std::int64_t repetition = 1; repetition <= scenario_.repetitions; ++repetition) {
      for (const Variant* variant : order_of(repetition)) {
        progress_.begin_run(fmt::format("[{}/{}] {}", ++number, total, variant->label()), net::now());
        one_run(*variant, repetition, number);
        progress_.end_run();
        if (!outcome_.error.empty()) note_error(*variant, number, total);
        write();
        if (outcome_.campaign.interrupted) return std::move(outcome_);
      }
    }
    return std::move(outcome_);
  }

 private:
  void find_baseline() {
    std::shared_ptr<const Baseline> floor = measure_baseline(scenario_, options_, outcome_.campaign.host, progress_);
    if (!floor->error.empty())
      conditions_.push_back({10, Level::kWarn, "the floor of the tool was not measured: " + floor->error});
    outcome_.signal = floor->signal;
    outcome_.campaign.interrupted = outcome_.signal != 0;
    outcome_.campaign.floor = std::move(floor);
  }

  void one_run(const Variant& variant, std::int64_t repetition, std::uint64_t number) {
    RunOrder order{number, repetition,
                   fmt::format("{}/{}", options_.directory, interval_log_name(scenario_, variant, repetition)),
                   outcome_.campaign.floor != nullptr ? outcome_.campaign.floor->p50() : std::nullopt};
    try {
      SingleRun single = run_once(scenario_, variant, order, options_, outcome_.campaign.host, progress_);
      outcome_.signal = single.signal;
      outcome_.campaign.interrupted = outcome_.signal != 0;
      single.result.order = number;
      keep(std::move(single.result));
    } catch (const std::runtime_error& error) {  // what was measured before is kept
      outcome_.error = error.what();
    }
  }

  void keep(RunResult result) {
    std::vector<RunResult>& runs = outcome_.campaign.runs;
    if (is_dispensable(result, runs)) {
      conditions_.push_back({0, Level::kInfo,
                             fmt::format("{}: repetition {} was interrupted before it measured and is left out",
                                         result.variant->label(), result.repetition)});
      return;
    }
    const auto place = std::ranges::find_if(runs, [&](const RunResult& run) {
      return run.repetition == result.repetition && run.variant > result.variant;
    });
    runs.insert(place, std::move(result));
  }

  void note_error(const Variant& variant, std::size_t number, std::size_t total) {
    outcome_.campaign.interrupted = true;
    conditions_.push_back({0, Level::kWarn,
                           fmt::format("ended by what went wrong in run {} of {} ({}): {}", number, total,
                                       variant.label(), outcome_.error)});
  }

  // One repetition has the order of the file; of several each has its own, so that what comes first or after a heavy
  // neighbour is not always the same one.
  std::vector<const Variant*> order_of(std::int64_t repetition) const {
    std::vector<const Variant*> order;
    for (const Variant& variant : scenario_.variants) order.push_back(&variant);
    if (scenario_.repetitions == 1) return order;
    std::mt19937_64 random(options_.seed ^ (static_cast<std::uint64_t>(repetition) << 32));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    return order;
  }

  void write() {
    Campaign& campaign = outcome_.campaign;
    campaign.ended = utc_now();
    outcome_.groups = group_runs(scenario_, campaign.runs);
    campaign.warnings = conditions_;
    std::ranges::move(compare_runs(scenario_, outcome_.groups), std::back_inserter(campaign.warnings));
    outcome_.thresholds = check_thresholds(scenario_, outcome_.groups);
    outcome_.write_error = options_.save(outcome_);
  }

  const Scenario& scenario_;
  const CampaignOptions& options_;
  Progress& progress_;
  std::vector<Warning> conditions_;  // of the whole scenario, before the first run
  CampaignOutcome outcome_;
};

}  // namespace

std::string interval_log_name(const Scenario& scenario, const Variant& variant, std::int64_t repetition) {
  const std::string name = file_word(variant.label());
  std::size_t alike = 1;
  for (const Variant* earlier = scenario.variants.data(); earlier != &variant; ++earlier) {
    if (file_word(earlier->label()) == name) ++alike;
  }
  return fmt::format("{}{}-{}.hlog", name, alike > 1 ? fmt::format("~{}", alike) : "", repetition);
}

SingleRun run_once(const Scenario& scenario, const Variant& variant, const RunOrder& order,
                   const CampaignOptions& options, const HostInfo& host, Progress& progress) {
  const std::uint64_t seed = options.seed + order.number;
  // The same schedule for every variant of a repetition: they are compared under one workload.
  const std::uint64_t schedule_seed = options.seed + static_cast<std::uint64_t>(order.repetition);
  std::string trusted;
  const auto programs = start_programs(scenario, variant, options.server_program, trusted);
  const ClientTls tls(variant.tls, trusted);
  const Endpoint target = endpoint_of(programs->target_url());
  const Endpoint publish = endpoint_of(programs->publish_url());
  const std::string& name = variant.tls.server_name;
  const bool same = publish.authority == target.authority;
  RunSpec spec{.scenario = scenario,
               .variant = variant,
               .plan = session_config_of(scenario, variant, target, seed),
               .target = net::resolve(target.authority),
               .publish = publish_target_of(scenario.publish, publish),
               .tls = &tls,
               .tls_host = name.empty() ? target.host : name,
               .publish_tls_host = name.empty() || !same ? publish.host : name,
               .pacer = pacer_of(scenario, schedule_seed),
               .topics = static_cast<std::uint64_t>(scenario.topics),
               .seed = seed,
               .interval_log = order.interval_log};
  const net::DescriptorPlan workers = plan_workers(scenario, host, options.descriptor_limit);
  spec.own_tables = workers.own_tables;
  spec.connections_each = scenario.connections_each(variant);
  spec.first_measured = spec.pacer.first_at_or_after(scenario.phases.warm_up);
  spec.end = spec.pacer.first_at_or_after(scenario.phases.warm_up + scenario.phases.measure);

  SingleRun single{RunResult(spec), 0};
  RunResult& result = single.result;
  result.variant = &variant;
  result.tls = variant.tls.enabled;
  result.repetition = order.repetition;
  result.floor_p50 = order.floor_p50;
  {
    Run run(spec, *programs, static_cast<std::uint32_t>(workers.threads), progress, result);
    run.go();
    single.signal = run.interrupted();
  }
  judge_validity(result);
  return single;
}

CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress) {
  return CampaignRunner(scenario, options, progress).go();
}

int exit_code(const CampaignOutcome& outcome) {
  if (outcome.signal != 0) return 128 + outcome.signal;
  if (!outcome.write_error.empty() || !outcome.error.empty()) return 3;
  const auto broken = [](const ThresholdResult& result) { return result.usable && !result.judgement.holds; };
  const auto unjudged = [](const ThresholdResult& result) { return !result.usable; };
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
