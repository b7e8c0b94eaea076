#include "loadgen/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "loadgen/scenario/parts.h"
#include "wire/message.h"

namespace loadgen {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view kRootKeys[] = {
    "name",    "description", "target",  "server", "tls",        "topics",      "subscribers", "threads",
    "connect", "reconnect",   "publish", "phases", "techniques", "repetitions", "thresholds",  "source_addresses"};
constexpr std::string_view kConnectKeys[] = {"rate", "timeout"};
constexpr std::string_view kReconnectKeys[] = {"initial", "max", "factor", "jitter", "attempts"};
constexpr std::string_view kPublishKeys[] = {
    "from",   "echo", "rate",   "rate-per-subscriber", "arrivals", "burst", "to", "payload", "type", "url",
    "method", "path", "headers"};
constexpr std::string_view kPhaseKeys[] = {"ramp", "memory", "idle", "warm-up", "measure", "drain"};
constexpr std::string_view kArrivals[] = {"constant", "poisson", "burst", "ramp"};  // by enum value
constexpr std::string_view kEcho[] = {"true", "false"};
constexpr std::string_view kFrom[] = {"publisher", "subscribers"};  // by enum value
constexpr std::string_view kTypes[] = {"text", "binary"};

void read_name(const Section& root, std::string& out) {
  root.require("name", "quickstart");
  root.text("name", out, 64);
  const bool good = std::all_of(out.begin(), out.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
           c == '-';
  });
  if (!good || out.starts_with('.') || out.starts_with('-'))
    root.error("name", "a name has letters, digits and . _ - only, such as many-topics");
}

void read_connect(Issues& issues, const yaml::Value* node, ConnectPolicy& out) {
  const Section section(issues, node, "connect", kConnectKeys);
  section.rate("rate", out.rate, kMaxRate);
  section.duration("timeout", out.timeout, milliseconds(1), hours(1));
}

void read_sources(Issues& issues, const yaml::Value& node, net::SourceAddresses& out) {
  constexpr std::string_view kKey = "source_addresses";
  const auto read = [&](const yaml::Value& one, const std::string& key) {
    const bool scalar = one.kind == yaml::Value::Kind::kScalar;
    if (const std::string error = scalar ? out.add(one.scalar) : "must be an address"; !error.empty())
      issues.add(one, key, error);
  };
  if (node.kind != yaml::Value::Kind::kSequence) return read(node, std::string(kKey));
  for (std::size_t i = 0; i < node.items.size(); ++i) read(node.items[i], fmt::format("{}[{}]", kKey, i));
}

void read_reconnect(Issues& issues, const yaml::Value* node, ReconnectPolicy& out) {
  const Section section(issues, node, "reconnect", kReconnectKeys);
  section.duration("initial", out.initial, Nanos(0), hours(1));
  // A longer `initial` alone raises the limit with it.
  if (section.find("max") == nullptr) out.max = std::max(out.max, out.initial);
  section.duration("max", out.max, Nanos(0), hours(24));
  section.number("factor", out.factor, 1, 100);
  section.fraction("jitter", out.jitter);
  section.count("attempts", out.attempts, 0, 1'000'000'000);
}

// Either of all or of each; the total must be exact, too.
void read_publish_rate(const Section& section, std::int64_t subscribers, PublishSettings& out) {
  constexpr std::string_view kEach = "rate-per-subscriber";
  if (section.find(kEach) == nullptr) {
    section.require("rate", "20/s");
    section.rate("rate", out.rate, kMaxRate);
    return;
  }
  if (section.find("rate") != nullptr) section.error(kEach, "instead of rate, not beside it");
  wire::Rate each;
  section.rate(kEach, each, kMaxRate);
  if (each.count > kMaxSubscribers) return section.error(kEach, "more events in its period than can be multiplied");
  out.each = each;
  out.rate = {each.count * subscribers, each.period};
  if (out.rate.per_second() > kMaxRate) section.error(kEach, "more than 10000000/s by all subscribers together");
}

void read_publish(Issues& issues, const yaml::Value* node, Scenario& scenario) {
  PublishSettings& out = scenario.publish;
  const Section section(issues, node, "publish", kPublishKeys);
  std::size_t from = 0;
  section.word("from", from, kFrom);
  out.from = static_cast<PublishFrom>(from);
  std::size_t echo = 0;
  section.word("echo", echo, kEcho);
  out.echo = echo == 0;
  read_publish_request(issues, section, scenario);
  read_publish_rate(section, scenario.subscribers, out);
  std::size_t arrivals = 0;
  section.word("arrivals", arrivals, kArrivals);
  out.arrivals = static_cast<Arrivals>(arrivals);
  section.count("burst", out.burst, 1, 1'000'000);
  section.rate("to", out.to, kMaxRate);
  auto payload = static_cast<std::int64_t>(out.payload);
  section.size("payload", payload, wire::kMarkerSize, wire::kMaxPayloadSize);
  out.payload = static_cast<std::size_t>(payload);
  std::size_t type = 0;
  section.word("type", type, kTypes);
  out.binary = type == 1;
}

void read_phases(Issues& issues, const yaml::Value* node, Phases& out) {
  const Section section(issues, node, "phases", kPhaseKeys);
  section.duration("ramp", out.ramp, milliseconds(1), hours(24));
  if (const yaml::Value* memory = section.find("memory")) read_memory(issues, *memory, out.memory);
  section.duration("idle", out.idle, Nanos(0), hours(24));
  section.duration("warm-up", out.warm_up, Nanos(0), hours(24));
  section.duration("measure", out.measure, milliseconds(1), hours(240));
  section.duration("drain", out.drain, Nanos(0), hours(24));
}

void read_root(Issues& issues, const yaml::Value& tree, const ScenarioTables& tables, Scenario& out) {
  const Section root(issues, &tree, "", kRootKeys);
  if (tree.kind != yaml::Value::Kind::kMap) return;
  read_name(root, out.name);
  root.text("description", out.description, 2000);
  if (const yaml::Value* target = root.find("target")) read_target(issues, *target, out);
  if (const yaml::Value* server = root.find("server")) read_server(issues, *server, out);
  out.tls.enabled = out.target.is_secure();
  if (const yaml::Value* tls = root.find("tls")) read_tls(issues, *tls, "tls", out.tls);
  root.count("topics", out.topics, 1, 1'000'000);
  root.require("subscribers", "1000");
  root.count("subscribers", out.subscribers, 1, kMaxSubscribers);
  root.count("threads", out.threads, 0, 1024);
  read_connect(issues, root.find("connect"), out.connect);
  if (const yaml::Value* sources = root.find("source_addresses")) read_sources(issues, *sources, out.sources);
  read_reconnect(issues, root.find("reconnect"), out.reconnect);
  out.own_reconnect = root.find("reconnect") != nullptr;
  if (root.require("publish", "{ rate: 20/s }")) read_publish(issues, root.find("publish"), out);
  read_phases(issues, root.find("phases"), out.phases);
  if (root.require("techniques", "[sse, websocket]"))
    read_techniques(issues, *root.find("techniques"), tables.techniques, out.tls, out.variants);
  root.count("repetitions", out.repetitions, 1, 1000);
  if (const yaml::Value* thresholds = root.find("thresholds"))
    read_thresholds(issues, *thresholds, tables.metrics, out);
  check_rules(issues, tree, out);
}

void apply(Issues& issues, yaml::Value& tree, std::span<const std::string> overrides) {
  for (const std::string& text : overrides) {
    const std::string origin = "--set " + text;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      issues.add_override(origin, "", "must be KEY=VALUE, such as publish.rate=50/s");
      continue;
    }
    const std::string key = text.substr(0, equals);
    if (const auto failure = yaml::set(tree, key, text.substr(equals + 1), origin))
      issues.add_override(origin, key, failure->message);
  }
}

// The whole file, or why not.
std::optional<std::string> read_file(const std::string& path, std::string& out) {
  errno = 0;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return "cannot be opened: " + std::generic_category().message(errno);
  out.resize(kMaxScenarioBytes + 1);
  out.resize(std::fread(out.data(), 1, out.size(), file.get()));
  if (std::ferror(file.get()) != 0) return "cannot be read: " + std::generic_category().message(errno);
  return std::nullopt;
}

LoadedScenario failed(const std::string& path, const yaml::Failure& failure) {
  Issues issues(path);
  issues.add_failure(failure);
  return {std::nullopt, issues.take()};
}

}  // namespace

std::string_view arrivals_name(Arrivals arrivals) {
  return kArrivals[static_cast<std::size_t>(arrivals)];
}

const std::string& Scenario::publish_url() const {
  static const std::string kReference = "reference";
  if (!publish.url.empty()) return publish.url;
  // Subscribers that publish do so where they are connected, through a proxy too.
  return target.reference && publish.from == PublishFrom::kPublisher ? kReference : target.url;
}

std::int64_t Scenario::admitted_after(std::size_t points) const {
  return points < phases.memory.counts.size() ? std::min(phases.memory.counts[points], subscribers) : subscribers;
}

// The speaker of a message is one of its topic.
double Scenario::receivers() const {
  return static_cast<double>(subscribers) / static_cast<double>(topics) - (publish.echo ? 0 : 1);
}

std::string ScenarioError::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}:{}", line, column);
  if (!key.empty()) out += fmt::format(": key '{}'", key);
  if (!value.empty()) out += fmt::format(": '{}'", value);
  return out + ": " + message;
}

LoadedScenario load_scenario(const std::string& path, std::span<const std::string> overrides,
                             const ScenarioTables& tables) {
  std::string text;
  if (const auto error = read_file(path, text)) return failed(path, {*error, 0, 0});
  return parse_scenario(std::move(text), path, overrides, tables);
}

LoadedScenario parse_scenario(std::string text, const std::string& path, std::span<const std::string> overrides,
                              const ScenarioTables& tables) {
  if (text.size() > kMaxScenarioBytes) {
    return failed(path,
                  {fmt::format("larger than {}: this is no scenario", wire::format_size(kMaxScenarioBytes)), 0, 0});
  }
  yaml::Value tree;
  if (const auto failure = yaml::parse(text, tree)) return failed(path, *failure);
  Issues issues(path);
  apply(issues, tree, overrides);
  Scenario scenario;
  scenario.path = path;
  scenario.text = std::move(text);
  scenario.overrides.assign(overrides.begin(), overrides.end());
  read_root(issues, tree, tables, scenario);
  if (!issues.empty()) return {std::nullopt, issues.take()};
  return {std::move(scenario), {}};
}

}  // namespace loadgen
