// Which local process is the server: what the scenario says in target.process, found in /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/host/system_files.h"

namespace loadgen {

struct FoundProcess {
  pid_t pid = -1;
  std::string error;  // one sentence, empty when there is a pid
};

FoundProcess process_with_pid(pid_t pid);
// The one process whose command line, its words joined by blanks, contains `text`; of a process and its descendants
// that all do, the first. Never this program or one that it descends from: their command lines may hold the text
// because it was typed there.
FoundProcess process_with_command(std::string_view text);
// The owner of the TCP socket that listens on `port`; of a process and its descendants that share it, the first. Whose
// descriptors are not ours to read is not found, and told.
FoundProcess process_with_port(std::uint16_t port);

// "nginx: master process nginx -p /srv", its words joined by blanks; the name in brackets where there is none. Fit
// for a terminal, and cut after 200 bytes. Empty when it is gone.
std::string command_of(pid_t pid);
// "node" when the file that runs is /usr/bin/node, else the last part of its first word. Empty when it is gone.
std::string program_of(pid_t pid);

// Inodes of the sockets that listen on `port`, and the user of each: /proc/net/tcp and tcp6.
struct ListeningSocket {
  std::uint64_t inode = 0;
  std::uint32_t user = 0;
};
std::vector<ListeningSocket> listening_sockets(std::uint16_t port, const SystemFiles& files = SystemFiles());

}  // namespace loadgen
