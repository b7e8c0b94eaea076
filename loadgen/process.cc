#include "loadgen/process.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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

struct Ticks {
  wire::Nanos own{0};       // utime and stime
  wire::Nanos children{0};  // of those that ended and were waited for, their own children included
};

std::optional<Ticks> read_ticks(const std::string& folder) {
  std::ifstream file(folder + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 1));  // the name before it may hold anything
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  std::int64_t children_user = 0;
  std::int64_t children_system = 0;
  if (!(fields >> user >> system >> children_user >> children_system)) return std::nullopt;
  const std::int64_t tick = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  return Ticks{wire::Nanos((user + system) * tick), wire::Nanos((children_user + children_system) * tick)};
}

bool add_process(const std::string& folder, ProcessUsage& usage) {
  const auto ticks = read_ticks(folder);
  if (!ticks) return false;
  usage.cpu += cpu_of_threads(folder).value_or(ticks->own) + ticks->children;
  std::ifstream statm(folder + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (statm >> size >> resident) usage.rss_bytes += resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream rollup(folder + "/smaps_rollup");
  std::uint64_t kib = 0;
  for (std::string key; rollup >> key;) {
    if (key == "Pss:" && rollup >> kib) {
      usage.pss_bytes += kib * 1024;
      break;
    }
  }
  return true;
}

// Those that its threads started and that have not ended, in any order.
void append_children(const std::string& folder, std::vector<pid_t>& out) {
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task", error)) {
    std::ifstream file(thread.path() / "children");
    for (pid_t child = 0; file >> child;) out.push_back(child);
  }
}

}  // namespace

std::optional<ProcessUsage> read_usage(pid_t pid) {
  ProcessUsage usage;
  std::vector<pid_t> processes = {pid};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const std::string folder = "/proc/" + std::to_string(processes[i]);
    if (!add_process(folder, usage)) {
      if (i == 0) return std::nullopt;
      continue;  // it ended meanwhile
    }
    append_children(folder, processes);
  }
  return usage;
}

}  // namespace loadgen
