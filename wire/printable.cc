#include "wire/printable.h"

#include <cstdint>
#include <cstdio>
#include <optional>

#include "wire/utf8.h"

namespace wire {

namespace {

// The first character of `text`, which is not empty: how many bytes it has, and what it is; nothing when they are no
// UTF-8, and then it is one byte.
struct Character {
  std::size_t size = 1;
  std::optional<std::uint32_t> code{};
};

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (size > text.size() || !is_utf8(text.substr(0, size))) return {};
  std::uint32_t code = lead & (0xffU >> (size + 1));
  for (const char next : text.substr(1, size - 1)) code = code << 6 | (static_cast<unsigned char>(next) & 0x3fU);
  return {size, code};
}

bool is_printable(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool separator = code == 0x2028 || code == 0x2029;
  const bool direction = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !control && !separator && !direction;
}

void append_escape(std::string& out, std::uint32_t code) {
  switch (code) {
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  char text[sizeof "\\u202e"];
  std::snprintf(text, sizeof text, code < 0x80 ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(code));
  out += text;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    if (at + character.size > limit) return out + "…";
    if (!character.code) {
      char escape[sizeof "\\xff"];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(text[at]));
      out += escape;
    } else if (is_printable(*character.code)) {
      out += text.substr(at, character.size);
    } else {
      append_escape(out, *character.code);
    }
    at += character.size;
  }
  return out;
}

}  // namespace wire
