// Rules about what the server costs, and about settings that make costs of techniques unlike.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "loadgen/judge/rules.h"
#include "wire/units.h"

namespace loadgen::rules {

namespace {

// What "WebSocket ran with permessage-deflate, SSE without" is about.
struct Setting {
  std::string_view name;
  std::function<bool(const VariantSummary&)> has;
};

bool is_compressed(const RunResult& run) {
  const SessionCounts& counts = run.window.counts;
  return counts.compressed_messages > 0 || counts.received.encoded > 0;
}

// The labels of the groups that are `with` it, or without.
std::string labels(const std::span<const VariantSummary>& groups, const Setting& setting, bool with) {
  std::string list;
  for (const VariantSummary& group : groups) {
    if (setting.has(group) == with) list += (list.empty() ? "" : ", ") + group.variant->label();
  }
  return list;
}

// Variants of one technique are unlike on purpose: two techniques are compared unlike when one has it and another not.
bool unlike(const std::span<const VariantSummary>& groups, const Setting& setting) {
  for (const VariantSummary& one : groups) {
    const bool other = std::ranges::any_of(groups, [&](const VariantSummary& group) {
      return group.variant->technique != one.variant->technique && setting.has(group) != setting.has(one);
    });
    if (other) return true;
  }
  return false;
}

}  // namespace

void server_gone(const RunResult& run, Findings& found) {
  if (run.server && run.server->ended) {
    found.warn(fmt::format("the measured process {} ended while it was measured: the server's cost is unknown",
                           run.server->pid));
  }
  if (run.server && run.server->cpu && run.server->pss_bytes == 0) {
    found.info(fmt::format(
        "not permitted to read the memory of process {} (/proc/{}/smaps_rollup): run as its user or as root",
        run.server->pid, run.server->pid));
  }
}

// They were asked for: silence would look like none.
void syscalls_unknown(const RunResult& run, Findings& found) {
  if (run.server && !run.server->syscalls_unknown.empty())
    found.info("the server's system calls are not counted: " + run.server->syscalls_unknown);
}

// What a compiler that works while the program runs has not compiled yet is slow, and costs CPU time meanwhile.
void jit_runtime(const RunResult& run, Findings& found) {
  constexpr Nanos kAdvised = std::chrono::seconds(15);
  if (!run.server || run.server->runtimes.empty()) return;
  std::string names;
  for (const std::string& name : run.server->runtimes) names += (names.empty() ? "" : ", ") + name;
  const std::string used = wire::format_duration(std::chrono::round<std::chrono::milliseconds>(run.phases.warm_up));
  found.info(run.phases.warm_up + std::chrono::milliseconds(500) >= kAdvised
                 ? fmt::format("runtime with JIT ({}): {} warm-up used", names, used)
                 : fmt::format("runtime with JIT ({}): {} warm-up used, {} are advised (phases.warm-up)", names, used,
                               wire::format_duration(kAdvised)));
}

// A slope is what one subscriber costs only where memory grows in a line.
void memory_not_linear(const RunResult& run, Findings& found) {
  constexpr double kLinear = 0.95;
  const auto slope = memory_slope(run.memory, "server_pss");
  if (!slope || slope->r2 >= kLinear) return;
  found.warn(
      fmt::format("the server's memory does not grow in a line with its subscribers (r² {:.2f} of {} points): "
                  "the slope is not what one of them costs",
                  slope->r2, slope->points));
}

void unlike_settings(const Scenario&, const std::span<const VariantSummary>& groups, Findings& found) {
  const Setting settings[] = {
      {"compression",
       [](const VariantSummary& group) {
         return std::ranges::any_of(group.runs, [](const auto* run) { return is_compressed(*run); });
       }},
      {"TLS",
       [](const VariantSummary& group) {
         return std::ranges::any_of(group.runs, [](const auto* run) { return run->tls; });
       }},
  };
  for (const Setting& setting : settings) {
    if (!unlike(groups, setting)) continue;
    found.warn(fmt::format("{} ran with {}, {} without: bytes and CPU time do not compare",
                           labels(groups, setting, true), setting.name, labels(groups, setting, false)));
  }
}

}  // namespace loadgen::rules
