#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/scenario/scenario.h"
#include "scenario_helpers.h"

namespace loadgen {
namespace {

using namespace std::chrono_literals;
using namespace scenario_tests;

TEST(ScenarioFile, HasADefaultForAllButFourKeys) {
  const Scenario s = good(kMinimal);
  EXPECT_EQ(s.name, "a");
  EXPECT_EQ(s.path, "a.yaml");
  EXPECT_EQ(s.text, kMinimal);
  EXPECT_TRUE(s.target.reference);
  EXPECT_EQ(s.topics, 1);
  EXPECT_EQ(s.subscribers, 10);
  EXPECT_EQ(s.threads, 0);
  EXPECT_EQ(s.publish.rate.per_second(), 20);
  EXPECT_EQ(s.publish.arrivals, Arrivals::kConstant);
  EXPECT_EQ(s.publish.payload, 128U);
  EXPECT_FALSE(s.publish.binary);
  EXPECT_EQ(s.phases.measure, Nanos(10s));
  EXPECT_EQ(s.repetitions, 1);
  ASSERT_EQ(s.variants.size(), 1U);
  EXPECT_EQ(s.variants[0].label(), "sse");
  EXPECT_TRUE(s.thresholds.empty());
}

TEST(ScenarioFile, ReadsEveryKey) {
  const Scenario s = good(R"(
name: full
description: All of it.
target: reference
server: { threads: 2, hold: 30s, queue: 64KiB, log-size: 1_000, policy: drop-oldest, cors: "*" }
topics: 2
subscribers: 1_000
threads: 3
connect: { rate: 500/s, timeout: 5s }
reconnect: { initial: 100ms, max: 2s, factor: 1.5, jitter: 25%, attempts: 7 }
publish: { rate: 600/min, arrivals: ramp, to: 30/s, payload: 1KiB, type: binary }
phases: { ramp: 20s, warm-up: 1s, measure: 5s, drain: 3s }
techniques:
  - long-polling: { hold: 30s }
  - odd: { buffer: 8KiB, batch: 5, deflate: true, label: /y, variant: mine }
repetitions: 4
thresholds:
  - missing == 0
  - { technique: odd, variant: mine, check: delivery_latency.p99 < 50ms }
)");
  EXPECT_EQ(s.description, "All of it.");
  const std::vector<std::pair<std::string, std::string>> server = {{"threads", "2"},          {"hold", "30s"},
                                                                   {"queue", "64KiB"},        {"log-size", "1000"},
                                                                   {"policy", "drop-oldest"}, {"cors", "*"}};
  EXPECT_EQ(s.server, server);
  EXPECT_EQ(s.topics, 2);
  EXPECT_EQ(s.subscribers, 1000);
  EXPECT_EQ(s.threads, 3);
  EXPECT_EQ(s.connect.rate.count, 500);
  EXPECT_EQ(s.connect.timeout, Nanos(5s));
  EXPECT_EQ(s.reconnect.initial, Nanos(100ms));
  EXPECT_EQ(s.reconnect.max, Nanos(2s));
  EXPECT_EQ(s.reconnect.factor, 1.5);
  EXPECT_EQ(s.reconnect.jitter, 0.25);
  EXPECT_EQ(s.reconnect.attempts, 7);
  EXPECT_EQ(s.publish.rate.count, 600);
  EXPECT_EQ(s.publish.arrivals, Arrivals::kRamp);
  EXPECT_EQ(s.publish.to.per_second(), 30);
  EXPECT_EQ(s.publish.payload, 1024U);
  EXPECT_TRUE(s.publish.binary);
  EXPECT_EQ(s.phases.ramp, Nanos(20s));
  EXPECT_EQ(s.phases.warm_up, Nanos(1s));
  EXPECT_EQ(s.phases.drain, Nanos(3s));
  EXPECT_EQ(s.repetitions, 4);
  ASSERT_EQ(s.variants.size(), 2U);
  EXPECT_EQ(s.variants[0].options[0].number, Nanos(30s).count());
  EXPECT_EQ(s.variants[0].line, 14);
  const auto& odd = s.variants[1].options;
  ASSERT_EQ(odd.size(), 4U);
  EXPECT_EQ(odd[0].number, 8192);
  EXPECT_EQ(odd[1].number, 5);
  EXPECT_EQ(odd[2].number, 1);
  EXPECT_EQ(odd[3].text, "/y");
  EXPECT_EQ(s.variants[1].label(), "odd mine");
  ASSERT_EQ(s.thresholds.size(), 2U);
  EXPECT_EQ(s.thresholds[0].line, 18);
  EXPECT_TRUE(s.thresholds[1].applies_to("odd", "mine"));
  EXPECT_FALSE(s.thresholds[1].applies_to("odd", "other"));
}

TEST(ScenarioFile, TakesTheUrlOfAForeignServer) {
  for (const std::string url : {"http://127.0.0.1:8080", "http://h:1/a/b/", "'http://[::1]/x'"}) {
    const Scenario s = good(with("target: " + url + "\n"));
    EXPECT_TRUE(s.target.is_running());
    EXPECT_EQ(s.publish_url(), s.target.url);
  }
}

TEST(ScenarioFile, TakesWhatAForeignServerWantsToBeAsked) {
  const Scenario s = good(
      "name: a\nsubscribers: 10\ntarget: http://h/base\n"
      "publish: { rate: 20/s, method: PUT, path: '/pub?id={topic}', headers: { X-Key: a b } }\n"
      "techniques: [sse: { path: '/sub/{topic}', headers: { Authorization: Bearer 5, TE: chunked } }]\n");
  EXPECT_EQ(s.publish.method, "PUT");
  EXPECT_EQ(s.publish.path, "/pub?id={topic}");
  EXPECT_EQ(s.publish.headers, "X-Key: a b\r\n");
  EXPECT_EQ(s.variants[0].path, "/sub/{topic}");
  EXPECT_EQ(s.variants[0].headers, "Authorization: Bearer 5\r\nTE: chunked\r\n");
  const Scenario plain = good(kMinimal);
  EXPECT_EQ(plain.publish.method, "POST");
  EXPECT_EQ(plain.publish.path, "/publish?topic={topic}");
  EXPECT_EQ(plain.variants[0].path, "");
}

TEST(ScenarioFile, TakesProgramsAndTheUrlsThatNameThem) {
  const Scenario s =
      good(with("target:\n"
                "  url: http://127.0.0.1:${proxy.port}/x\n"
                "  programs:\n"
                "    proxy:\n"
                "      command: [sh, -c, 'exec proxy ${back.port}']\n"
                "      files: { a.conf: 'listen ${proxy.port} $host;' }\n"
                "    back: { command: ['sh'], start-timeout: 2s }\n"));
  EXPECT_FALSE(s.target.is_running());
  EXPECT_FALSE(s.target.reference);
  ASSERT_EQ(s.target.programs.size(), 2U);
  EXPECT_EQ(s.target.programs[0].name, "proxy");
  EXPECT_EQ(s.target.programs[0].line, 8);
  EXPECT_EQ(s.target.programs[0].files[0].first, "a.conf");
  EXPECT_EQ(s.target.programs[1].start_timeout, std::chrono::seconds(2));
  EXPECT_EQ(s.publish_url(), s.target.url);
}

TEST(ScenarioFile, StartsTheReferenceServerWhereItsPortIsNamed) {
  const std::string proxy = "  programs: { proxy: { command: ['sh', '-c', '${reference.port}'] } }\n";
  const Scenario behind = good(with("server: { threads: 1 }\ntarget:\n  url: http://h:${proxy.port}\n" + proxy));
  EXPECT_TRUE(behind.target.reference);
  EXPECT_EQ(behind.publish_url(), "reference") << "straight to the server, not through the proxy";
  const Scenario through =
      good("name: a\nsubscribers: 10\ntechniques: [sse]\ntarget:\n  url: http://h:${proxy.port}\n" + proxy +
           "publish: { rate: 20/s, url: 'http://h:${proxy.port}' }\n");
  EXPECT_EQ(through.publish_url(), "http://h:${proxy.port}");
}

std::vector<std::string> labels(std::string_view techniques) {
  std::vector<std::string> out;
  for (const Variant& variant : good(replaced("techniques", techniques)).variants) out.push_back(variant.label());
  return out;
}

TEST(Variants, MayGoUpToTheLimitsOfThePlan) {
  good(replaced("techniques", "techniques: [polling: {interval: 10s}, long-polling: {hold: 25s}]"));
  good(replaced("techniques", "techniques: [long-polling: {hold: 60s}]") + "target: http://h\n");
}

TEST(Variants, AreNamedByTheOptionsThatDiffer) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(labels("techniques: [polling: {interval: 5s}]"), Names({"polling"}));
  EXPECT_EQ(labels("techniques: [polling: {interval: 500ms}, polling, sse]"),
            Names({"polling 500ms", "polling 1s", "sse"}));
  EXPECT_EQ(labels("techniques: [polling: {interval: 0.5s, connection: close}, polling]"),
            Names({"polling 500ms close", "polling 1s keep-alive"}));
  EXPECT_EQ(labels("techniques: [polling: {variant: mine}, polling: {interval: 2s}]"),
            Names({"polling mine", "polling 2s"}));
  EXPECT_EQ(labels("techniques: [odd: {deflate: true}, odd]"), Names({"odd true", "odd false"}));
  EXPECT_EQ(labels("techniques:\n  - sse:\n  - polling:\n      interval: 2s"), Names({"sse", "polling"}));
}

TEST(Overrides, AreAppliedBeforeValidation) {
  const Scenario s =
      good(with("connect: { rate: broken }\n"),
           {"publish.rate=50/s", "subscribers=7", "connect.rate=5/s", "phases.measure=3s", "techniques=[polling, sse]",
            "techniques[0]={ polling: { interval: 2s } }", "publish.rate=60/s"});
  EXPECT_EQ(s.publish.rate.count, 60);
  EXPECT_EQ(s.subscribers, 7);
  EXPECT_EQ(s.connect.rate.count, 5);
  EXPECT_EQ(s.phases.measure, Nanos(3s));
  ASSERT_EQ(s.variants.size(), 2U);
  EXPECT_EQ(s.variants[0].options[0].number, Nanos(2s).count());
  EXPECT_EQ(s.overrides.size(), 7U);
  EXPECT_EQ(s.text, with("connect: { rate: broken }\n"));
}

TEST(Totals, FollowFromThePlan) {
  const Scenario s = good(with("topics: 2\nphases: { ramp: 1s, warm-up: 2s, measure: 3s, drain: 4s }\n"));
  EXPECT_DOUBLE_EQ(run_totals(s).messages, 60);
  EXPECT_DOUBLE_EQ(run_totals(s).expected_deliveries, 300);
  EXPECT_EQ(run_totals(s).at_most, Nanos(10s));
  // From 20/s to 60/s over 1 + 3 s: 30/s when measure begins, 45/s on average in it.
  const Scenario ramp = good(replaced("publish", "publish: { rate: 20/s, arrivals: ramp, to: 60/s }") +
                             "phases: { warm-up: 1s, measure: 3s }\n");
  EXPECT_DOUBLE_EQ(run_totals(ramp).messages, 135);
}

TEST(Description, SaysInPlainWordsWhatWillHappen) {
  const std::string text = describe(good(R"(
name: words
description: "Two\nlines \e[31m."
subscribers: 1000
publish: { rate: 20/s, arrivals: poisson }
phases: { ramp: 30s, warm-up: 2s, measure: 8s, drain: 10s }
techniques: [polling: { interval: 500ms }, polling, sse]
repetitions: 2
thresholds: [missing == 0, { technique: polling 1s, check: delivery_latency.p99 < 2s }]
)"));
  for (const std::string part :
       {"words: Two lines [31m.\n", "1,000 on 1 topic", "20/s, poisson, 128B of text", "6 = 3 variants x 2 repetitions",
        "polling 500ms (interval 500ms, timing fixed-rate, connection keep-alive)",
        "about 160 messages, 160,000 expected deliveries", "missing == 0", "polling 1s: delivery_latency.p99 < 2s",
        "48s of measuring, 5min 0s in all at most"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

std::filesystem::path scenarios_folder() {
  return PUSHBENCH_SCENARIOS;
}

TEST(ShippedScenarios, AreFreeOfErrors) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scenarios_folder())) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const LoadedScenario loaded = load_scenario(entry.path().string(), {}, {techniques(), metric_infos()});
    EXPECT_TRUE(loaded.scenario) << errors_of(loaded);
  }
  EXPECT_GE(files, 6);
}

TEST(ShippedScenarios, HaveASmokeTestOfEveryTechnique) {
  for (const TechniqueInfo& technique : techniques()) {
    const auto path = scenarios_folder() / "smoke" / (std::string(technique.name) + ".yaml");
    const LoadedScenario loaded = load_scenario(path.string(), {}, {techniques(), metric_infos()});
    ASSERT_TRUE(loaded.scenario) << errors_of(loaded);
    for (const Variant& variant : loaded.scenario->variants) EXPECT_EQ(variant.technique->name, technique.name);
  }
}

// The schema is written by hand; this is what keeps it from falling behind the table.
// As a scenario has it: YAML knows 204 as a number, the reader takes it as the word it is.
std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

TEST(Schema, KnowsExactlyTheTechniquesAndOptionsOfTheTable) {
  std::ifstream file(scenarios_folder() / "schema.json");
  const auto schema = nlohmann::json::parse(file);
  const auto& one_of = schema.at("properties").at("techniques").at("items").at("oneOf");
  const auto& names = one_of.at(0).at("enum");
  const auto& properties = one_of.at(1).at("properties");
  ASSERT_EQ(names.size(), techniques().size());
  ASSERT_EQ(properties.size(), techniques().size());
  for (const TechniqueInfo& technique : techniques()) {
    const std::string name(technique.name);
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
    ASSERT_TRUE(properties.contains(name)) << name;
    const auto& options = properties.at(name).at("properties");
    std::set<std::string> keys = {"path", "headers", "tls", "variant"};  // of every technique
    for (const OptionSpec& spec : technique.options) keys.emplace(spec.key);
    EXPECT_EQ(options.size(), keys.size()) << name;
    for (const OptionSpec& spec : technique.options) {
      ASSERT_TRUE(options.contains(std::string(spec.key))) << name << "." << spec.key;
      const auto& option = options.at(std::string(spec.key));
      EXPECT_EQ(text_of(option.at("default")), spec.fallback) << name << "." << spec.key;
      if (spec.kind != OptionSpec::Kind::kChoice) continue;
      std::set<std::string> words;
      for (const auto& word : option.at("enum")) words.insert(text_of(word));
      EXPECT_EQ(words, std::set<std::string>(spec.choices.begin(), spec.choices.end()));
    }
  }
}

TEST(Scenario, SourceAddressesAreOneOrAList) {
  EXPECT_EQ(good(with("source_addresses: 127.0.0.9\n")).sources.given().size(), 1u);
  EXPECT_EQ(good(with("source_addresses: [127.0.0.9, 127.0.1.1-127.0.1.3, 127.0.2.0/28]\n")).sources.given().size(),
            18u);
  EXPECT_EQ(good(kMinimal, {"source_addresses=127.0.1.0/24"}).sources.given().size(), 254u);
}

}  // namespace
}  // namespace loadgen
