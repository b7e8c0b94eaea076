// What the kernel holds for TCP sockets, by the port of the server: inet_diag (sock_diag(7), struct inet_diag_req_v2
// with INET_DIAG_SKMEMINFO), which is what `ss -tm` shows.
#pragma once

#include <cstdint>
#include <optional>

namespace loadgen {

// Buffers that are charged to the sockets: received, unsent, allotted ahead, options, backlog. The socket structures
// themselves (about 4 KiB for each) are slab memory of the kernel and not in it.
struct SocketMemory {
  std::uint64_t sockets = 0;
  std::uint64_t bytes = 0;
};

struct SocketsOfPort {
  SocketMemory server;   // whose own port it is
  SocketMemory clients;  // connected to it, as far as they are on this machine
};

// Of this network namespace. Nothing where the kernel does not tell. Costs about a microsecond for each TCP socket of
// the machine.
std::optional<SocketsOfPort> read_sockets(std::uint16_t port);

}  // namespace loadgen
