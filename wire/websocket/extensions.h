// What is agreed beside the frames themselves in the opening handshake: the extension permessage-deflate (RFC 7692
// section 7.1) and the subprotocol (RFC 6455 section 1.9).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/bytes.h"
#include "wire/http1/header.h"

namespace wire::websocket {

// Every value of a header that may be repeated, as the one list that it stands for (RFC 9110 section 5.3).
std::string joined_header(std::span<const http1::Header> headers, Bytes name);

// Sec-WebSocket-Extensions by the grammar of RFC 6455 section 9.1.
struct Extension {
  struct Parameter {
    std::string name;
    std::optional<std::string> value;  // unquoted
  };
  std::string name;
  std::vector<Parameter> parameters;
};
// Absent when the text is not by the grammar: the connection must not be opened.
std::optional<std::vector<Extension>> parse_extensions(Bytes text);

// How permessage-deflate is spoken on one connection, once both sides have agreed. Each direction has a sender who may
// keep its window from message to message (context takeover), and a window of 2^bits bytes, 8 to 15.
struct Deflate {
  struct Direction {
    bool takeover = true;
    std::uint8_t window_bits = 15;
  };
  Direction to_client;
  Direction to_server;
};

// What a server is willing to do.
struct DeflatePolicy {
  bool accept = false;
  bool takeover = true;  // false: both directions without, whatever the client offers
};
struct DeflateAnswer {
  Deflate deflate;
  std::string header;  // value of Sec-WebSocket-Extensions
};
// The first offer of permessage-deflate that is well-formed; absent when there is none (the connection opens without).
std::optional<DeflateAnswer> answer_deflate(const std::vector<Extension>& offers, DeflatePolicy policy);

// What a client asks for. Bits of 0 ask for nothing.
struct DeflateOffer {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = 0;
  std::uint8_t client_max_window_bits = 15;  // 15: the server may limit it; 0: it may not
  std::string header() const;                // value of Sec-WebSocket-Extensions
};
// What the server has made of the offer (null: none was made); an error when section 7.1 forbids that.
struct DeflateAgreement {
  std::optional<Deflate> deflate;
  std::string error;
};
DeflateAgreement check_deflate(const DeflateOffer* offer, Bytes answer);

// The first of the client's subprotocols that the server knows; empty when there is none. Compared with case.
std::string_view choose_subprotocol(Bytes offered, const std::vector<std::string>& known);

}  // namespace wire::websocket
