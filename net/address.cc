#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <stdexcept>

namespace net {

std::uint16_t Address::port() const {
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

void Address::set_port(std::uint16_t port) {
  if (storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  }
}

bool Address::is_loopback() const {
  if (storage.ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr);
  return (ntohl(reinterpret_cast<const sockaddr_in&>(storage).sin_addr.s_addr) >> 24) == 127;
}

std::string Address::host() const {
  char host[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr, host, sizeof host);
    return "[" + std::string(host) + "]";
  }
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, host, sizeof host);
  return host;
}

std::string Address::text() const {
  if (storage.ss_family == AF_UNSPEC) return "unknown host";
  return host() + ":" + std::to_string(port());
}

Address resolve(std::string_view host_port) {
  const std::string text(host_port);
  const auto fail = [&text](const std::string& why) -> void {
    throw std::runtime_error("'" + text + "' is not an address: " + why);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) fail("HOST:PORT is needed, for example 127.0.0.1:8080");
  std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(port) > 65'535) {
    fail("the port '" + port + "' is not a number from 0 to 65535");
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = host.empty() ? AI_PASSIVE | AI_NUMERICSERV : AI_NUMERICSERV;
  if (host.empty()) hints.ai_family = AF_INET;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) fail(gai_strerror(error));
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

Address try_resolve(std::string_view host_port) {
  try {
    return resolve(host_port);
  } catch (const std::runtime_error&) {
    return {};
  }
}

Address loopback_source(std::uint32_t index) {
  Address address;
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address.storage);
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl((127U << 24) | ((index / 254) << 8) | (index % 254 + 1));
  return address;
}

}  // namespace net
