#include "loadgen/output/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "loadgen/campaign/baseline.h"
#include "loadgen/host/style.h"
#include "loadgen/judge/repetitions.h"
#include "loadgen/measure/percentile.h"
#include "loadgen/output/summary_parts.h"
#include "loadgen/scenario/units.h"
#include "wire/units.h"

namespace loadgen {

namespace {

struct Cell {
  std::string text;
  double rank = std::numeric_limits<double>::quiet_NaN();  // the lowest of its column is the best
};

struct Column {
  std::string_view title;
  bool right;
  std::function<Cell(const VariantSummary&)> cell;
};

std::size_t width_of(std::string_view text) {  // of UTF-8 without wide characters
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

Cell quantile(const measure::Histogram& histogram, std::uint64_t expected, double q) {
  if (expected == 0) return {"–"};
  const auto value = histogram.value_at_quantile_of(q, expected);
  if (!value) return {"not delivered"};
  if (!measure::enough_beyond(q, expected)) return {std::string(kTooFewSamples)};
  return {human_time(static_cast<double>(*value)), static_cast<double>(*value)};
}

Cell latency(const VariantSummary& group, double q) {
  return quantile(group.delivery_latency, group.expected, q);
}

Cell round_trip(const VariantSummary& group, double q) {
  return quantile(group.round_trip, group.round_trip.count(), q);
}

Cell wasted_polls(const VariantSummary& group) {
  if (group.requests == 0) return {"–"};
  const double share = static_cast<double>(group.empty_answers) / static_cast<double>(group.requests);
  return {fmt::format("{} ({}%)", wire::format_count(group.empty_answers), three_digits(100 * share)), share};
}

Cell optional_cell(const std::optional<double>& value, std::string (*format)(double)) {
  if (!value) return {"–"};
  return {format(*value), *value};
}

std::string lost_text(const VariantSummary& group) {
  if (group.expected == 0) return "–";
  std::string text = wire::format_count(group.missing);
  if (group.duplicate > 0) text += fmt::format(" +{} dup", group.duplicate);
  if (group.reordered > 0) text += fmt::format(" +{} reord", group.reordered);
  if (group.corrupt > 0) text += fmt::format(" +{} corrupt", group.corrupt);
  return text;
}

const std::vector<Column>& columns() {
  static const std::vector<Column> kinds = {
      {"technique", false, [](const VariantSummary& g) { return Cell{g.variant->label()}; }},
      {"delivered", true, [](const VariantSummary& g) { return Cell{wire::format_count(g.delivered)}; }},
      {"missing", true, [](const VariantSummary& g) { return Cell{lost_text(g)}; }},
      {"p50", true, [](const VariantSummary& g) { return latency(g, 0.5); }},
      {"p99", true, [](const VariantSummary& g) { return latency(g, 0.99); }},
      {"p99.9", true, [](const VariantSummary& g) { return latency(g, 0.999); }},
      {"bytes/delivery", true,
       [](const VariantSummary& g) { return optional_cell(g.bytes_per_delivery, human_bytes); }},
      {"server CPU/delivery", true,
       [](const VariantSummary& g) { return optional_cell(g.server_cpu_ns_per_delivery, human_time); }},
      {"server memory/client", true,
       [](const VariantSummary& g) { return optional_cell(g.server_bytes_per_subscriber, human_bytes); }},
      {"verdict", false, [](const VariantSummary& g) { return Cell{std::string(verdict_name(g.verdict))}; }},
  };
  return kinds;
}

// Of techniques that ask: how old what they read was, beside how long asking took.
const std::vector<Column>& polling_columns() {
  static const std::vector<Column> kinds = {
      {"technique", false, [](const VariantSummary& g) { return Cell{g.variant->label()}; }},
      {"data age p50", true, [](const VariantSummary& g) { return latency(g, 0.5); }},
      {"data age p99", true, [](const VariantSummary& g) { return latency(g, 0.99); }},
      {"round trip p50", true, [](const VariantSummary& g) { return round_trip(g, 0.5); }},
      {"round trip p99", true, [](const VariantSummary& g) { return round_trip(g, 0.99); }},
      {"polls", true, [](const VariantSummary& g) { return Cell{wire::format_count(g.requests)}; }},
      {"wasted", true, wasted_polls},
      {"skipped", true, [](const VariantSummary& g) { return Cell{wire::format_count(g.skipped_polls)}; }},
  };
  return kinds;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return right ? space + text : text + space;
}

// Returns whether some values are marked as the best of their column.
bool append_table(std::string& out, std::span<const Column> all, std::span<const VariantSummary* const> groups,
                  const Style& style) {
  std::vector<std::vector<Cell>> rows;
  std::vector<std::size_t> widths;
  std::vector<double> best(all.size(), std::numeric_limits<double>::infinity());
  for (const Column& column : all) widths.push_back(width_of(column.title));
  for (const VariantSummary* group : groups) {
    rows.emplace_back();
    for (std::size_t i = 0; i < all.size(); ++i) {
      rows.back().push_back(all[i].cell(*group));
      if (group->verdict == Verdict::kInvalid) rows.back().back().rank = std::numeric_limits<double>::quiet_NaN();
      if (rows.back().back().rank < best[i]) best[i] = rows.back().back().rank;
    }
  }
  const bool mark = rows.size() > 1;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (mark && row[i].rank == best[i])
        row[i].text += " *";
      else if (mark && std::isfinite(best[i]))
        row[i].text += "  ";
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    out += style.bold(padded(std::string(all[i].title), widths[i], all[i].right)) + (i + 1 < all.size() ? "  " : "\n");
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = padded(row[i].text, widths[i], all[i].right);
      out += (mark && row[i].rank == best[i] ? style.bold(text) : text) + (i + 1 < row.size() ? "  " : "\n");
    }
  }
  return mark;
}

void append_tables(std::string& out, std::span<const VariantSummary> groups, const Style& style) {
  std::vector<const VariantSummary*> all;
  std::vector<const VariantSummary*> polling;
  for (const VariantSummary& group : groups) {
    all.push_back(&group);
    if (group.variant->traits().polls) polling.push_back(&group);
  }
  if (append_table(out, columns(), all, style)) {
    out +=
        "* best of its column; latencies from the intended time of publishing to the read that completed the message\n";
  }
  if (polling.empty()) return;
  out += "\n";
  append_table(out, polling_columns(), polling, style);
}

// Where connections came and went while it was measured.
void append_handshakes(std::string& out, const Campaign& campaign, const Style& style) {
  std::string lines;
  for (const RunResult& run : campaign.runs) {
    const net::TlsCounts& tls = run.window.tls;
    if (tls.handshakes == 0) continue;
    const double resumed = static_cast<double>(tls.resumed) / static_cast<double>(tls.handshakes);
    lines += fmt::format("{}: {} handshakes/s, {:.0f}% of them resumed\n", run.variant->label(),
                         three_digits(run.handshakes_per_second()), 100 * resumed);
  }
  if (!lines.empty()) out += "\n" + style.bold("TLS") + "\n" + lines;
}

// Over repetitions: messages of one run hang together and would promise too much.
void append_confidence(std::string& out, std::span<const VariantSummary> groups, const Style& style) {
  std::string lines;
  for (const VariantSummary& group : groups) {
    std::string cells;
    for (const MetricConfidence& metric : confidence_of(group)) {
      const auto shown = metric.unit == MetricConfidence::Unit::kBytes ? human_bytes : human_time;
      cells += fmt::format("  {} {} ({} to {})", metric.metric, shown(metric.interval.middle),
                           shown(metric.interval.low), shown(metric.interval.high));
    }
    if (!cells.empty()) lines += group.variant->label() + ":" + cells + "\n";
  }
  if (!lines.empty())
    out += "\n" + style.bold("Mean of the repetitions and its 95 % confidence interval") + "\n" + lines;
}

std::string baseline_text(const Campaign& campaign) {
  if (campaign.baseline == nullptr || !campaign.baseline->p50()) return {};
  const RunResult& run = *campaign.baseline->result;
  const auto text = [&](double q) { return quantile(run.recorder.delivery_latency, run.expected, q).text; };
  return fmt::format("\nfloor of the tool (sse from a null server under the same load): p50 {}, p99 {}\n", text(0.5),
                     text(0.99));
}

}  // namespace

std::string summary_text(const CampaignOutcome& outcome, bool colour) {
  const Campaign& campaign = outcome.campaign;
  const std::vector<VariantSummary>& groups = outcome.groups;
  const Style style(colour);
  const Scenario& scenario = *campaign.scenario;
  std::string out = fmt::format("{}: {} subscribers, {} messages of {}, {} measured", scenario.name,
                                wire::format_count(static_cast<std::uint64_t>(scenario.subscribers)),
                                wire::format_rate(scenario.publish.rate),
                                wire::format_size(static_cast<std::int64_t>(scenario.publish.payload)),
                                wire::format_duration(scenario.phases.measure));
  if (scenario.repetitions > 1) out += fmt::format(", {} repetitions", scenario.repetitions);
  out += "\n\n";
  if (groups.empty()) {
    out += "nothing was measured\n";
  } else {
    append_tables(out, groups, style);
  }
  out += baseline_text(campaign);
  append_handshakes(out, campaign, style);
  if (const std::string server = server_text(campaign); !server.empty())
    out += "\n" + style.bold("Server") + "\n" + server;
  append_confidence(out, groups, style);
  append_thresholds(out, scenario, outcome.thresholds, style);
  append_warnings(out, campaign, style);
  return out;
}

}  // namespace loadgen
