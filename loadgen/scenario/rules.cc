#include <fmt/format.h>

#include <cmath>

#include "loadgen/scenario/parts.h"

namespace loadgen {
namespace {

void report(Issues& issues, const yaml::Value& root, const std::string& key, std::string message) {
  issues.add(yaml::locate(root, key), key, std::move(message));
}

// Publishing from subscribers: who speaks, and whether anybody hears it.
void check_speakers(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  if (!issues.clean({"publish", "subscribers", "topics"})) return;
  if (scenario.publish.from == PublishFrom::kPublisher) {
    for (const char* key : {"publish.echo", "publish.rate-per-subscriber"}) {
      if (yaml::has(root, key)) report(issues, root, key, "only for from: subscribers");
    }
    return;
  }
  if (!scenario.publish.echo && scenario.subscribers < 2 * scenario.topics) {
    report(issues, root, "publish.echo",
           fmt::format("leaves nobody to deliver to: {} topics need at least {} subscribers", scenario.topics,
                       2 * scenario.topics));
  }
}

void check_publish(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  const PublishSettings& publish = scenario.publish;
  const bool burst = yaml::has(root, "publish.burst");
  const bool to = yaml::has(root, "publish.to");
  if (issues.clean({"publish.arrivals", "publish.burst"})) {
    if (publish.arrivals == Arrivals::kBurst && !burst)
      report(issues, root, "publish.burst",
             "missing: arrivals: burst needs the messages of one burst, such as burst: 10");
    if (publish.arrivals != Arrivals::kBurst && burst)
      report(issues, root, "publish.burst", "only for arrivals: burst");
  }
  if (issues.clean({"publish.arrivals", "publish.to"})) {
    if (publish.arrivals == Arrivals::kRamp && !to)
      report(issues, root, "publish.to", "missing: arrivals: ramp needs the rate at its end, such as to: 100/s");
    if (publish.arrivals != Arrivals::kRamp && to) report(issues, root, "publish.to", "only for arrivals: ramp");
  }
  const double messages = run_totals(scenario).messages;
  if (issues.clean({"publish", "phases"}) && messages < 1) {
    report(issues, root, "publish.rate",
           fmt::format("nothing to measure: {:.2g} messages in the {} of phases.measure", messages,
                       wire::format_duration(scenario.phases.measure)));
  }
  const std::int64_t largest = server_option(scenario, server_keys::kMaxPayload).number;
  if (scenario.target.reference && issues.clean({"publish.payload", "server"}) &&
      static_cast<std::int64_t>(publish.payload) > largest) {
    report(issues, root, "publish.payload",
           fmt::format("larger than server.max-payload ({})", wire::format_size(largest)));
  }
}

void check_subscribers(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  if (!issues.clean({"subscribers"})) return;
  if (issues.clean({"topics"}) && scenario.topics > scenario.subscribers) {
    report(issues, root, "topics",
           fmt::format("more topics than subscribers ({}): some would be published to nobody", scenario.subscribers));
  }
  const std::int64_t most = server_option(scenario, server_keys::kMaxTopics).number;
  if (scenario.target.reference && issues.clean({"topics", "server"}) && scenario.topics > most) {
    report(
        issues, root, "topics",
        fmt::format("more than the reference server takes ({0}): set server.max-topics: {1}", most, scenario.topics));
  }
  const auto& counts = scenario.phases.memory.counts;
  if (issues.clean({"phases.memory"}) && !counts.empty() && counts.back() > scenario.subscribers) {
    report(issues, root, "phases.memory.counts",
           fmt::format("more than subscribers: there are {}", scenario.subscribers));
  }
  if (!issues.clean({"connect.rate", "phases.ramp"})) return;
  const double seconds = static_cast<double>(scenario.subscribers) / scenario.connect.rate.per_second();
  const double limit = std::chrono::duration<double>(scenario.phases.ramp).count();
  if (seconds > limit) {
    report(issues, root, "connect.rate",
           fmt::format("too slow: {} subscribers at {} take {:.4g}s, phases.ramp allows {}", scenario.subscribers,
                       wire::format_rate(scenario.connect.rate), seconds, wire::format_duration(scenario.phases.ramp)));
  }
}

void check_techniques(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.variants.size(); ++i) {
    const Variant& variant = scenario.variants[i];
    const Traits traits = variant.traits();
    const auto report_option = [&](std::string_view key, std::string message) {
      report(issues, root, fmt::format("techniques[{}].{}.{}", i, variant.technique->name, key), std::move(message));
    };
    if (traits.polls && issues.clean({"phases.drain"}) && traits.polls->interval > scenario.phases.drain) {
      report_option(traits.polls->key,
                    fmt::format("longer than phases.drain ({}): the last messages could not be received",
                                wire::format_duration(scenario.phases.drain)));
    }
    if (const auto validate = variant.technique->validate) {
      if (const auto error = validate(variant.options)) report_option(error->key, std::string(error->message));
    }
    if (!traits.hold || !scenario.target.reference || !issues.clean({"server"})) continue;
    const Nanos longest(server_option(scenario, server_keys::kHold).number);
    if (traits.hold->value > longest) {
      report_option(traits.hold->key,
                    fmt::format("longer than the reference server holds ({}): set server.hold: {}",
                                wire::format_duration(longest), wire::format_duration(traits.hold->value)));
    }
  }
}

// Where TLS was asked for: by the technique, else by the scenario.
std::string tls_key(const yaml::Value& root, std::size_t variant, const Scenario& scenario) {
  const std::string own = fmt::format("techniques[{}].{}.tls", variant, scenario.variants[variant].technique->name);
  return yaml::has(root, own) ? own : "tls";
}

void check_tls(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  if (!issues.clean({"target", "tls", "techniques"})) return;
  const Target& target = scenario.target;
  for (std::size_t i = 0; i < scenario.variants.size(); ++i) {
    const TlsSettings& tls = scenario.variants[i].tls;
    const std::string key = tls_key(root, i, scenario);
    if (!target.is_reference() && tls.enabled != target.is_secure()) {
      report(
          issues, root, key,
          tls.enabled ? "the target's URL says http: write https://" : "the target's URL says https: it is always TLS");
    } else if (target.is_reference() && !tls.ca.empty()) {
      report(issues, root, key + ".ca",
             "only for a server of your own: the reference server's certificate is made for the run");
    } else {
      continue;
    }
    return;
  }
}

}  // namespace

void check_rules(Issues& issues, const yaml::Value& root, const Scenario& scenario) {
  check_publish(issues, root, scenario);
  check_speakers(issues, root, scenario);
  check_subscribers(issues, root, scenario);
  check_techniques(issues, root, scenario);
  check_tls(issues, root, scenario);
  if (!scenario.target.reference && yaml::has(root, "server")) {
    report(issues, root, "server",
           "only where the reference server is started (target: reference, or ${reference.port} in it): "
           "another server has its own options");
  }
  const ReconnectPolicy& reconnect = scenario.reconnect;
  if (issues.clean({"reconnect.initial", "reconnect.max"}) && reconnect.max < reconnect.initial) {
    report(issues, root, "reconnect.max",
           fmt::format("shorter than reconnect.initial ({})", wire::format_duration(reconnect.initial)));
  }
}

}  // namespace loadgen
