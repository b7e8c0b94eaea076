// WebSocket frames as they are sent (RFC 6455 section 5), and what the payloads of control frames say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.h"

namespace wire::websocket {

enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// Close codes of section 7.4.1, and one of IANA's registry.
inline constexpr std::uint16_t kNormal = 1000, kGoingAway = 1001, kProtocolError = 1002, kUnsupported = 1003,
                               kNoStatus = 1005, kAbnormal = 1006, kInvalidPayload = 1007, kPolicy = 1008,
                               kTooBig = 1009, kInternalError = 1011, kTryAgainLater = 1013;
// Whether an endpoint may send this code in a close frame; some are for servers to say.
bool is_sendable_close_code(std::uint16_t code, bool by_server = true);

// What the first byte of a frame says beside the opcode. `compressed`: RSV1, the message is permessage-deflate's.
struct FrameBits {
  bool fin = true;
  bool compressed = false;
};
// Appends a frame header for `payload_size` bytes (section 5.2); the payload follows as it is, without a mask.
void append_header(std::string& out, Opcode opcode, std::uint64_t payload_size, FrameBits bits = {});
// A whole unmasked frame: what a server sends.
void append_frame(std::string& out, Opcode opcode, Bytes payload, FrameBits bits = {});
// A whole masked frame: what a client sends. The masking key is the four bytes of `mask`, most significant first.
void append_masked_frame(std::string& out, Opcode opcode, Bytes payload, std::uint32_t mask, FrameBits bits = {});
// Close frame payload: code and reason (cut to 123 bytes at a character boundary); empty for kNoStatus.
std::string close_payload(std::uint16_t code, Bytes reason);

// Notices: what our server tells beside messages, as the payload of an unsolicited pong (section 5.5.3). Every client
// takes one and none shows it, and what anybody publishes is a data frame, so that no payload can pass for a notice.
// "cursor 17": the client has got, or did not want, everything up to 17.
std::string cursor_payload(std::uint64_t cursor);
std::optional<std::uint64_t> parse_cursor_payload(Bytes payload);  // absent for any other pong
// "gap 5 9", which is lines::gap_text: messages 5 to 9 are no longer in the server's log.
// A page of a browser sees no pongs. When it asks for that, a gap ends the connection with this code (of those for
// private use, section 7.4.2) and the text of the notice as the reason.
inline constexpr std::uint16_t kGapCode = 4001;

}  // namespace wire::websocket
