#include "loadgen/target/socket_memory.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace loadgen {

namespace {

constexpr std::size_t kBuffer = std::size_t{64} << 10;

struct Request {
  nlmsghdr head{};
  inet_diag_req_v2 body{};
};

bool ask(int netlink, std::uint8_t family) {
  Request request;
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = IPPROTO_TCP;
  request.body.idiag_states = ~0U;
  request.body.idiag_ext = 1U << (INET_DIAG_SKMEMINFO - 1);
  return send(netlink, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

std::uint64_t charged(const std::uint32_t (&memory)[SK_MEMINFO_VARS]) {
  return std::uint64_t{memory[SK_MEMINFO_RMEM_ALLOC]} + memory[SK_MEMINFO_WMEM_QUEUED] + memory[SK_MEMINFO_FWD_ALLOC] +
         memory[SK_MEMINFO_OPTMEM] + memory[SK_MEMINFO_BACKLOG];
}

void add_socket(const nlmsghdr* message, std::uint16_t port, SocketsOfPort& sum) {
  const auto* socket = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
  const bool is_server = ntohs(socket->id.idiag_sport) == port;
  if (!is_server && ntohs(socket->id.idiag_dport) != port) return;
  SocketMemory& side = is_server ? sum.server : sum.clients;
  ++side.sockets;
  auto left = static_cast<int>(message->nlmsg_len - NLMSG_LENGTH(sizeof *socket));
  for (const auto* attribute = reinterpret_cast<const rtattr*>(socket + 1); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != INET_DIAG_SKMEMINFO) continue;
    std::uint32_t memory[SK_MEMINFO_VARS] = {};  // an older kernel tells fewer
    std::memcpy(memory, RTA_DATA(attribute), std::min<std::size_t>(sizeof memory, RTA_PAYLOAD(attribute)));
    side.bytes += charged(memory);
  }
}

// One family's sockets; false when the kernel does not tell.
bool read_answers(int netlink, std::uint16_t port, SocketsOfPort& sum) {
  alignas(nlmsghdr) static thread_local std::array<char, kBuffer> buffer;
  for (;;) {
    const ssize_t size = recv(netlink, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    auto left = static_cast<unsigned>(size);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) return false;
      if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY) add_socket(message, port, sum);
    }
  }
}

}  // namespace

std::optional<SocketsOfPort> read_sockets(std::uint16_t port) {
  const int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return std::nullopt;
  SocketsOfPort sum;
  bool told = true;
  for (const std::uint8_t family : {AF_INET, AF_INET6})
    told = told && ask(netlink, family) && read_answers(netlink, port, sum);
  close(netlink);
  if (!told) return std::nullopt;
  return sum;
}

}  // namespace loadgen
