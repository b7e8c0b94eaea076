#include "loadgen/host/host_info.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "net/clock.h"

namespace loadgen {

namespace {

// The value of the first line "key<separator>value" of a file; quotes taken off.
std::string value_in(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    std::string value = line.substr(line.find_first_not_of(" \t\"", at + 1));
    while (!value.empty() && (value.back() == '"' || value.back() == ' ')) value.pop_back();
    return value;
  }
  return {};
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The chosen word of "always [madvise] never".
std::string chosen(const std::string& line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']');
  return open == std::string::npos || close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
}

wire::Nanos cost_of_clock() {
  constexpr int kReadings = 1000;
  const wire::Time begun = net::now();
  wire::Time last = begun;
  for (int i = 0; i < kReadings; ++i) last = net::now();
  return (last - begun) / kReadings;
}

}  // namespace

bool is_fast_clock(std::string_view clocksource) {
  return clocksource == "tsc" || clocksource == "kvm-clock" || clocksource == "arch_sys_counter" ||
         clocksource.find("hyperv") != std::string_view::npos;
}

unsigned usable_cores() {
  cpu_set_t cpus;
  return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? static_cast<unsigned>(CPU_COUNT(&cpus)) : 0;
}

HostInfo read_host_info() {
  HostInfo info;
  info.cpu = value_in("/proc/cpuinfo", "model name", ':');
  info.cores = usable_cores();
  info.memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  utsname name{};
  if (uname(&name) == 0) info.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
  info.os = value_in("/etc/os-release", "PRETTY_NAME", '=');
  info.clocksource = first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  info.clock_read = cost_of_clock();
  info.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  info.huge_pages = chosen(first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  double load[1] = {};
  if (getloadavg(load, 1) == 1) info.load_average = load[0];
  return info;
}

}  // namespace loadgen
