#include <algorithm>
#include <charconv>
#include <iterator>

#include "wire/http1.h"

namespace wire::http1 {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

Bytes trim(Bytes text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the part before the first `separator` off `text`.
Bytes take_until(Bytes& text, char separator) {
  const std::size_t end = text.find(separator);
  const Bytes part = text.substr(0, end);
  text = end == Bytes::npos ? Bytes() : text.substr(end + 1);
  return part;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

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
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

// Of the registry (RFC 9110 section 15, RFC 6585), those a server of ours or its peer may send; in order of the code.
struct Reason {
  int status;
  const char* phrase;
};
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

bool equal_ignoring_case(Bytes a, Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

Bytes find_header(std::span<const Header> headers, Bytes name) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    // A present but empty value must differ from an absent one, whatever the view was made from.
    const Bytes value = trim(header.value);
    return value.data() != nullptr ? value : Bytes("");
  }
  return {};
}

std::size_t count_headers(std::span<const Header> headers, Bytes name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [name](const Header& header) { return equal_ignoring_case(header.name, name); }));
}

namespace {

// "gzip;q=0.000": a weight of nothing but zeros says "not this one".
bool is_refused(Bytes parameters) {
  while (!parameters.empty()) {
    const Bytes parameter = trim(take_until(parameters, ';'));
    if (parameter.size() < 3 || !equal_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    return parameter.find_first_not_of("0.", 2) == Bytes::npos;
  }
  return false;
}

}  // namespace

bool accepts_coding(std::span<const Header> headers, Bytes coding) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, "Accept-Encoding")) continue;
    for (Bytes rest = header.value; !rest.empty();) {
      Bytes choice = take_until(rest, ',');
      if (equal_ignoring_case(trim(take_until(choice, ';')), coding)) return !is_refused(choice);
    }
  }
  return false;
}

bool header_has_token(std::span<const Header> headers, Bytes name, Bytes token) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    for (Bytes rest = header.value; !rest.empty();) {
      if (equal_ignoring_case(trim(take_until(rest, ',')), token)) return true;
    }
  }
  return false;
}

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

const char* reason_phrase(int status) {
  const auto* found = std::lower_bound(std::begin(kReasons), std::end(kReasons), status,
                                       [](const Reason& reason, int wanted) { return reason.status < wanted; });
  return found != std::end(kReasons) && found->status == status ? found->phrase : "Unknown";
}

void append_status_line(std::string& out, int status) {
  char digits[12];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, status);
  out.append("HTTP/1.1 ").append(digits, end).append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_header(std::string& out, Bytes name, Bytes value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_chunk(std::string& out, Bytes payload) {
  if (payload.empty()) return;
  char digits[16];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, payload.size(), 16);
  out.append(digits, end).append("\r\n").append(payload).append("\r\n");
}

}  // namespace wire::http1
