#include "loadgen/campaign/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "loadgen/host/host_info.h"
#include "loadgen/measure/fanout.h"
#include "loadgen/scenario/units.h"
#include "net/limits.h"
#include "wire/units.h"

namespace loadgen {

namespace {

// Connections that may wait to be accepted: what worker.cc lets be under way at a time.
constexpr std::uint64_t kAtOnce = 2048;
// Measured with a million idle streams on loopback: the kernel's and the programs' for both ends, by two.
constexpr std::uint64_t kBytesAnEnd = 6 << 10;
constexpr std::uint64_t kBytesOfTls = 20 << 10;       // of an end: 16 KiB of a server's, 22 KiB of a client's
constexpr std::uint64_t kBytesOfInflater = 44 << 10;  // zlib's: its state and a window of 32 KiB
constexpr std::uint64_t kBytesOfRecorder = 3 << 20;   // of each thread: its histograms
constexpr std::uint64_t kBytesOfPrograms = std::uint64_t{64} << 20;
constexpr double kPortsToUse = 0.8;  // the last ones of a range are slow to find

std::string count(std::uint64_t number) {
  return wire::format_count(number);
}

std::string sysctl(std::string_view name, std::uint64_t value) {
  return fmt::format("sysctl -w {}={}", name, value);
}

class Checks {
 public:
  Checks(const Scenario& scenario, const ProcessLimits& limits, const SystemFiles& files)
      : scenario_(scenario),
        limits_(limits),
        files_(files),
        subscribers_(static_cast<std::uint64_t>(scenario.subscribers)),
        connections_(scenario.connections()),
        each_(std::max<std::uint64_t>(connections_ / std::max<std::uint64_t>(subscribers_, 1), 1)),
        ends_(ends_of(scenario.target)) {}

  std::vector<Preflight> all() {
    descriptors();
    system_descriptors();
    ports();
    for (const net::Address& source : scenario_.sources.given()) source_address(source);
    for (const char* name : {"net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog"}) listen_queue(name);
    socket_memory();
    memory();
    connection_tracking();
    clock();
    return std::move(list_);
  }

 private:
  void add(std::string subject, bool enough, Level otherwise, std::string limit, std::string needed, std::string fix) {
    list_.push_back({std::move(subject), enough ? Level::kInfo : otherwise, std::move(limit), std::move(needed),
                     enough ? "" : std::move(fix)});
  }

  // A proxy before the reference server has a connection to it for each of a subscriber's.
  static std::uint64_t ends_of(const Target& target) {
    if (target.reference) return target.is_reference() ? 2 : 4;
    return target.takes_loopback_sources() || target.is_loopback() ? 2 : 1;
  }

  // Subscribers that need `each` of what `others` leave of `all`.
  static std::uint64_t that_fit(std::uint64_t all, std::uint64_t others, std::uint64_t each) {
    return (all - std::min(all, others)) / each;
  }

  void descriptors() {
    const std::uint64_t needed = descriptors_needed(scenario_, limits_.cores);
    const bool fits = needed <= limits_.descriptors;
    const Variant* together = held_together();
    const bool spread = limits_.own_tables && together == nullptr;
    std::string limit = count(limits_.descriptors) + " a table";
    if (!fits && spread) limit += ", a table for each thread";
    if (!fits && limits_.own_tables && !spread)
      limit += fmt::format(", and those of a session of {} must be in one", together->label());
    add("file descriptors", fits || spread, Level::kInvalid, limit, count(needed),
        net::descriptor_cure(needed, files_.number("proc/sys/fs/nr_open").value_or(0)) +
            " (as root; or set nofile in /etc/security/limits.conf)");
    list_.back().fits = that_fit(limits_.descriptors, needed - connections_, each_);
  }

  // The threads of the reference server hand over connections of one session, unless each has a table of its own.
  // Null, or a technique that needs it.
  const Variant* held_together() const {
    if (!scenario_.target.reference) return nullptr;
    const auto held = [](const Variant& variant) { return variant.traits().footprint.connections > 1; };
    const auto found = std::ranges::find_if(scenario_.variants, held);
    return found == scenario_.variants.end() ? nullptr : &*found;
  }

  void system_descriptors() {
    const auto most = files_.number("proc/sys/fs/file-max");
    if (!most) return;
    const std::uint64_t used = files_.number("proc/sys/fs/file-nr").value_or(0);
    const std::uint64_t other = used + ends_ * net::descriptors_needed(0, 1);
    const std::uint64_t needed = other + ends_ * connections_;
    add("open files, all programs", needed <= *most, Level::kInvalid, count(*most), count(needed),
        sysctl("fs.file-max", needed));
    list_.back().fits = that_fit(*most, other, ends_ * each_);
  }

  // Subscribers that connect anew for each poll: each connection holds its port for TIME_WAIT after it.
  double connections_per_second() const {
    double most = 0;
    for (const Variant& variant : scenario_.variants) {
      const Traits traits = variant.traits();
      if (!traits.polls || !traits.connects_anew) continue;
      const double interval = std::chrono::duration<double>(traits.polls->interval).count();
      most = std::max(most, static_cast<double>(subscribers_) / interval);
    }
    return most;
  }

  void ports() {
    const auto range = files_.numbers("proc/sys/net/ipv4/ip_local_port_range");
    if (range.size() < 2 || range[1] < range[0]) return;
    const bool loopback = scenario_.target.takes_loopback_sources();
    // tcp_tw_reuse: 1 always, 2 on loopback: a port is taken again after a second.
    const std::uint64_t reuse = files_.number("proc/sys/net/ipv4/tcp_tw_reuse").value_or(0);
    const double time_wait = reuse == 1 || (reuse == 2 && loopback) ? 1 : 60;
    const std::uint64_t sources = scenario_.source_count();
    const std::uint64_t each = range[1] - range[0] + 1;
    const std::uint64_t needed = connections_ + static_cast<std::uint64_t>(connections_per_second() * time_wait);
    const bool fits = static_cast<double>(needed) <= kPortsToUse * static_cast<double>(each * sources);
    const Level otherwise = connections_ > each * sources ? Level::kInvalid : Level::kWarn;
    add("source ports", fits, otherwise,
        fmt::format("{} x {} source address{}", count(each), sources, sources == 1 ? "" : "es"), count(needed),
        each < 60'000 ? "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", or source_addresses in the scenario"
                      : "source_addresses in the scenario");
    list_.back().fits = that_fit(each * sources, 0, each_);
  }

  void source_address(const net::Address& source) {
    const int error = net::bind_error(source);
    if (error == 0) return;
    const std::string host = source.host();
    add("source address " + host, false, Level::kInvalid, std::strerror(error), "",
        error == EADDRNOTAVAIL ? "ip address add " + host + " dev INTERFACE" : "another one in source_addresses");
  }

  void listen_queue(const std::string& name) {
    if (!scenario_.target.reference) return;
    std::string path = "proc/sys/" + name;
    std::ranges::replace(path, '.', '/');
    const auto limit = files_.number(path);
    if (!limit) return;
    // With cookies a full queue of half-open connections costs none of them.
    const bool cookies =
        name != "net.core.somaxconn" && files_.number("proc/sys/net/ipv4/tcp_syncookies").value_or(0) > 0;
    const std::uint64_t needed = std::min(subscribers_, kAtOnce);
    add(name, needed <= *limit || cookies, Level::kWarn, count(*limit) + (cookies ? ", with SYN cookies" : ""),
        count(needed), sysctl(name, needed));
  }

  // When every subscriber has one message waiting in its socket.
  void socket_memory() {
    const auto pages = files_.numbers("proc/sys/net/ipv4/tcp_mem");
    if (pages.size() < 3) return;
    constexpr std::uint64_t kPage = 4096, kOverhead = 1024;
    const std::uint64_t each = (scenario_.publish.payload + kOverhead + kPage - 1) / kPage;
    const std::uint64_t needed = subscribers_ * each;
    add("net.ipv4.tcp_mem", needed <= pages[1], Level::kWarn, human_bytes(static_cast<double>(pages[1] * kPage)),
        human_bytes(static_cast<double>(needed * kPage)),
        fmt::format("sysctl -w net.ipv4.tcp_mem=\"{} {} {}\"", std::max(pages[0], needed * 3 / 4),
                    std::max(pages[1], needed), std::max(pages[2], needed * 3 / 2)));
  }

  void memory() {
    const auto available = files_.value("proc/meminfo", "MemAvailable");
    if (!available) return;
    const std::uint64_t there = *available * 1024;
    const auto messages = static_cast<std::uint64_t>(run_totals(scenario_).messages);
    // Every thread notes when each message of `measure` came first and last: an hour at 10,000/s is half a gigabyte.
    const std::uint64_t noted = threads() * messages * measure::FanOut::kBytesAMessage;
    const std::uint64_t others = kBytesOfPrograms + threads() * kBytesOfRecorder + noted;
    const std::uint64_t needed = others + subscribers_ * bytes_of_subscriber();
    const bool fits = static_cast<double>(needed) <= 0.9 * static_cast<double>(there);
    const std::uint64_t room = that_fit(there, others, bytes_of_subscriber());
    const std::string fix =
        there > others
            ? fmt::format("about {} subscribers fit", count(room))
            : fmt::format("a shorter phases.measure: its messages are {}, {} bytes each in each of {} threads",
                          human_bytes(static_cast<double>(noted)), measure::FanOut::kBytesAMessage, threads());
    add("memory", fits, needed > there ? Level::kInvalid : Level::kWarn, human_bytes(static_cast<double>(there)),
        human_bytes(static_cast<double>(needed)), fix);
    list_.back().fits = room;
  }

  std::uint64_t threads() const {
    return net::plan_descriptors(connections_, limits_.descriptors, scenario_.worker_threads(limits_.cores), true)
        .threads;
  }

  // With the variant that needs most.
  std::uint64_t bytes_of_subscriber() const {
    std::uint64_t most = ends_ * kBytesAnEnd;
    for (const Variant& variant : scenario_.variants) {
      const std::uint64_t end = kBytesAnEnd + (variant.tls.enabled ? kBytesOfTls : 0);
      most = std::max(most, scenario_.connections_each(variant) * ends_ * end +
                                variant.traits().footprint.inflaters * kBytesOfInflater);
    }
    return most;
  }

  void connection_tracking() {
    const auto most = files_.number("proc/sys/net/netfilter/nf_conntrack_max");
    const auto used = files_.number("proc/sys/net/netfilter/nf_conntrack_count");
    if (!most || !used) return;  // not loaded
    // Where nothing is tracked although the module is there, the limit is of no importance.
    const std::uint64_t needed = *used + connections_;
    add("net.netfilter.nf_conntrack_max", needed <= *most || *used == 0, Level::kWarn, count(*most), count(needed),
        sysctl("net.netfilter.nf_conntrack_max", 2 * needed));
  }

  void clock() {
    auto name = files_.text("sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (!name) return;
    std::erase(*name, '\n');
    std::string others = files_.text("sys/devices/system/clocksource/clocksource0/available_clocksource").value_or("");
    std::erase(others, '\n');
    const std::string fix = others.find("tsc") != std::string::npos
                                ? "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"
                                : "none of " + others + " is read without a system call";
    add("clock source", is_fast_clock(*name), Level::kWarn, *name, "", fix);
  }

  const Scenario& scenario_;
  const ProcessLimits& limits_;
  const SystemFiles& files_;
  std::uint64_t subscribers_;
  std::uint64_t connections_;  // of all of them
  std::uint64_t each_;         // connections of one
  std::uint64_t ends_;         // of each connection, on this machine
  std::vector<Preflight> list_;
};

}  // namespace

ProcessLimits lift_process_limits(std::uint64_t descriptors) {
  return {net::raise_descriptor_limit(descriptors).soft, net::may_own_descriptor_tables(), usable_cores()};
}

std::uint64_t descriptors_needed(const Scenario& scenario, unsigned cores) {
  const std::uint64_t ours = net::descriptors_needed(scenario.connections(), scenario.worker_threads(cores));
  if (!scenario.target.reference) return ours;
  return std::max(ours, net::descriptors_needed(scenario.server_connections(), scenario.server_threads()));
}

std::vector<Preflight> preflight(const Scenario& scenario, const ProcessLimits& limits, const SystemFiles& files) {
  return Checks(scenario, limits, files).all();
}

bool is_fatal(std::span<const Preflight> checks) {
  return std::ranges::any_of(checks, [](const Preflight& check) { return check.level == Level::kInvalid; });
}

std::string refusal(const Scenario& scenario, std::span<const Preflight> checks) {
  std::optional<std::uint64_t> least;
  for (const Preflight& check : checks) {
    if (check.level == Level::kInvalid && check.fits) least = std::min(least.value_or(*check.fits), *check.fits);
  }
  const std::string text = fmt::format("{} subscribers do not fit on this machine", scenario.subscribers);
  return least ? fmt::format("{}: about {} do", text, *least) : text;
}

std::string preflight_text(std::span<const Preflight> checks, bool problems_only) {
  constexpr std::array<std::string_view, 3> kWords = {"enough", "little", "too little"};
  std::string out;
  for (const Preflight& check : checks) {
    if (problems_only && check.level == Level::kInfo) continue;
    out +=
        fmt::format("  {:<10}  {:<30}  {}", kWords[static_cast<std::size_t>(check.level)], check.subject, check.limit);
    if (!check.needed.empty()) out += ", needed " + check.needed;
    out += check.fix.empty() ? "\n" : "; lift it: " + check.fix + "\n";
  }
  return out;
}

}  // namespace loadgen
