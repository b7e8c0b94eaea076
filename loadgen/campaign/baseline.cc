#include "loadgen/campaign/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "loadgen/host/paths.h"
#include "net/clock.h"
#include "net/limits.h"

namespace loadgen {

namespace {

constexpr Nanos kLongest = std::chrono::seconds(5);

// Everything that a floor needs and the scenario's load does not say.
constexpr std::string_view kText = R"(name: floor
target:
  url: "http://127.0.0.1:${floor.port}"
  programs: { floor: { command: [true, null-server, --port, "${floor.port}"] } }
  process: none
subscribers: 1
publish: { rate: 1/s }
techniques: [sse]
)";

}  // namespace

std::optional<std::int64_t> Baseline::p50() const {
  if (!result || result->delivered() == 0) return std::nullopt;
  return result->recorder.delivery_latency.value_at_quantile(0.5);
}

Scenario baseline_scenario(const Scenario& scenario) {
  LoadedScenario loaded = parse_scenario(std::string(kText), "floor", {}, techniques());
  if (!loaded.scenario) throw std::logic_error(loaded.errors.front().text());
  Scenario floor = std::move(*loaded.scenario);
  floor.target.programs.front().command.front() = own_program();
  floor.topics = scenario.topics;
  floor.subscribers = scenario.subscribers;
  floor.threads = scenario.threads;
  floor.connect = scenario.connect;
  floor.phases.ramp = scenario.phases.ramp;
  floor.phases.warm_up = scenario.phases.warm_up;
  floor.phases.measure = std::min(scenario.phases.measure, kLongest);
  floor.phases.drain = scenario.phases.drain;
  floor.publish.rate = scenario.publish.rate;
  floor.publish.arrivals = scenario.publish.arrivals;
  floor.publish.burst = scenario.publish.burst;
  floor.publish.to = scenario.publish.to;
  floor.publish.payload = scenario.publish.payload;
  return floor;
}

std::unique_ptr<Baseline> measure_baseline(const Scenario& scenario, const CampaignOptions& options,
                                           const HostInfo& host, Progress& progress) {
  auto floor = std::make_unique<Baseline>(Baseline{baseline_scenario(scenario), std::nullopt, "", 0});
  // The null server is one thread with one descriptor table.
  const std::uint64_t fit = net::connections_that_fit(options.descriptor_limit, 1);
  if (static_cast<std::uint64_t>(scenario.subscribers) > fit) {
    floor->error = fmt::format("the null server holds at most {} subscribers", fit);
    return floor;
  }
  progress.begin_run("[floor] sse from a server that does nothing else", net::now());
  try {
    SingleRun single = run_once(floor->scenario, floor->scenario.variants.front(), {}, options, host, progress);
    floor->signal = single.signal;
    if (single.result.delivered() == 0) {
      floor->error = "nothing was delivered by the null server";
    } else {
      floor->result.emplace(std::move(single.result));
    }
  } catch (const std::runtime_error& error) {
    floor->error = error.what();
  }
  progress.end_run();
  return floor;
}

}  // namespace loadgen
