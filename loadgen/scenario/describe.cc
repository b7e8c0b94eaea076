#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "loadgen/scenario/parts.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {
namespace {

double seconds(Nanos duration) {
  return std::chrono::duration<double>(duration).count();
}

// Of a rate that rises evenly from `from` to `to` over warm-up and measure: what falls into measure.
double ramp_messages(double from, double to, double warm_up, double measure) {
  const double total = warm_up + measure;
  const double slope = (to - from) / total;
  return from * measure + slope * (total * total - warm_up * warm_up) / 2;
}

std::string plural(std::int64_t count, std::string_view word) {
  return fmt::format("{} {}{}", wire::format_count(static_cast<std::uint64_t>(count)), word, count == 1 ? "" : "s");
}

std::string rounded(double count) {
  return wire::format_count(static_cast<std::uint64_t>(std::llround(count)));
}

// To whole seconds: a total is an estimate, "3min 55s" says enough.
std::string clock_time(double total_seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(total_seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}min {}s", whole / 60, whole % 60);
  return fmt::format("{}h {}min", whole / 3600, whole % 3600 / 60);
}

// A description is free text of the file: one line of it, and nothing that a terminal would obey.
std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  return out;
}

std::string target_line(const Scenario& scenario) {
  const Target& target = scenario.target;
  const bool direct = target.url == "reference";
  std::string out = direct ? "the reference server, started for each run" : target.url;
  for (const auto& [key, value] : scenario.server) out += fmt::format(", {} {}", key, value);
  std::string started = direct || !target.reference ? "" : "the reference server";
  for (const ProgramSpec& program : target.programs) started += (started.empty() ? "" : ", ") + program.name;
  if (!started.empty()) out += fmt::format(", with {} started for each run", started);
  if (scenario.tls.enabled) out += ", " + scenario.tls.label();
  return out;
}

std::string publish_line(const Scenario& scenario) {
  const PublishSettings& publish = scenario.publish;
  std::string how(arrivals_name(publish.arrivals));
  if (publish.arrivals == Arrivals::kBurst) how = fmt::format("bursts of {}", publish.burst);
  if (publish.arrivals == Arrivals::kRamp) how = fmt::format("rising to {}", wire::format_rate(publish.to));
  const char* from = publish.from == PublishFrom::kPublisher ? ""
                     : publish.echo                          ? ", by the subscribers in turn, with echo"
                                                             : ", by the subscribers in turn, without echo";
  const bool apart = scenario.publish_url() != scenario.target.url;
  return fmt::format("{}, {}, {} of {}{}{}", wire::format_rate(publish.rate), how,
                     wire::format_size(static_cast<std::int64_t>(publish.payload)), publish.binary ? "binary" : "text",
                     from, apart ? ", to " + scenario.publish_url() : "");
}

std::string variant_line(const Variant& variant) {
  std::string options;
  for (std::size_t i = 0; i < variant.options.size(); ++i) {
    const OptionSpec& spec = variant.technique->options[i];
    options += fmt::format("{}{} {}", i == 0 ? "" : ", ", spec.key, format_option(spec, variant.options[i]));
  }
  return options.empty() ? variant.label() : fmt::format("{} ({})", variant.label(), options);
}

std::string threshold_line(const Threshold& threshold) {
  if (threshold.technique.empty()) return threshold.text;
  const std::string gap = threshold.one_variant && !threshold.variant.empty() ? " " + threshold.variant : "";
  return fmt::format("{}{}: {}", threshold.technique, gap, threshold.text);
}

}  // namespace

RunTotals run_totals(const Scenario& scenario) {
  const double measure = seconds(scenario.phases.measure);
  const double rate = scenario.publish.rate.per_second();
  RunTotals totals;
  totals.messages = rate * measure;
  if (scenario.publish.arrivals == Arrivals::kRamp) {
    totals.messages = ramp_messages(rate, scenario.publish.to.per_second(), seconds(scenario.phases.warm_up), measure);
  }
  totals.expected_deliveries = totals.messages * scenario.receivers();
  const auto counts = static_cast<std::int64_t>(scenario.phases.memory.counts.size());
  totals.at_most = scenario.phases.ramp * (counts + 1) + scenario.phases.memory.settle * counts + scenario.phases.idle +
                   scenario.phases.warm_up + scenario.phases.measure + scenario.phases.drain;
  return totals;
}

std::string describe(const Scenario& scenario) {
  const RunTotals totals = run_totals(scenario);
  const auto variants = static_cast<std::int64_t>(scenario.variants.size());
  const std::int64_t runs = variants * scenario.repetitions;
  const Phases& phases = scenario.phases;
  std::string out = scenario.name;
  if (!scenario.description.empty()) out += ": " + one_line(scenario.description);
  const auto line = [&out](std::string_view word, const std::string& text) {
    out += fmt::format("  {:<12} {}\n", word, text);
  };
  out += '\n';
  line("target", target_line(scenario));
  line("subscribers",
       fmt::format("{} on {}, connecting at {}", wire::format_count(static_cast<std::uint64_t>(scenario.subscribers)),
                   plural(scenario.topics, "topic"), wire::format_rate(scenario.connect.rate)));
  line("publish", publish_line(scenario));
  const MemorySettings& memory = phases.memory;
  if (!memory.counts.empty()) {
    line("memory", fmt::format("read at {} subscribers, {} after the last of them", fmt::join(memory.counts, ", "),
                               wire::format_duration(memory.settle)));
  }
  const std::string idle =
      phases.idle > Nanos(0) ? fmt::format("idle {}, ", wire::format_duration(phases.idle)) : std::string();
  line("phases", fmt::format("ramp at most {}, {}warm-up {}, measure {}, drain at most {}",
                             wire::format_duration(phases.ramp), idle, wire::format_duration(phases.warm_up),
                             wire::format_duration(phases.measure), wire::format_duration(phases.drain)));
  line("runs",
       fmt::format("{} = {} x {}", runs, plural(variants, "variant"), plural(scenario.repetitions, "repetition")));
  for (const Variant& variant : scenario.variants) line("", variant_line(variant));
  line("each run", fmt::format("about {} messages, {} expected deliveries", rounded(totals.messages),
                               rounded(totals.expected_deliveries)));
  for (const Threshold& threshold : scenario.thresholds)
    line(&threshold == &scenario.thresholds.front() ? "thresholds" : "", threshold_line(threshold));
  line("time", fmt::format("{} of measuring, {} in all at most",
                           clock_time(seconds(phases.measure) * static_cast<double>(runs)),
                           clock_time(seconds(totals.at_most) * static_cast<double>(runs))));
  return out;
}

}  // namespace loadgen
