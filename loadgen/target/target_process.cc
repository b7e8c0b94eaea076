#include "loadgen/target/target_process.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "loadgen/host/process.h"
#include "wire/printable.h"

namespace loadgen {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLongestCommand = 200;
constexpr std::size_t kShown = 5;

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::vector<pid_t> with_ancestors(pid_t pid) {
  std::vector<pid_t> line;
  for (; pid > 0 && std::ranges::find(line, pid) == line.end(); pid = parent_of(pid)) line.push_back(pid);
  return line;
}

// Without those that descend from another one of them.
std::vector<pid_t> first_ones(const std::vector<pid_t>& processes) {
  std::vector<pid_t> first;
  std::ranges::copy_if(processes, std::back_inserter(first), [&](pid_t pid) {
    const std::vector<pid_t> line = with_ancestors(parent_of(pid));
    return std::ranges::none_of(line, [&](pid_t one) { return std::ranges::find(processes, one) != processes.end(); });
  });
  return first;
}

std::string list_of(const std::vector<pid_t>& processes) {
  std::string list;
  for (std::size_t i = 0; i < processes.size() && i < kShown; ++i)
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", processes[i], command_of(processes[i]));
  return processes.size() > kShown ? list + ", …" : list;
}

// `links`: "socket:[4711]", as its descriptors name them.
bool holds_one_of(pid_t pid, const std::vector<std::string>& links) {
  const std::string folder = folder_of(pid) + "/fd";
  DIR* descriptors = opendir(folder.c_str());
  if (descriptors == nullptr) return false;
  bool holds = false;
  char link[64];
  while (const dirent* entry = holds ? nullptr : readdir(descriptors)) {
    const ssize_t size = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof link);
    if (size > 0)
      holds = std::ranges::find(links, std::string_view(link, static_cast<std::size_t>(size))) != links.end();
  }
  closedir(descriptors);
  return holds;
}

}  // namespace

FoundProcess process_with_pid(pid_t pid) {
  if (parent_of(pid) == 0 && command_of(pid).empty())
    return {-1, fmt::format("there is no process {} (or /proc does not show it)", pid)};
  return {pid, {}};
}

FoundProcess process_with_command(std::string_view text) {
  const std::vector<pid_t> own = with_ancestors(getpid());
  std::vector<pid_t> matching;
  for (const pid_t pid : numbers_in("/proc")) {
    if (std::ranges::find(own, pid) == own.end() && command_line(pid).find(text) != std::string::npos)
      matching.push_back(pid);
  }
  matching = first_ones(matching);
  if (matching.empty()) return {-1, fmt::format("no process has '{}' in its command line", text)};
  if (matching.size() == 1) return {matching.front(), {}};
  return {-1, fmt::format("{} processes have '{}' in their command line: {}; write more of it, or pid: {}",
                          matching.size(), text, list_of(matching), matching.front())};
}

FoundProcess process_with_port(std::uint16_t port) {
  const std::vector<ListeningSocket> sockets = listening_sockets(port);
  if (sockets.empty()) return {-1, fmt::format("nobody listens on port {} of this machine", port)};
  std::vector<std::string> links;
  for (const ListeningSocket& socket : sockets) links.push_back(fmt::format("socket:[{}]", socket.inode));
  std::vector<pid_t> owners;
  for (const pid_t pid : numbers_in("/proc")) {
    if (holds_one_of(pid, links)) owners.push_back(pid);
  }
  owners = first_ones(owners);
  if (owners.size() == 1) return {owners.front(), {}};
  if (owners.empty()) {
    return {-1, fmt::format("not permitted to see who listens on port {} (a process of user {}, or of another "
                            "container): run as that user or as root, or write its pid",
                            port, sockets.front().user)};
  }
  return {-1, fmt::format("{} processes listen on port {}: {}; write the pid of one", owners.size(), port,
                          list_of(owners))};
}

std::string command_of(pid_t pid) {
  std::string words = command_line(pid);
  if (words.empty()) {
    std::ifstream file(folder_of(pid) + "/comm");
    std::string name;
    if (std::getline(file, name)) words = "[" + name + "]";
  }
  return wire::printable(words, kLongestCommand);
}

std::string program_of(pid_t pid) {
  std::error_code hidden;
  const fs::path file = fs::read_symlink(folder_of(pid) + "/exe", hidden);
  if (!hidden) return file.filename();
  const std::string words = command_line(pid);
  const std::string first = words.substr(0, words.find(' '));
  return first.substr(first.rfind('/') + 1);
}

std::vector<ListeningSocket> listening_sockets(std::uint16_t port, const SystemFiles& files) {
  constexpr std::string_view kListen = "0A";
  std::vector<ListeningSocket> sockets;
  for (const std::string_view table : {"proc/net/tcp", "proc/net/tcp6"}) {
    std::istringstream lines(files.text(table).value_or(""));
    for (std::string line; std::getline(lines, line);) {
      // slot, local, remote, state, queues, timer, retransmits, user, timeout, inode
      std::istringstream words(line);
      std::string slot, local, remote, state, queues, timer, retransmits, timeout;
      ListeningSocket socket;
      if (!(words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> socket.user >> timeout >>
            socket.inode))
        continue;
      if (state == kListen && local.ends_with(fmt::format(":{:04X}", port))) sockets.push_back(socket);
    }
  }
  return sockets;
}

}  // namespace loadgen
