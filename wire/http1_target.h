// Request targets and Host (RFC 9112 section 3.2, RFC 3986 section 3.2.2).
#pragma once

#include <optional>

#include "wire/bytes.h"

namespace wire::http1::detail {

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

}  // namespace wire::http1::detail
