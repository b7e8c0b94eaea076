// URLs of servers (RFC 3986), as far as a client needs them: where to connect, and what to ask for there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/units.h"

namespace wire {

struct Url {
  std::string scheme;             // in lower case
  std::string host;               // without brackets
  std::uint16_t port = 0;         // the scheme's own where the text names none
  std::string authority;          // as written, "[::1]:8080": what the Host header says
  std::string target;             // path and query as written, at least "/"; the fragment is dropped
  std::string host_port() const;  // "[::1]:8080", the port always there: what a resolver takes
  bool is_secure() const { return scheme == "https" || scheme == "wss"; }
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

// An absolute URL of the schemes http, https, ws and wss. Characters that a request line cannot carry are refused.
Parsed<Url> parse_url(std::string_view text);

// Of a host without brackets: whether it is an IP address in the digits that browsers write.
bool is_ip_literal(std::string_view host);
// Whether it is this machine, whoever is asked: localhost and the names below it (RFC 6761 section 6.3), 127.0.0.0/8,
// ::1.
bool is_loopback_host(std::string_view host);

// A reference as a Location header has it, absolute or relative to `base` (RFC 3986 section 5.2).
Parsed<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace wire
