#include "wire/http1/target.h"

#include <algorithm>

#include "wire/text.h"

namespace wire::http1 {
namespace {

void decode_query_part(Bytes text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int high = c == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(c == '+' ? ' ' : c);
    }
  }
}

// RFC 3986 section 2.3.
bool is_unreserved(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Unreserved characters, percent-encoded ones and sub-delims.
bool is_name(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || Bytes("-._~%!$&'()*+,;=").find(c) != Bytes::npos;
  });
}

}  // namespace

bool query_value(Bytes query, Bytes name, std::string& value) {
  while (!query.empty()) {
    Bytes pair = take_until(query, '&');
    if (take_until(pair, '=') != name) continue;
    value.clear();
    decode_query_part(pair, value);
    return true;
  }
  return false;
}

void append_percent_encoded(std::string& out, Bytes text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
}

namespace detail {

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

}  // namespace detail
}  // namespace wire::http1
