#include "loadgen/output/summary_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "loadgen/scenario/units.h"

namespace loadgen {

namespace {

void add_once(std::vector<std::string>& lines, std::string line) {
  if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
}

std::string slope_text(const RunResult& run, std::string_view name, std::string_view words, double least_r2 = 0) {
  const auto slope = memory_slope(run.memory, name);
  if (!slope || slope->r2 < least_r2) return {};
  const std::string size = slope->bytes_per_subscriber < 0 ? "-" + human_bytes(-slope->bytes_per_subscriber)
                                                           : human_bytes(slope->bytes_per_subscriber);
  return fmt::format("  {} {} (r² {:.3f})", words, size, slope->r2);
}

// What else goes on in the machine is in the kernel's structures, too.
constexpr double kClear = 0.9;

// "sse: memory per subscriber, slope over 3 counts:  server PSS 3.21 KiB (r² 0.999) …"
std::string slopes_line(const RunResult& run, bool repeated) {
  const std::string slopes =
      slope_text(run, "server_pss", "server PSS") + slope_text(run, "server_sockets", "its sockets' buffers") +
      slope_text(run, "generator_pss", "generator PSS") + slope_text(run, "generator_sockets", "its sockets' buffers") +
      slope_text(run, "kernel_slab", "kernel structures of both ends", kClear);
  if (slopes.empty()) return {};
  return fmt::format("{}{}: memory per subscriber, slope over {} counts:{}", run.variant->label(),
                     repeated ? fmt::format(" #{}", run.repetition) : "", run.memory.size(), slopes);
}

}  // namespace

std::string server_text(const Campaign& campaign) {
  std::vector<std::string> lines;
  for (const RunResult& run : campaign.runs) {
    if (run.server && run.server->chosen_by != "started" && !run.server->command.empty()) {
      add_once(lines, fmt::format("process {} with all it has started, found by its {}: {}", run.server->pid,
                                  run.server->chosen_by, run.server->command));
    }
    if (!run.server_unknown.empty())
      add_once(lines, "cost not measured: " + run.server_unknown + "; target.process names the process");
  }
  for (const RunResult& run : campaign.runs) {
    if (std::string line = slopes_line(run, campaign.scenario->repetitions > 1); !line.empty())
      lines.push_back(std::move(line));
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace loadgen
