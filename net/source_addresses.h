// Which address of this machine a connection is made from, so that many of them do not run out of ports.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"

namespace net {

// Past ~14,116 connections per (source address, target port) Linux' connect() searches linearly for a free port and
// slows tenfold (it takes one port parity first); stay below.
inline constexpr std::uint32_t kConnectionsPerSource = 14'000;

// Every kConnectionsPerSource connections have the next address: of those that were added, from the first again behind
// the last; without any, of 127.0.0.0/8 when the target is there too (of() is nothing otherwise: the kernel chooses).
class SourceAddresses {
 public:
  static constexpr std::size_t kMost = 4096;

  // Adds an address ("10.0.0.5", "fd00::5"), or several of IPv4: a range ("10.0.0.5-10.0.0.9") or a network
  // ("10.0.1.0/24", without its first and last address). Returns what is wrong with the text, or "".
  std::string add(std::string_view text);

  std::optional<Address> of(std::uint32_t connection, const Address& target) const;
  // How many `connections` use; `loopback`: so is the target. At least 1.
  std::uint64_t count_for(std::uint64_t connections, bool loopback) const;
  std::span<const Address> given() const { return addresses_; }
  // Of those that `connections` use, in a few words: "127.0.0.1 to 127.0.0.8". Requires given ones or a loopback
  // target.
  std::string text(std::uint64_t connections) const;

 private:
  std::string add_range(std::uint32_t first, std::uint32_t last);

  std::vector<Address> addresses_;
};

// 0, or why no connection can be made from that address (EADDRNOTAVAIL: it is none of this machine's).
int bind_error(const Address& source);

}  // namespace net
