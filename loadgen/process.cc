#include "loadgen/process.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace loadgen {

namespace {

// Time on a CPU of every thread, in ns: /proc/PID/task/*/schedstat. The utime and stime of /proc/PID/stat come in 10 ms
// ticks, which is too coarse for a server that is idle most of the time; they are the fallback where the kernel keeps
// no schedstat.
std::optional<wire::Nanos> cpu_of_threads(const std::string& folder) {
  std::error_code error;
  wire::Nanos total{0};
  bool any = false;
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task", error)) {
    std::ifstream file(thread.path() / "schedstat");
    std::int64_t on_cpu = 0;
    if (!(file >> on_cpu)) continue;
    total += wire::Nanos(on_cpu);
    any = true;
  }
  if (!any || total == wire::Nanos(0)) return std::nullopt;
  return total;
}

std::optional<wire::Nanos> cpu_in_ticks(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 1));  // the name before it may hold anything
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return wire::Nanos((user + system) * (1'000'000'000 / sysconf(_SC_CLK_TCK)));
}

}  // namespace

std::optional<wire::Nanos> cpu_of(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const auto ticks = cpu_in_ticks(folder);
  if (!ticks) return std::nullopt;
  return cpu_of_threads(folder).value_or(*ticks);
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<ProcessUsage> read_usage(pid_t pid) {
  const auto cpu = cpu_of(pid);
  if (!cpu) return std::nullopt;
  ProcessUsage usage;
  usage.cpu = *cpu;
  usage.rss_bytes = resident_bytes(pid);
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string key; rollup >> key;) {
    if (key == "Pss:" && rollup >> usage.pss_bytes) {
      usage.pss_bytes *= 1024;
      break;
    }
  }
  return usage;
}

}  // namespace loadgen
