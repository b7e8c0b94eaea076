#include "loadgen/host/host_info.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "net/clock.h"

namespace loadgen {

namespace {

// The chosen word of "always [madvise] never".
std::optional<std::string> chosen(const std::optional<std::string>& line) {
  if (!line) return std::nullopt;
  const std::size_t open = line->find('[');
  const std::size_t close = line->find(']', open);
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  return line->substr(open + 1, close - open - 1);
}

std::optional<std::uint64_t> physical_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page);
}

std::optional<std::string> kernel_name() {
  utsname name{};
  if (uname(&name) != 0) return std::nullopt;
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
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

// The kernel's own mask is larger than a cpu_set_t where there are more than 1,024 processors.
unsigned usable_cores() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0)
    return static_cast<unsigned>(CPU_COUNT(&cpus));
  return static_cast<unsigned>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

HostInfo read_host_info(const SystemFiles& files) {
  HostInfo info;
  info.cpu = files.setting("proc/cpuinfo", "model name", ':');
  info.cores = usable_cores();
  info.memory_bytes = physical_memory();
  info.kernel = kernel_name();
  info.os = files.setting("etc/os-release", "PRETTY_NAME", '=');
  info.clocksource = files.line("sys/devices/system/clocksource/clocksource0/current_clocksource");
  info.clock_read = cost_of_clock();
  info.governor = files.line("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  info.huge_pages = chosen(files.line("sys/kernel/mm/transparent_hugepage/enabled"));
  double load = 0;
  if (getloadavg(&load, 1) == 1) info.load_average = load;
  return info;
}

}  // namespace loadgen
