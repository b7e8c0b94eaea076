// What codecs ask of single characters and short pieces of text. ASCII only: no locale.
#pragma once

#include <algorithm>
#include <cstddef>

#include "wire/bytes.h"

namespace wire {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

inline bool equal_ignoring_case(Bytes a, Bytes b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return x == y || lower(x) == lower(y); });
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// OWS of HTTP: space and horizontal tab (RFC 9110 section 5.6.3).
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

constexpr Bytes trim(Bytes text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the part before the first `separator` off `text`, and the separator.
constexpr Bytes take_until(Bytes& text, char separator) {
  const std::size_t end = text.find(separator);
  const Bytes part = text.substr(0, end);
  text = end == Bytes::npos ? Bytes() : text.substr(end + 1);
  return part;
}

// A character of a token (RFC 9110 section 5.6.2): of a method, a header's name, a parameter.
constexpr bool is_token_char(char c) {
  return is_digit(c) || is_letter(c) || Bytes("!#$%&'*+-.^_`|~").find(c) != Bytes::npos;
}

inline bool is_token(Bytes text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

}  // namespace wire
