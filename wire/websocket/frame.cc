#include "wire/websocket/frame.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace wire::websocket {
namespace {

constexpr Bytes kCursor = "cursor ";

void append_size_and_mask_bit(std::string& out, std::uint64_t size, unsigned mask_bit) {
  const int extended_bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  const std::uint64_t first = extended_bytes == 0 ? size : extended_bytes == 2 ? 126 : 127;
  out.push_back(static_cast<char>(first | mask_bit));
  for (int shift = (extended_bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
}

void append_first_byte(std::string& out, Opcode opcode, FrameBits bits) {
  out.push_back(
      static_cast<char>((bits.fin ? 0x80u : 0u) | (bits.compressed ? 0x40u : 0u) | static_cast<unsigned>(opcode)));
}

// Section 5.3, eight bytes at a time; `key` holds the masking key twice in the order of the wire.
void apply_mask(char* data, std::size_t size, const unsigned char (&key)[8]) {
  std::uint64_t wide_key;
  std::memcpy(&wide_key, key, sizeof wide_key);
  std::size_t at = 0;
  for (; at + sizeof wide_key <= size; at += sizeof wide_key) {
    std::uint64_t word;
    std::memcpy(&word, data + at, sizeof word);
    word ^= wide_key;
    std::memcpy(data + at, &word, sizeof word);
  }
  for (; at < size; ++at) data[at] = static_cast<char>(static_cast<unsigned char>(data[at]) ^ key[at % 4]);
}

}  // namespace

bool is_sendable_close_code(std::uint16_t code, bool by_server) {
  // 1004 is reserved; 1005, 1006 and 1015 are never on the wire; 1012 to 1014 came to IANA's registry after the RFC,
  // and are what a server or a gateway says of itself; 3000 to 4999 belong to libraries and applications
  // (section 7.4.2).
  const std::uint16_t last = by_server ? 1014 : 1011;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= last) || (code >= 3000 && code <= 4999);
}

void append_header(std::string& out, Opcode opcode, std::uint64_t payload_size, FrameBits bits) {
  append_first_byte(out, opcode, bits);
  append_size_and_mask_bit(out, payload_size, 0);
}

void append_frame(std::string& out, Opcode opcode, Bytes payload, FrameBits bits) {
  append_header(out, opcode, payload.size(), bits);
  out.append(payload);
}

void append_masked_frame(std::string& out, Opcode opcode, Bytes payload, std::uint32_t mask, FrameBits bits) {
  append_first_byte(out, opcode, bits);
  append_size_and_mask_bit(out, payload.size(), 0x80);
  unsigned char key[8];
  for (unsigned i = 0; i < sizeof key; ++i) key[i] = static_cast<unsigned char>(mask >> (24 - i % 4 * 8));
  out.append(reinterpret_cast<const char*>(key), 4);
  const std::size_t start = out.size();
  out.append(payload);
  apply_mask(out.data() + start, payload.size(), key);
}

std::string close_payload(std::uint16_t code, Bytes reason) {
  if (code == kNoStatus) return {};
  constexpr std::size_t kMaxReason = 123;  // of the 125 bytes of a control frame, two are the code
  std::size_t size = std::min(reason.size(), kMaxReason);
  // A byte 10xxxxxx continues a character that starts before the cut.
  while (size > 0 && size < reason.size() && (static_cast<unsigned char>(reason[size]) & 0xC0u) == 0x80) --size;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  return payload.append(reason.substr(0, size));
}

std::string cursor_payload(std::uint64_t cursor) {
  return std::string(kCursor) + std::to_string(cursor);
}

std::optional<std::uint64_t> parse_cursor_payload(Bytes payload) {
  if (!payload.starts_with(kCursor)) return std::nullopt;
  payload.remove_prefix(kCursor.size());
  std::uint64_t cursor = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), cursor);
  if (error != std::errc() || end != payload.data() + payload.size()) return std::nullopt;
  return cursor;
}

}  // namespace wire::websocket
