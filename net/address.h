// Socket addresses: parsing, printing, and the loopback source addresses that keep a client's ports from running short.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace net {

struct Address {
  sockaddr_storage storage{};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  socklen_t size() const { return storage.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  bool is_loopback() const;  // 127.0.0.0/8 or ::1
  bool is_ipv4() const { return storage.ss_family == AF_INET; }
  std::string host() const;  // "127.0.0.1", "[::1]"
  std::string text() const;  // "127.0.0.1:80", "[::1]:80"; "unknown host" without a family
};

// "HOST:PORT" (":PORT" = all interfaces, "[::1]:PORT"), names resolved by getaddrinfo (blocking: start-up only).
// Throws std::runtime_error with one sentence that names the text.
Address resolve(std::string_view host_port);

// The same without exceptions: an address of no family when the text is none or the name is unknown, to which
// Tcp::connect fails.
Address try_resolve(std::string_view host_port);

// Loopback address number `index`: 127.0.0.1, 127.0.0.2, … (never .0 or .255 as last octet).
Address loopback_source(std::uint32_t index);

}  // namespace net
