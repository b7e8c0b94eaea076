#include "loadgen/host/process.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "loadgen/host/system_files.h"
#include "net/clock.h"

namespace loadgen {

namespace {

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

// Of /proc/PID/stat from the state on, the third; nothing when the process is gone or hidden.
std::optional<std::vector<std::string>> stat_fields(pid_t pid) {
  std::ifstream file(folder_of(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 1));  // the name before it may hold anything
  return std::vector<std::string>{std::istream_iterator<std::string>(fields), {}};
}

std::int64_t number_of(const std::string& word) {
  std::int64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

struct Ticks {
  wire::Nanos own{0};       // utime and stime
  wire::Nanos children{0};  // of those that ended and were waited for, their own children included
};

std::optional<Ticks> read_ticks(pid_t pid) {
  constexpr std::size_t kUser = 11, kSystem = 12, kChildrenUser = 13, kChildrenSystem = 14;  // from the state on
  const auto fields = stat_fields(pid);
  if (!fields || fields->size() <= kChildrenSystem) return std::nullopt;
  const auto ticks = [&](std::size_t field) { return number_of((*fields)[field]); };
  const std::int64_t tick = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  return Ticks{wire::Nanos((ticks(kUser) + ticks(kSystem)) * tick),
               wire::Nanos((ticks(kChildrenUser) + ticks(kChildrenSystem)) * tick)};
}

// Of the process; false when it is gone or hidden. By its CPU clock, which counts in ns and keeps what its threads used
// that have ended; the ticks of /proc/PID/stat, mostly 10 ms, are too coarse for a server that is idle most of the
// time.
bool add_cpu(pid_t pid, wire::Nanos& cpu) {
  const auto ticks = read_ticks(pid);
  if (!ticks) return false;
  cpu += net::process_cpu(pid).value_or(ticks->own) + ticks->children;
  return true;
}

void add_resident(const std::string& folder, std::uint64_t& bytes) {
  std::ifstream statm(folder + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (statm >> size >> resident) bytes += resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void add_proportional(const std::string& folder, ProcessMemory& memory) {
  std::ifstream rollup(folder + "/smaps_rollup");
  std::uint64_t kib = 0;
  for (std::string key; rollup >> key;) {
    if (key == "Pss:" && rollup >> kib) memory.pss_bytes += kib * 1024;
    if ((key == "Private_Clean:" || key == "Private_Dirty:") && rollup >> kib) memory.private_bytes += kib * 1024;
  }
}

// /proc/PID/status has those of the first thread only.
void add_switches(const std::string& folder, ProcessActivity& activity) {
  for (const std::string& thread : names_in(folder + "/task")) {
    std::ifstream status(folder + "/task/" + thread + "/status");
    for (std::string line; std::getline(status, line);) {
      std::uint64_t count = 0;
      std::istringstream words(line);
      std::string key;
      if (!(words >> key >> count)) continue;
      if (key == "voluntary_ctxt_switches:") activity.voluntary_switches += count;
      if (key == "nonvoluntary_ctxt_switches:") activity.involuntary_switches += count;
    }
  }
}

// Those that its threads started and that have not ended, in any order.
void append_children(const std::string& folder, std::vector<pid_t>& out) {
  for (const std::string& thread : names_in(folder + "/task")) {
    std::ifstream file(folder + "/task/" + thread + "/children");
    for (pid_t child = 0; file >> child;) out.push_back(child);
  }
}

// False when it is gone or hidden.
bool add_memory(pid_t pid, ProcessMemory& memory) {
  const std::string folder = folder_of(pid);
  if (!stat_fields(pid)) return false;
  add_resident(folder, memory.rss_bytes);
  add_proportional(folder, memory);
  return true;
}

std::uint64_t growth(std::uint64_t from, std::uint64_t to) {
  return std::max(from, to) - from;
}

}  // namespace

ProcessActivity ProcessActivity::since(const ProcessActivity& earlier) const {
  return {std::max(earlier.cpu, cpu) - earlier.cpu, growth(earlier.voluntary_switches, voluntary_switches),
          growth(earlier.involuntary_switches, involuntary_switches)};
}

pid_t parent_of(pid_t pid) {
  const auto fields = stat_fields(pid);
  return fields && fields->size() > 1 ? static_cast<pid_t>(number_of((*fields)[1])) : 0;
}

std::string command_line(pid_t pid) {
  std::ifstream file(folder_of(pid) + "/cmdline", std::ios::binary);
  std::string words((std::istreambuf_iterator<char>(file)), {});
  std::ranges::replace(words, '\0', ' ');
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

std::vector<pid_t> process_tree(pid_t pid) {
  std::vector<pid_t> processes = {pid};
  for (std::size_t i = 0; i < processes.size(); ++i) {
    append_children(folder_of(processes[i]), processes);
    std::erase(processes, getpid());
  }
  return processes;
}

std::optional<ProcessActivity> read_activity(pid_t pid) {
  ProcessActivity activity;
  for (const pid_t member : process_tree(pid)) {
    const bool there = add_cpu(member, activity.cpu);  // one of the others may have ended meanwhile
    if (!there && member == pid) return std::nullopt;
    add_switches(folder_of(member), activity);
  }
  return activity;
}

std::optional<ProcessMemory> read_memory(pid_t pid) {
  ProcessMemory memory;
  for (const pid_t member : process_tree(pid)) {
    if (!add_memory(member, memory) && member == pid) return std::nullopt;
  }
  return memory;
}

ProcessMemory read_own_memory() {
  ProcessMemory memory;
  add_memory(getpid(), memory);
  return memory;
}

std::optional<wire::Nanos> cpu_of(pid_t pid) {
  wire::Nanos cpu{0};
  for (const pid_t member : process_tree(pid)) {
    if (!add_cpu(member, cpu) && member == pid) return std::nullopt;
  }
  return cpu;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::uint64_t bytes = 0;
  for (const pid_t member : process_tree(pid)) add_resident(folder_of(member), bytes);
  return bytes;
}

}  // namespace loadgen
