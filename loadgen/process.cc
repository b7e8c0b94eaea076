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

void add_proportional(const std::string& folder, ProcessUsage& usage) {
  std::ifstream rollup(folder + "/smaps_rollup");
  std::uint64_t kib = 0;
  for (std::string key; rollup >> key;) {
    if (key == "Pss:" && rollup >> kib) usage.pss_bytes += kib * 1024;
    if ((key == "Private_Clean:" || key == "Private_Dirty:") && rollup >> kib) usage.private_bytes += kib * 1024;
  }
}

// /proc/PID/status has those of the first thread only.
void add_switches(const std::string& folder, ProcessUsage& usage) {
  std::error_code error;
  for (const auto& thread : std::filesystem::directory_iterator(folder + "/task", error)) {
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);) {
      std::uint64_t count = 0;
      std::istringstream words(line);
      std::string key;
      if (!(words >> key >> count)) continue;
      if (key == "voluntary_ctxt_switches:") usage.voluntary_switches += count;
      if (key == "nonvoluntary_ctxt_switches:") usage.involuntary_switches += count;
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

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

// False when it is gone or hidden.
bool add_usage(const std::string& folder, ProcessUsage& usage) {
  if (!add_cpu(folder, usage.cpu)) return false;
  add_resident(folder, usage.rss_bytes);
  add_proportional(folder, usage);
  add_switches(folder, usage);
  return true;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t pid) {
  std::vector<pid_t> processes = {pid};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    append_children(folder_of(processes[i]), processes);
    std::erase(processes, getpid());
  }
  return processes;
}

std::optional<ProcessUsage> read_usage(pid_t pid) {
  ProcessUsage usage;
  for (const pid_t member : process_tree(pid)) {
    const bool there = add_usage(folder_of(member), usage);  // one of the others may have ended meanwhile
    if (!there && member == pid) return std::nullopt;
  }
  return usage;
}

ProcessUsage read_own_usage() {
  ProcessUsage usage;
  add_usage("/proc/self", usage);
  return usage;
}

std::optional<wire::Nanos> cpu_of(pid_t pid) {
  wire::Nanos cpu{0};
  for (const pid_t member : process_tree(pid)) {
    if (!add_cpu(folder_of(member), cpu) && member == pid) return std::nullopt;
  }
  return cpu;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::uint64_t bytes = 0;
  for (const pid_t member : process_tree(pid)) add_resident(folder_of(member), bytes);
  return bytes;
}

}  // namespace loadgen
