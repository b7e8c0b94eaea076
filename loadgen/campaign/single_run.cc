#include "loadgen/campaign/single_run.h"

#include <fmt/format.h>

#include <memory>

#include "loadgen/clients/request.h"
#include "loadgen/host/endpoint.h"
#include "loadgen/host/throwaway_certificate.h"
#include "loadgen/judge/warnings.h"
#include "loadgen/run/client_tls.h"
#include "loadgen/run/run.h"
#include "loadgen/target/programs.h"
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

net::DescriptorPlan plan_workers(const Scenario& scenario, const SingleRunOptions& options) {
  return net::plan_descriptors(scenario.connections(), options.descriptor_limit, scenario.worker_threads(options.cores),
                               true);
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

}  // namespace

SingleRun run_once(const Scenario& scenario, const Variant& variant, const SingleRunOptions& options,
                   Progress& progress) {
  std::string trusted;
  const auto programs = start_programs(scenario, variant, options.server_program, trusted);
  const ClientTls tls(variant.tls, trusted);
  const Endpoint target = endpoint_of(programs->target_url());
  const Endpoint publish = endpoint_of(programs->publish_url());
  const std::string& name = variant.tls.server_name;
  const bool same = publish.authority == target.authority;
  RunSpec spec{.scenario = scenario,
               .variant = variant,
               .plan = session_config_of(scenario, variant, target, options.seed),
               .target = net::resolve(target.authority),
               .publish = publish_target_of(scenario.publish, publish),
               .tls = &tls,
               .tls_host = name.empty() ? target.host : name,
               .publish_tls_host = name.empty() || !same ? publish.host : name,
               .pacer = pacer_of(scenario, options.schedule_seed),
               .topics = static_cast<std::uint64_t>(scenario.topics),
               .seed = options.seed,
               .interval_log = options.interval_log};
  const net::DescriptorPlan workers = plan_workers(scenario, options);
  spec.own_tables = workers.own_tables;
  spec.connections_each = scenario.connections_each(variant);
  spec.first_measured = spec.pacer.first_at_or_after(scenario.phases.warm_up);
  spec.end = spec.pacer.first_at_or_after(scenario.phases.warm_up + scenario.phases.measure);

  SingleRun single{RunResult(spec), 0};
  RunResult& result = single.result;
  result.variant = &variant;
  result.tls = variant.tls.enabled;
  result.repetition = options.repetition;
  result.baseline_p50 = options.baseline_p50;
  {
    Run run(spec, *programs, static_cast<std::uint32_t>(workers.threads), progress, result);
    run.go();
    single.signal = run.interrupted();
  }
  judge_validity(result);
  return single;
}

}  // namespace loadgen
