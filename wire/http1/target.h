// Request targets, their queries, and Host (RFC 9112 section 3.2, RFC 3986 section 3.2.2).
#pragma once

#include <optional>
#include <string>

#include "wire/bytes.h"

namespace wire::http1 {

// Value of `name` in a query string ("a=1&b=x%20y"), percent-decoded, '+' as space. false when absent. A '%' that no
// two hexadecimal digits follow stands for itself.
bool query_value(Bytes query, Bytes name, std::string& value);
void append_percent_encoded(std::string& out, Bytes text);  // unreserved characters of RFC 3986 stay

namespace detail {

struct Target {
  Bytes path;
  Bytes query;  // without '?'
};

// Whether `text` is what a Host header may hold: uri-host [":" port], or nothing (RFC 9110 section 7.2).
bool is_host(Bytes text);

// Origin form "/path?query" and absolute form "http://authority/path?query" in parts, asterisk and authority form as a
// path. None for an absolute form that names no server of ours: another scheme, an empty host, user information (RFC
// 9110 section 4.2).
std::optional<Target> split_target(Bytes target, bool authority_form);

}  // namespace detail
}  // namespace wire::http1
