// String literals: from them and to them.
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>

#include "wire/json.h"

namespace wire::json {
namespace {

unsigned hexadecimal(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

unsigned code_unit(Bytes digits) {
  unsigned unit = 0;
  for (std::size_t i = 0; i < 4; ++i) unit = unit << 4 | hexadecimal(digits[i]);
  return unit;
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// `text` begins behind "\u"; what follows it is returned. Two escapes may be one character (RFC 8259 section 7).
Bytes append_code_units(std::string& out, Bytes text) {
  constexpr unsigned kReplacement = 0xFFFD;
  const unsigned first = code_unit(text);
  text.remove_prefix(4);
  if (first < 0xD800 || first > 0xDFFF) {
    append_utf8(out, first);
    return text;
  }
  const unsigned second = first < 0xDC00 && text.starts_with("\\u") ? code_unit(text.substr(2)) : 0;
  if (second < 0xDC00 || second > 0xDFFF) {
    append_utf8(out, kReplacement);
    return text;
  }
  append_utf8(out, 0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)));
  return text.substr(6);
}

char unescaped(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

void append_escaped(std::string& out, char c) {
  constexpr Bytes kDigits = "0123456789abcdef";
  constexpr Bytes kControls = "\b\f\n\r\t";
  constexpr Bytes kLetters = "bfnrt";
  out.push_back('\\');
  if (c == '"' || c == '\\') return out.push_back(c);
  const std::size_t known = kControls.find(c);
  if (known != Bytes::npos) return out.push_back(kLetters[known]);
  out.append("u00").push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
}

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

// Whether one of eight bytes is zero or below 0x20 (the classic tests of a word: Warren, Hacker's Delight, section
// 6-1).
constexpr std::uint64_t below(std::uint64_t word, unsigned limit) {
  return (word - kOnes * limit) & ~word & kHighBits;
}

#if defined(__SSE2__)
// Which of sixteen bytes need an escape: a bit each, the first the lowest.
unsigned specials(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#endif

// Where the first byte from `at` on lies that needs an escape, or the end.
const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    if (const unsigned found = specials(at); found != 0) return at + std::countr_zero(found);
  }
#endif
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    if ((below(word, 0x20) | below(word ^ kOnes * '"', 1) | below(word ^ kOnes * '\\', 1)) != 0) break;
  }
  while (at != end && static_cast<unsigned char>(*at) >= 0x20 && *at != '"' && *at != '\\') ++at;
  return at;
}

bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t escape_length(Bytes text) {
  if (text.size() < 2) return 0;
  if (text[1] != 'u') return Bytes("\"\\/bfnrt").find(text[1]) != Bytes::npos ? 2 : 0;
  if (text.size() < 6) return 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (!is_hexadecimal(text[i])) return 0;
  }
  return 6;
}

}  // namespace

std::size_t string_length(Bytes text) {
  if (!text.starts_with('"')) return 0;
  const char* const end = text.data() + text.size();
  for (const char* at = find_special(text.data() + 1, end); at != end; at = find_special(at, end)) {
    if (*at == '"') return static_cast<std::size_t>(at + 1 - text.data());
    const std::size_t length = *at == '\\' ? escape_length(Bytes(at, static_cast<std::size_t>(end - at))) : 0;
    if (length == 0) return 0;
    at += length;
  }
  return 0;
}

std::size_t plain_string_length(Bytes text) {
  if (!text.starts_with('"')) return 0;
  const char* const end = text.data() + text.size();
  const char* const special = find_special(text.data() + 1, end);
  return special != end && *special == '"' ? static_cast<std::size_t>(special + 1 - text.data()) : 0;
}

Bytes string_of(Bytes literal, std::string& scratch) {
  Bytes text = literal.substr(1, literal.size() - 2);
  std::size_t escape = text.find('\\');
  if (escape == Bytes::npos) return text;
  scratch.clear();
  while (escape != Bytes::npos) {
    scratch.append(text, 0, escape);
    const char letter = text[escape + 1];
    text.remove_prefix(escape + 2);
    if (letter == 'u') {
      text = append_code_units(scratch, text);
    } else {
      scratch.push_back(unescaped(letter));
    }
    escape = text.find('\\');
  }
  return scratch.append(text);
}

void append_string(std::string& out, Bytes text) {
  out.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    const char* const special = find_special(at, end);
    out.append(at, special);
    if (special == end) break;
    append_escaped(out, *special);
    at = special + 1;
  }
  out.push_back('"');
}

}  // namespace wire::json
