#include "wire/http1_target.h"

#include <algorithm>

#include "wire/http1.h"

namespace wire::http1::detail {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Unreserved characters, percent-encoded ones and sub-delims.
bool is_name(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           Bytes("-._~%!$&'()*+,;=").find(c) != Bytes::npos;
  });
}

}  // namespace

bool is_host(Bytes text) {
  const std::size_t literal_end = text.starts_with('[') ? text.find(']') : 0;  // "[::1]:80"
  if (literal_end == Bytes::npos) return false;
  const std::size_t colon = text.find(':', literal_end);
  const Bytes port = colon == Bytes::npos ? Bytes() : text.substr(colon + 1);
  Bytes host = text.substr(0, colon);
  if (!std::all_of(port.begin(), port.end(), is_digit)) return false;
  if (literal_end == 0) return is_name(host);
  host = host.substr(1, host.size() - 2);
  return literal_end == host.size() + 1 &&
         std::all_of(host.begin(), host.end(), [](char c) { return c == ':' || is_name(Bytes(&c, 1)); });
}

std::optional<Target> split_target(Bytes target, bool authority_form) {
  if (authority_form) return Target{target, {}};
  const std::size_t scheme_end = target.starts_with('/') ? Bytes::npos : target.find("://");
  if (scheme_end != Bytes::npos) {
    const Bytes scheme = target.substr(0, scheme_end);
    target.remove_prefix(scheme_end + 3);
    const Bytes authority = target.substr(0, target.find_first_of("/?"));
    const bool is_http = equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https");
    if (!is_http || !is_host(authority) || authority.empty() || authority.starts_with(':')) return std::nullopt;
    target.remove_prefix(authority.size());
  }
  const std::size_t mark = target.find('?');
  Target parts{target.substr(0, mark), {}};
  if (parts.path.empty()) parts.path = "/";
  if (mark != Bytes::npos) parts.query = target.substr(mark + 1);
  return parts;
}

}  // namespace wire::http1::detail
