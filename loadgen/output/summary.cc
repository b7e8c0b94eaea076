#include "loadgen/output/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "loadgen/campaign/baseline.h"
#include "loadgen/host/style.h"
#include "loadgen/output/summary_parts.h"
#include "loadgen/scenario/units.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr double kUnranked = std::numeric_limits<double>::quiet_NaN();

struct Cell {
  std::string text;
  double rank = kUnranked;  // the lowest of its column is the best
};

struct Column {
  std::string_view title;
  bool right;
  std::function<Cell(const VariantSummary&)> cell;
};

std::size_t width_of(std::string_view text) {  // of UTF-8 without wide characters
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// The number as it is shown, ranked where less of it is better.
Cell cell_of(const VariantSummary& group, std::string_view name) {
  const MetricInfo& info = find_metric(name.substr(0, name.find('.'))).info;
  const MetricValue value = group.value(name);
  if (!value.value) return {"–"};
  if (value.is_undelivered()) return {"not delivered"};
  if (value.has_few_samples()) return {std::string(kTooFewSamples)};
  const bool ranked = info.better == Better::kLess && info.unit != Unit::kCount;
  return {quantity_text(*value.value, info.unit), ranked ? *value.value : kUnranked};
}

Column column(std::string_view title, std::string_view metric) {
  return {title, true, [metric](const VariantSummary& group) { return cell_of(group, metric); }};
}

Column label_column(std::string_view title) {
  return {title, false, [](const VariantSummary& group) { return Cell{group.variant->label()}; }};
}

Cell wasted_polls(const VariantSummary& group) {
  Cell share = cell_of(group, "wasted_poll_share");
  if (group.value("wasted_poll_share").value)
    share.text = fmt::format("{} ({})", cell_of(group, "empty_answers").text, share.text);
  return share;
}

Cell lost(const VariantSummary& group) {
  if (group.count("expected_deliveries") == 0) return {"–"};
  std::string text = cell_of(group, "missing").text;
  for (const auto& [metric, word] :
       {std::pair("duplicate", "dup"), std::pair("reordered", "reord"), std::pair("corrupt", "corrupt")}) {
    if (group.count(metric) > 0) text += fmt::format(" +{} {}", cell_of(group, metric).text, word);
  }
  return {text};
}

const std::vector<Column>& columns() {
  static const std::vector<Column> kinds = {
      label_column("technique"),
      column("delivered", "delivered"),
      {"missing", true, lost},
      column("p50", "delivery_latency.p50"),
      column("p99", "delivery_latency.p99"),
      column("p99.9", "delivery_latency.p999"),
      column("bytes/delivery", "bytes_per_delivery"),
      column("server CPU/delivery", "server_cpu_per_delivery"),
      column("server memory/client", "server_bytes_per_subscriber"),
      {"verdict", false, [](const VariantSummary& g) { return Cell{std::string(verdict_name(g.verdict))}; }},
  };
  return kinds;
}

// Of techniques that ask: how old what they read was, beside how long asking took.
const std::vector<Column>& polling_columns() {
  static const std::vector<Column> kinds = {
      label_column("technique"),
      column("data age p50", "delivery_latency.p50"),
      column("data age p99", "delivery_latency.p99"),
      column("round trip p50", "round_trip.p50"),
      column("round trip p99", "round_trip.p99"),
      column("polls", "requests"),
      {"wasted", true, wasted_polls},
      column("skipped", "skipped_polls"),
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
      if (group->verdict == Verdict::kInvalid) rows.back().back().rank = kUnranked;
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

// "  delivery_latency.p99 2.10 ms (1.90 ms to 2.30 ms)"; empty without an interval.
std::string interval_text(const std::string& name, Unit unit, const MetricValue& value) {
  if (!value.low || !value.high) return {};
  return fmt::format("  {} {} ({} to {})", name, quantity_text(*value.value, unit), quantity_text(*value.low, unit),
                     quantity_text(*value.high, unit));
}

std::string interval_texts(const VariantSummary& group) {
  if (group.verdict == Verdict::kInvalid) return {};
  std::string text;
  for (const Metric& metric : metrics()) {
    if (!metric.is_headline) continue;
    const std::string name(metric.info.name);
    if (!metric.info.is_distribution) {
      text += interval_text(name, metric.info.unit, group.value(metric));
      continue;
    }
    for (const char* percentile : {"p50", "p99", "p999"}) {
      const std::string whole = fmt::format("{}.{}", name, percentile);
      text += interval_text(whole, metric.info.unit, group.value(whole));
    }
  }
  return text;
}

// Over repetitions: messages of one run hang together and would promise too much.
void append_intervals(std::string& out, std::span<const VariantSummary> groups, const Style& style) {
  std::string lines;
  for (const VariantSummary& group : groups) {
    const std::string cells = interval_texts(group);
    if (!cells.empty()) lines += group.variant->label() + ":" + cells + "\n";
  }
  if (!lines.empty()) out += "\n" + style.bold("With the 95 % confidence interval over the repetitions") + "\n" + lines;
}

std::string baseline_text(const Campaign& campaign) {
  if (campaign.baseline == nullptr || !campaign.baseline->p50()) return {};
  const RunResult& run = *campaign.baseline->result;
  const VariantSummary baseline(*run.variant, {&run});
  return fmt::format("\nfloor of the tool (sse from a null server under the same load): p50 {}, p99 {}\n",
                     cell_of(baseline, "delivery_latency.p50").text, cell_of(baseline, "delivery_latency.p99").text);
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
  append_intervals(out, groups, style);
  append_thresholds(out, scenario, outcome.thresholds, style);
  append_warnings(out, campaign, style);
  return out;
}

}  // namespace loadgen
