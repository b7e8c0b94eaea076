#include "wire/websocket/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "wire/base64.h"
#include "wire/text.h"

namespace wire::websocket {
namespace {

// Section 1.3.
constexpr Bytes kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// Whether `key` is the base64 form (RFC 4648 section 4) of 16 bytes: 22 digits and two signs of padding.
bool is_key(Bytes key) {
  constexpr std::size_t kDigits = 22;
  return key.size() == kDigits + 2 && key.ends_with("==") &&
         std::all_of(key.begin(), key.begin() + kDigits, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

DeflateAgreement read_answer(const http1::Response& response, const Offer& offer) {
  return check_deflate(offer.deflate ? &*offer.deflate : nullptr,
                       joined_header(response.headers, "Sec-WebSocket-Extensions"));
}

HandshakeCheck refuse(int status, const char* reason) {
  return {status, reason, {}};
}

}  // namespace

std::string accept_key(Bytes key) {
  std::string text(key);
  text.append(kGuid);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL does not provide SHA-1");
  }
  return base64(Bytes(reinterpret_cast<const char*>(digest), size));
}

std::string client_key(const std::array<std::uint8_t, 16>& entropy) {
  return base64(Bytes(reinterpret_cast<const char*>(entropy.data()), entropy.size()));
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

std::string check_response(const http1::Response& response, Bytes key, const Offer& offer) {
  const auto& headers = response.headers;
  if (response.status != 101) return "status " + std::to_string(response.status) + " instead of 101";
  if (!equal_ignoring_case(response.header("Upgrade"), "websocket")) return "the Upgrade header is not 'websocket'";
  if (!http1::header_has_token(headers, "Connection", "upgrade")) return "the Connection header lacks 'Upgrade'";
  if (http1::count_headers(headers, "Sec-WebSocket-Accept") != 1 ||
      response.header("Sec-WebSocket-Accept") != accept_key(key)) {
    return "Sec-WebSocket-Accept does not answer our key";
  }
  const std::size_t subprotocols = http1::count_headers(headers, "Sec-WebSocket-Protocol");
  const std::vector<std::string> chosen = {std::string(response.header("Sec-WebSocket-Protocol"))};
  if (subprotocols > 1 || (subprotocols == 1 && choose_subprotocol(offer.subprotocols, chosen).empty()))
    return "a subprotocol that was not asked for";
  return read_answer(response, offer).error;
}

std::optional<Deflate> agreed_deflate(const http1::Response& response, const Offer& offer) {
  return read_answer(response, offer).deflate;
}

}  // namespace wire::websocket
