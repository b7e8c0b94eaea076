#include "net/source_addresses.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace net {

namespace {

constexpr std::string_view kForms = "an address, a range such as 10.0.0.5-10.0.0.9 or a network such as 10.0.1.0/24";

Address ipv4(std::uint32_t number) {
  Address address;
  auto& socket = reinterpret_cast<sockaddr_in&>(address.storage);
  socket.sin_family = AF_INET;
  socket.sin_addr.s_addr = htonl(number);
  return address;
}

std::optional<std::uint32_t> ipv4_number(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<Address> ipv6(std::string_view text) {
  Address address;
  auto& socket = reinterpret_cast<sockaddr_in6&>(address.storage);
  socket.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, std::string(text).c_str(), &socket.sin6_addr) != 1) return std::nullopt;
  return address;
}

// The prefix of a network, 8 to 30: a longer one has no address between its first and its last.
std::optional<unsigned> prefix(std::string_view text) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 8 || bits > 30) return std::nullopt;
  return bits;
}

std::string too_many() {
  return "more than " + std::to_string(SourceAddresses::kMost) + " source addresses in all";
}

}  // namespace

std::string SourceAddresses::add(std::string_view text) {
  const auto wrong = [](std::string_view why) { return std::string(why) + ": write " + std::string(kForms); };
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = ipv4_number(text.substr(0, dash));
    const auto last = ipv4_number(text.substr(dash + 1));
    if (!first || !last) return wrong("both ends of a range are IPv4 addresses");
    return *first > *last ? wrong("the range ends before it begins") : add_range(*first, *last);
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto number = ipv4_number(text.substr(0, slash));
    const auto bits = prefix(text.substr(slash + 1));
    if (!number || !bits) return wrong("a network is an IPv4 address, '/' and 8 to 30");
    const std::uint32_t hosts = (1U << (32 - *bits)) - 1;
    return add_range((*number & ~hosts) + 1, (*number | hosts) - 1);
  }
  if (const auto number = ipv4_number(text)) return add_range(*number, *number);
  const auto address = ipv6(text);
  if (!address) return wrong("is no address");
  if (addresses_.size() == kMost) return too_many();
  addresses_.push_back(*address);
  return {};
}

std::string SourceAddresses::add_range(std::uint32_t first, std::uint32_t last) {
  if (last - first >= kMost - addresses_.size()) return too_many();
  for (std::uint32_t number = first; number <= last; ++number) addresses_.push_back(ipv4(number));
  return {};
}

std::optional<Address> SourceAddresses::of(std::uint32_t connection, const Address& target) const {
  const std::uint32_t place = connection / kConnectionsPerSource;
  if (!addresses_.empty()) return addresses_[place % addresses_.size()];
  if (!target.is_ipv4() || !target.is_loopback()) return std::nullopt;
  if (place == 0) return std::nullopt;  // 127.0.0.1 is what connect() takes by itself: two system calls less
  return loopback_source(place);
}

std::uint64_t SourceAddresses::count_for(std::uint64_t connections, bool loopback) const {
  if (addresses_.empty() && !loopback) return 1;
  const std::uint64_t wanted = (std::max<std::uint64_t>(connections, 1) - 1) / kConnectionsPerSource + 1;
  return addresses_.empty() ? wanted : std::min<std::uint64_t>(wanted, addresses_.size());
}

std::string SourceAddresses::text(std::uint64_t connections) const {
  const std::uint64_t count = count_for(connections, true);
  const auto place = [&](std::uint64_t number) {
    return (addresses_.empty() ? loopback_source(static_cast<std::uint32_t>(number)) : addresses_[number]).host();
  };
  return count == 1 ? place(0) : place(0) + " to " + place(count - 1);
}

int bind_error(const Address& source) {
  const int socket = ::socket(source.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const int error = bind(socket, source.get(), source.size()) == 0 ? 0 : errno;
  close(socket);
  return error;
}

}  // namespace net
