#include "loadgen/host/machine.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <sstream>
#include <string>

namespace loadgen {

namespace {

template <typename T>
std::optional<T> difference(const std::optional<T>& later, const std::optional<T>& earlier) {
  if (!later || !earlier) return std::nullopt;
  return std::max(*later, *earlier) - *earlier;
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The first line of /proc/stat: user nice system idle iowait irq softirq steal (guest time is part of user's).
void read_cpu(const SystemFiles& files, MachineCounters& counters) {
  std::istringstream line(files.text("proc/stat").value_or(""));
  std::string name;
  if (!(line >> name) || name != "cpu") return;
  constexpr std::size_t kKinds = 8, kIdle = 3, kWaiting = 4, kSteal = 7;
  std::uint64_t ticks[kKinds] = {};
  for (std::uint64_t& kind : ticks) {
    if (!(line >> kind)) return;
  }
  counters.ticks = std::accumulate(std::begin(ticks), std::end(ticks), std::uint64_t{0});
  counters.idle_ticks = ticks[kIdle] + ticks[kWaiting];
  counters.stolen_ticks = ticks[kSteal];
}

// /proc/net/netstat has pairs of lines: "TcpExt: NAME NAME ..." and "TcpExt: VALUE VALUE ...".
std::optional<std::uint64_t> tcp_counter(const SystemFiles& files, std::string_view wanted) {
  std::istringstream lines(files.text("proc/net/netstat").value_or(""));
  std::string names, values;
  while (std::getline(lines, names) && std::getline(lines, values)) {
    if (!names.starts_with("TcpExt:")) continue;
    std::istringstream name_words(names), value_words(values);
    std::string name, value;
    while (name_words >> name && value_words >> value) {
      if (name == wanted) return whole_number(value);
    }
  }
  return std::nullopt;
}

// The folder of this process's CPU controller below /sys/fs/cgroup: version 2 ("0::/path"), or version 1
// ("3:cpu,cpuacct:/path").
std::string cgroup_file(const SystemFiles& files) {
  std::istringstream lines(files.text("proc/self/cgroup").value_or(""));
  std::string second;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first_colon = line.find(':');
    const std::size_t last_colon = line.find(':', first_colon + 1);
    if (last_colon == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first_colon + 1, last_colon - first_colon - 1) + ",";
    const std::string path = line.substr(last_colon + 1);
    if (controllers.find(",cpu,") != std::string::npos) {
      return "sys/fs/cgroup/" + controllers.substr(1, controllers.size() - 2) + path + "/cpu.stat";
    }
    if (controllers == ",,") second = "sys/fs/cgroup" + path + "/cpu.stat";
  }
  return second;
}

void read_throttling(const SystemFiles& files, MachineCounters& counters) {
  const std::string file = cgroup_file(files);
  if (file.empty()) return;
  counters.throttled = files.value(file, "nr_throttled");
  if (const auto micros = files.value(file, "throttled_usec")) {
    counters.throttled_time = std::chrono::microseconds(*micros);
  } else if (const auto nanos = files.value(file, "throttled_time")) {
    counters.throttled_time = wire::Nanos(*nanos);
  }
}

void read_pressure(const SystemFiles& files, MachineCounters& counters) {
  const std::string text = files.text("proc/pressure/cpu").value_or("");
  const std::size_t at = text.find("total=");
  if (!text.starts_with("some") || at == std::string::npos) return;
  std::istringstream number(text.substr(at + 6));
  std::int64_t micros = 0;
  if (number >> micros) counters.pressure = std::chrono::microseconds(micros);
}

std::optional<double> share(const std::optional<std::uint64_t>& part, const std::optional<std::uint64_t>& whole) {
  if (!part || !whole || *whole == 0) return std::nullopt;
  return static_cast<double>(*part) / static_cast<double>(*whole);
}

}  // namespace

MachineCounters MachineCounters::since(const MachineCounters& earlier) const {
  return {difference(ticks, earlier.ticks),
          difference(idle_ticks, earlier.idle_ticks),
          difference(stolen_ticks, earlier.stolen_ticks),
          difference(throttled, earlier.throttled),
          difference(throttled_time, earlier.throttled_time),
          difference(pressure, earlier.pressure),
          difference(listen_overflows, earlier.listen_overflows),
          difference(listen_drops, earlier.listen_drops)};
}

std::optional<double> MachineCounters::stolen_share() const {
  return share(stolen_ticks, ticks);
}

std::optional<double> MachineCounters::busy_share() const {
  const auto idle = share(idle_ticks, ticks);
  if (!idle) return std::nullopt;
  return 1 - *idle;
}

MachineCounters read_machine(const SystemFiles& files) {
  MachineCounters counters;
  read_cpu(files, counters);
  read_throttling(files, counters);
  read_pressure(files, counters);
  counters.listen_overflows = tcp_counter(files, "ListenOverflows");
  counters.listen_drops = tcp_counter(files, "ListenDrops");
  return counters;
}

}  // namespace loadgen
