// What costs are read of: target.process, which local process is the server, and phases.memory.
#include <fmt/format.h>

#include <algorithm>

#include "loadgen/scenario/parts.h"
#include "wire/url.h"

namespace loadgen {

void read_process(Issues& issues, const yaml::Value& node, Target& target) {
  constexpr std::string_view kKeys[] = {"pid", "command", "port"};
  constexpr std::string_view kPath = "target.process";
  ProcessSelector& plan = target.process;
  plan.line = node.line;
  if (node.kind == yaml::Value::Kind::kScalar && node.scalar == "none") {
    plan.by = ProcessSelector::By::kNone;
    return;
  }
  if (node.kind != yaml::Value::Kind::kMap || node.entries.size() != 1) {
    return issues.add(node, std::string(kPath),
                      "must be none, or a map of one of pid: 123, command: nchan (a part of the command line) and "
                      "port: 8080 (that it listens on)");
  }
  const Section section(issues, &node, std::string(kPath), kKeys);
  std::int64_t number = 0;
  section.count("pid", number, 1, 1 << 22);  // PID_MAX_LIMIT
  section.text("command", plan.command, 1000);
  section.count("port", number, 1, 65535);
  plan.number = number;
  if (section.find("pid") != nullptr) plan.by = ProcessSelector::By::kPid;
  if (section.find("command") != nullptr) plan.by = ProcessSelector::By::kCommand;
  if (section.find("port") != nullptr) plan.by = ProcessSelector::By::kPort;
}

void read_memory(Issues& issues, const yaml::Value& node, MemorySettings& out) {
  constexpr std::string_view kKeys[] = {"counts", "settle"};
  constexpr std::string_view kPath = "phases.memory";
  constexpr std::size_t kMost = 100;
  const Section section(issues, &node, std::string(kPath), kKeys);
  if (node.kind != yaml::Value::Kind::kMap) return;
  section.duration("settle", out.settle, Nanos(0), std::chrono::hours(1));
  if (!section.require("counts", "[1000, 2000, 4000]")) return;
  const yaml::Value& counts = *section.find("counts");
  if (counts.kind != yaml::Value::Kind::kSequence || counts.items.size() < kLeastMemoryPoints ||
      counts.items.size() > kMost) {
    return section.error("counts", fmt::format("must be a list of {} to {} numbers of subscribers, such as "
                                               "[1000, 2000, 4000]: two points are always on a line",
                                               kLeastMemoryPoints, kMost));
  }
  for (const yaml::Value& item : counts.items) {
    const std::string key = fmt::format("{}.counts[{}]", kPath, out.counts.size());
    const auto count = item.kind == yaml::Value::Kind::kScalar
                           ? wire::parse_count(item.scalar)
                           : wire::Parsed<std::int64_t>{{}, "must be a whole number"};
    if (!count) return issues.add(item, key, count.error);
    if (*count.value < 1) return issues.add(item, key, "must be at least 1");
    if (!out.counts.empty() && *count.value <= out.counts.back())
      return issues.add(item, key, fmt::format("must be more than the one before it ({})", out.counts.back()));
    out.counts.push_back(*count.value);
  }
}

bool Target::is_measurable() const {
  if (process.by != ProcessSelector::By::kDefault) return process.by != ProcessSelector::By::kNone;
  return !is_running() || is_loopback();
}

bool Target::is_loopback() const {
  const auto parsed = wire::parse_url(url);
  if (!parsed) return false;
  const std::string& host = parsed.value->host;
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool Target::takes_loopback_sources() const {
  const std::string_view host = std::string_view(url).substr(url.starts_with("https") ? 8 : is_reference() ? 0 : 7);
  return is_reference() || host.starts_with("127.") || host.starts_with("localhost");
}

std::uint32_t Scenario::connections_each(const Variant& variant) const {
  const bool posts = publish.from == PublishFrom::kSubscribers && !variant.technique->publishes;
  return variant.traits().footprint.connections + (posts ? 1 : 0);
}

std::uint64_t Scenario::connections() const {
  std::uint32_t each = 1;
  for (const Variant& variant : variants) each = std::max(each, connections_each(variant));
  return each * static_cast<std::uint64_t>(subscribers);
}

std::uint64_t Scenario::server_connections() const {
  constexpr std::uint64_t kPublishers = 16;
  return connections() + kPublishers;
}

std::uint64_t Scenario::server_threads() const {
  return static_cast<std::uint64_t>(server_option(*this, server_keys::kThreads).number);
}

std::uint64_t Scenario::source_count() const {
  return sources.count_for(connections(), target.takes_loopback_sources());
}

std::uint64_t Scenario::worker_threads(unsigned cores) const {
  const std::int64_t wanted = threads > 0 ? threads : std::max<std::int64_t>(1, cores / 2);
  return static_cast<std::uint64_t>(std::min(wanted, subscribers));
}

std::string ProcessSelector::text() const {
  switch (by) {
    case By::kPid:
      return fmt::format("pid: {}", number);
    case By::kCommand:
      return "command: " + command;
    case By::kPort:
      return fmt::format("port: {}", number);
    case By::kNone:
      return "none";
    case By::kDefault:
      break;
  }
  return {};
}

}  // namespace loadgen
