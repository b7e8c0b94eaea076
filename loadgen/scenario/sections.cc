// server and thresholds.
#include <fmt/format.h>

#include <algorithm>

#include "loadgen/scenario/parts.h"

namespace loadgen {
namespace {

using Kind = OptionSpec::Kind;

constexpr std::size_t kMaxThresholds = 500;
constexpr std::int64_t kMillisecond = 1'000'000;  // ns
constexpr std::int64_t kDay = 24LL * 3600 * 1000 * kMillisecond;

// The options of the reference server that a scenario may set. The server has its own defaults: the fallback here says
// which they are, and none is passed on.
const std::vector<OptionSpec>& server_options() {
  static const std::vector<OptionSpec> options = {
      {server_keys::kThreads, Kind::kCount, "1", "", {}, 1, 1024},
      {"log-size", Kind::kCount, "65536", "", {}, 1, 1 << 30},
      {"log-bytes", Kind::kSize, "256MiB", "", {}, 1, std::int64_t{1} << 40},
      {"log-bytes-total", Kind::kSize, "1GiB", "", {}, 1, std::int64_t{1} << 40},
      {server_keys::kMaxTopics, Kind::kCount, "100000", "", {}, 1, 1 << 30},
      {server_keys::kMaxPayload, Kind::kSize, "16MiB", "", {}, 1, std::int64_t{1} << 40},
      {"queue", Kind::kSize, "1MiB", "", {}, 1, std::int64_t{1} << 40},
      {"policy", Kind::kChoice, "disconnect", "", {"disconnect", "drop-oldest"}},
      {server_keys::kHold, Kind::kDuration, "25s", "", {}, kMillisecond, kDay},
      {"stream-limit", Kind::kCount, "0", "", {}, 0, 1 << 30},
      {"heartbeat", Kind::kDuration, "15s", "", {}, 0, kDay},
      {"retry", Kind::kDuration, "0s", "", {}, 0, kDay},
      {"ping-interval", Kind::kDuration, "20s", "", {}, 0, kDay},
      {"ping-timeout", Kind::kDuration, "20s", "", {}, kMillisecond, kDay},
      {"deflate", Kind::kChoice, "off", "", {"off", "no-context-takeover", "context-takeover"}},
      {"deflate-min-size", Kind::kSize, "64B", "", {}, 1},
      {"subprotocol", Kind::kText, "", ""},
      {"hosts", Kind::kText, "", ""},
      {"origins", Kind::kText, "", ""},
      {"idle-timeout", Kind::kDuration, "75s", "", {}, kMillisecond, kDay},
      {"request-timeout", Kind::kDuration, "10s", "", {}, kMillisecond, kDay},
      {"stall-timeout", Kind::kDuration, "60s", "", {}, kMillisecond, kDay},
      {"cors", Kind::kText, "", ""},
  };
  return options;
}

// Finds technique and variant of a threshold: its name, a label ("polling 500ms"), or with the variant in a key of its
// own.
bool select(const Scenario& scenario, const std::string& name, const std::string* variant, Threshold& out) {
  for (const Variant& v : scenario.variants) {
    const bool whole = v.technique->name == name && (variant == nullptr || v.name == *variant);
    const bool label = variant == nullptr && v.label() == name;
    if (!whole && !label) continue;
    out.technique = std::string(v.technique->name);
    out.one_variant = variant != nullptr || (label && !whole);
    out.variant = out.one_variant ? v.name : "";
    return true;
  }
  return false;
}

void read_selection(const Section& section, const Scenario& scenario, Threshold& threshold) {
  std::string technique;
  std::string variant;
  section.text("technique", technique, 100);
  section.text("variant", variant, 100);
  const bool by_variant = section.find("variant") != nullptr;
  if (technique.empty()) {
    if (by_variant && section.find("technique") == nullptr) section.error("variant", "needs a technique beside it");
    return;
  }
  if (scenario.variants.empty() || select(scenario, technique, by_variant ? &variant : nullptr, threshold)) return;
  std::vector<std::string> labels;
  for (const Variant& v : scenario.variants) {
    const std::string name(v.technique->name);
    if (std::find(labels.begin(), labels.end(), name) == labels.end()) labels.push_back(name);
    if (!v.name.empty()) labels.push_back(v.label());
  }
  const std::vector<std::string_view> words(labels.begin(), labels.end());
  const std::string wanted = by_variant ? technique + " " + variant : technique;
  section.error("technique", fmt::format("'{}' is not among the techniques of this scenario: {}", wanted,
                                         suggestion(wanted, words)));
}

void read_threshold(Issues& issues, const yaml::Value& node, const std::string& path, Scenario& scenario) {
  constexpr std::string_view kKeys[] = {"technique", "variant", "check"};
  const yaml::Value* check = &node;
  Threshold selection;
  if (node.kind == yaml::Value::Kind::kMap) {
    const Section section(issues, &node, path, kKeys);
    read_selection(section, scenario, selection);
    if (!section.require("check", "delivery_latency.p99 < 50ms")) return;
    check = section.find("check");
  }
  const std::string key = check == &node ? path : path + ".check";
  if (check->kind != yaml::Value::Kind::kScalar)
    return issues.add(*check, key, "must be a check, such as missing == 0");
  auto parsed = parse_threshold(check->scalar);
  if (!parsed) return issues.add(*check, key, parsed.error);
  Threshold& threshold = *parsed.value;
  const bool server =
      threshold.metric == Metric::kServerCpuPerDelivery || threshold.metric == Metric::kServerBytesPerSubscriber;
  if (server && !scenario.target.is_measurable()) {
    return issues.add(
        *check, key, "cannot be measured: the server's process is not known; target.process names one of this machine");
  }
  threshold.technique = selection.technique;
  threshold.variant = selection.variant;
  threshold.one_variant = selection.one_variant;
  threshold.line = check->line;
  scenario.thresholds.push_back(std::move(threshold));
}

}  // namespace

void read_server(Issues& issues, const yaml::Value& node, Scenario& scenario) {
  std::vector<std::string_view> keys;
  for (const OptionSpec& spec : server_options()) keys.push_back(spec.key);
  const Section section(issues, &node, "server", keys);
  if (node.kind != yaml::Value::Kind::kMap) return;
  for (const yaml::Entry& entry : node.entries) {
    const auto spec = std::find_if(server_options().begin(), server_options().end(),
                                   [&](const OptionSpec& s) { return s.key == entry.key; });
    if (spec == server_options().end()) continue;
    const OptionValue value = read_option(section, *spec);
    const bool blank = std::any_of(value.text.begin(), value.text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
    if (spec->kind == Kind::kText && (blank || value.text.starts_with('-')))
      section.error(spec->key, "has no blanks and no '-' in front");
    scenario.server.emplace_back(entry.key, value.text);
  }
}

OptionValue server_option(const Scenario& scenario, std::string_view key) {
  const auto& options = server_options();
  const auto spec = std::find_if(options.begin(), options.end(), [&](const OptionSpec& s) { return s.key == key; });
  OptionValue value = default_option(*spec);
  for (const auto& [name, text] : scenario.server) {
    if (name != key) continue;
    OptionSpec given = *spec;
    given.fallback = text;
    value = default_option(given);
  }
  return value;
}

void read_thresholds(Issues& issues, const yaml::Value& list, Scenario& scenario) {
  if (list.kind != yaml::Value::Kind::kSequence)
    return issues.add(list, "thresholds", "must be a list, such as [missing == 0]");
  if (list.items.size() > kMaxThresholds)
    return issues.add(list, "thresholds", fmt::format("more than {} entries", kMaxThresholds));
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    read_threshold(issues, list.items[i], fmt::format("thresholds[{}]", i), scenario);
  }
}

}  // namespace loadgen
