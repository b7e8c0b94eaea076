#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "wire/websocket.h"

namespace wire::websocket {
namespace {

// Section 1.3.
constexpr Bytes kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(const unsigned char* data, std::size_t size) {
  std::string text((size + 2) / 3 * 4, '\0');
  // EVP_EncodeBlock writes a terminating NUL: onto the string's own.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), data, static_cast<int>(size));
  return text;
}

// Whether `key` is the base64 form (RFC 4648 section 4) of 16 bytes: 22 digits and two signs of padding.
bool is_key(Bytes key) {
  constexpr std::size_t kDigits = 22;
  return key.size() == kDigits + 2 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + kDigits, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

HandshakeCheck refuse(int status, const char* reason) {
  return {status, reason, {}};
}

void append_size_and_mask_bit(std::string& out, std::uint64_t size, unsigned mask_bit) {
  const int extended_bytes = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
  const std::uint64_t first = extended_bytes == 0 ? size : extended_bytes == 2 ? 126 : 127;
  out.push_back(static_cast<char>(first | mask_bit));
  for (int shift = (extended_bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
}

void append_first_byte(std::string& out, Opcode opcode, bool fin) {
  out.push_back(static_cast<char>((fin ? 0x80u : 0u) | static_cast<unsigned>(opcode)));
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

bool is_sendable_close_code(std::uint16_t code) {
  // 1004 is reserved; 1005, 1006 and 1015 are never on the wire; 1012 to 1014 came to IANA's registry after the RFC;
  // 3000 to 4999 belong to libraries and applications (section 7.4.2).
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string accept_key(Bytes key) {
  std::string text(key);
  text.append(kGuid);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL does not provide SHA-1");
  }
  return base64(digest, size);
}

std::string client_key(const std::array<std::uint8_t, 16>& entropy) {
  return base64(entropy.data(), entropy.size());
}

HandshakeCheck check_handshake(const http1::Request& request) {
  const auto& headers = request.headers;
  if (request.method != "GET") return refuse(405, "a WebSocket handshake is a GET request");
  if (!http1::header_has_token(headers, "Upgrade", "websocket"))
    return refuse(426, "this resource speaks WebSocket only");
  if (request.version_minor < 1) return refuse(400, "a WebSocket handshake needs HTTP/1.1");
  if (http1::count_headers(headers, "Host") != 1) return refuse(400, "a WebSocket handshake needs one Host header");
  if (!http1::header_has_token(headers, "Connection", "upgrade"))
    return refuse(400, "the Connection header lacks 'Upgrade'");
  if (http1::count_headers(headers, "Sec-WebSocket-Version") != 1 || request.header("Sec-WebSocket-Version") != "13") {
    return refuse(426, "only version 13 of the WebSocket protocol is supported");
  }
  const Bytes key = request.header("Sec-WebSocket-Key");
  if (http1::count_headers(headers, "Sec-WebSocket-Key") != 1 || !is_key(key)) {
    return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  }
  return {101, {}, accept_key(key)};
}

std::string check_response(const http1::Response& response, Bytes key) {
  const auto& headers = response.headers;
  if (response.status != 101) return "status " + std::to_string(response.status) + " instead of 101";
  if (!http1::equal_ignoring_case(response.header("Upgrade"), "websocket"))
    return "the Upgrade header is not 'websocket'";
  if (!http1::header_has_token(headers, "Connection", "upgrade")) return "the Connection header lacks 'Upgrade'";
  if (http1::count_headers(headers, "Sec-WebSocket-Accept") != 1 ||
      response.header("Sec-WebSocket-Accept") != accept_key(key)) {
    return "Sec-WebSocket-Accept does not answer our key";
  }
  if (http1::count_headers(headers, "Sec-WebSocket-Extensions") != 0) return "an extension that was not asked for";
  if (http1::count_headers(headers, "Sec-WebSocket-Protocol") != 0) return "a subprotocol that was not asked for";
  return {};
}

void append_header(std::string& out, Opcode opcode, std::uint64_t payload_size, bool fin) {
  append_first_byte(out, opcode, fin);
  append_size_and_mask_bit(out, payload_size, 0);
}

void append_frame(std::string& out, Opcode opcode, Bytes payload) {
  append_header(out, opcode, payload.size());
  out.append(payload);
}

void append_masked_frame(std::string& out, Opcode opcode, Bytes payload, std::uint32_t mask, bool fin) {
  append_first_byte(out, opcode, fin);
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

}  // namespace wire::websocket
