// The header fields of a message, and what their values say (RFC 9110 section 5).
#pragma once

#include <cstddef>
#include <span>

#include "wire/bytes.h"

namespace wire::http1 {

struct Header {
  Bytes name;
  Bytes value;
};

// First header of that name (ASCII case-insensitive), trimmed; empty view with data()==nullptr when absent.
Bytes find_header(std::span<const Header> headers, Bytes name);
// How many headers have that name.
std::size_t count_headers(std::span<const Header> headers, Bytes name);
// Whether a comma-separated list header (Connection, Upgrade, …), repeated or not, holds `token`, case-insensitively.
bool header_has_token(std::span<const Header> headers, Bytes name, Bytes token);
// Whether Accept-Encoding names the content coding, with a weight other than 0 (RFC 9110 section 12.5.3). "*" names
// none here.
bool accepts_coding(std::span<const Header> headers, Bytes coding);

}  // namespace wire::http1
