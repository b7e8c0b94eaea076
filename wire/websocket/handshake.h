// The opening handshake of WebSocket (RFC 6455 section 4), both sides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.h"
#include "wire/http1/request.h"
#include "wire/http1/response.h"
#include "wire/websocket/extensions.h"

namespace wire::websocket {

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (section 4.2.2 item 5.4).
std::string accept_key(Bytes key);
// A fresh Sec-WebSocket-Key: 16 bytes of `entropy`, base64.
std::string client_key(const std::array<std::uint8_t, 16>& entropy);

// Whole line: with whatever status a handshake of another version is refused, this is sent (sections 4.2.2 and 4.4).
inline constexpr Bytes kVersionHeader = "Sec-WebSocket-Version: 13\r\n";

// Server side, section 4.2.1. status 101: go on with `accept`; else the status to refuse with (400, 405, 426) and a
// sentence. 426 says that the version is missing or another one, or that there is no upgrade at all.
struct HandshakeCheck {
  int status = 101;
  std::string reason;
  std::string accept;
};
HandshakeCheck check_handshake(const http1::Request& request);
// What a client has asked for beside the connection itself.
struct Offer {
  std::string subprotocols;  // value of Sec-WebSocket-Protocol; empty: none
  std::optional<DeflateOffer> deflate;
};
// Client side, section 4.1: empty when the response to our `key` is good, else what is wrong with it. What it agrees to
// is then told by agreed_deflate().
std::string check_response(const http1::Response& response, Bytes key, const Offer& offer = {});
std::optional<Deflate> agreed_deflate(const http1::Response& response, const Offer& offer);

}  // namespace wire::websocket
