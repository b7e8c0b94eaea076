#include "loadgen/campaign/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "loadgen/host/paths.h"
#include "net/limits.h"

namespace loadgen {

namespace {

constexpr Nanos kLongest = std::chrono::seconds(5);

// Everything that a baseline needs and the scenario's load does not say.
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
  LoadedScenario loaded = parse_scenario(std::string(kText), "floor", {}, {techniques(), {}});
  if (!loaded.scenario) throw std::logic_error(loaded.errors.front().text());
  Scenario baseline = std::move(*loaded.scenario);
  baseline.target.programs.front().command.front() = own_program();
  baseline.topics = scenario.topics;
  baseline.subscribers = scenario.subscribers;
  baseline.threads = scenario.threads;
  baseline.connect = scenario.connect;
  baseline.phases.ramp = scenario.phases.ramp;
  baseline.phases.warm_up = scenario.phases.warm_up;
  baseline.phases.measure = std::min(scenario.phases.measure, kLongest);
  baseline.phases.drain = scenario.phases.drain;
  baseline.publish.rate = scenario.publish.rate;
  baseline.publish.arrivals = scenario.publish.arrivals;
  baseline.publish.burst = scenario.publish.burst;
  baseline.publish.to = scenario.publish.to;
  baseline.publish.payload = scenario.publish.payload;
  return baseline;
}

void measure_baseline(Runner& runner, std::uint64_t descriptor_limit) {
  const auto baseline = std::make_shared<Baseline>(Baseline{baseline_scenario(*runner.campaign().scenario), {}});
  runner.campaign().baseline = baseline;
  const Scenario& scenario = baseline->scenario;
  // The idle server is one thread with one descriptor table.
  const std::uint64_t fit = net::connections_that_fit(descriptor_limit, 1);
  std::string error;
  if (static_cast<std::uint64_t>(scenario.subscribers) > fit) {
    error = fmt::format("the null server holds at most {} subscribers", fit);
  } else {
    baseline->result = runner.run({.title = "[floor] sse from a server that does nothing else",
                                   .scenario = scenario,
                                   .variant = scenario.variants.front()});
    error = runner.error();
    if (baseline->result && baseline->result->delivered() == 0) {
      baseline->result.reset();
      error = "nothing was delivered by the null server";
    }
  }
  if (!error.empty()) runner.warn({10, Level::kWarn, "the floor of the tool was not measured: " + error});
}

}  // namespace loadgen
