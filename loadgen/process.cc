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

// Of the process; false when it is gone or hidden.
bool add_cpu(const std::string& folder, wire::Nanos& cpu) {
  const auto ticks = read_ticks(folder);
  if (!ticks) return false;
  cpu += cpu_of_threads(folder).value_or(ticks->own) + ticks->children;
  return true;
}

void add_resident(const std::string& folder, std::uint64_t& bytes) {
  std::ifstream statm(folder + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (statm >> size >> resident) bytes += resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void add_proportional(const std::string& folder, std::uint64_t& bytes) {
  std::ifstream rollup(folder + "/smaps_rollup");
  std::uint64_t kib = 0;
  for (std::string key; rollup >> key;) {
    if (key == "Pss:" && rollup >> kib) {
      bytes += kib * 1024;
      return;
    }
  }
}

// Those that its threads started and that have not ended, in any order.
void append_children(const std::string& folder, std::vector<pid_t>& out) {
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task", error)) {
    std::ifstream file(thread.path() / "children");
    for (pid_t child = 0; file >> child;) out.push_back(child);
  }
}

// Folders in /proc of the process and of its descendants, the process itself first.
std::vector<std::string> family_of(pid_t pid) {
  std::vector<pid_t> processes = {pid};
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    folders.push_back("/proc/" + std::to_string(processes[i]));
    append_children(folders.back(), processes);
  }
  return folders;
}

}  // namespace

std::optional<ProcessUsage> read_usage(pid_t pid) {
  ProcessUsage usage;
  bool is_first = true;
  for (const std::string& folder : family_of(pid)) {
    const bool there = add_cpu(folder, usage.cpu);  // one of the others may have ended meanwhile
    if (!there && is_first) return std::nullopt;
    is_first = false;
    add_resident(folder, usage.rss_bytes);
    add_proportional(folder, usage.pss_bytes);
  }
  return usage;
}

std::optional<wire::Nanos> cpu_of(pid_t pid) {
  wire::Nanos cpu{0};
  bool is_first = true;
  for (const std::string& folder : family_of(pid)) {
    if (!add_cpu(folder, cpu) && is_first) return std::nullopt;
    is_first = false;
  }
  return cpu;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::uint64_t bytes = 0;
  for (const std::string& folder : family_of(pid)) add_resident(folder, bytes);
  return bytes;
}

}  // namespace loadgen
