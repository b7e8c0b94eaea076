// WebSocket frames (RFC 6455 section 5), read through wslay's frame layer. The handshake: wire/websocket_handshake.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "wire/bytes.h"
#include "wire/permessage_deflate.h"
#include "wire/utf8.h"
#include "wire/websocket_extensions.h"

namespace wire::websocket {

enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// Close codes of section 7.4.1.
inline constexpr std::uint16_t kNormal = 1000, kGoingAway = 1001, kProtocolError = 1002, kUnsupported = 1003,
                               kNoStatus = 1005, kAbnormal = 1006, kInvalidPayload = 1007, kPolicy = 1008,
                               kTooBig = 1009, kInternalError = 1011;
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

// Reads frames from a stream cut anywhere and enforces section 5: masking by role, reserved bits and opcodes, control
// frames (<= 125 bytes, not fragmented, between fragments), message size, UTF-8 of text fail-fast, close payloads. With
// expect_compressed() messages may be permessage-deflate's: what is limited, checked and delivered is what they bring.
// Between messages it holds no buffer: wslay frame contexts (4 KiB each) and buffers of split messages are pooled a
// thread and borrowed while a frame or a message is incomplete. A message that arrives whole in one read is delivered
// without a copy of ours.
class Reader {
 public:
  enum class Role { kServer, kClient };  // a server requires masked frames, a client unmasked ones
  class Handler {
   public:
    virtual void on_message(Opcode type, Bytes payload) = 0;  // kText or kBinary, whole; valid during the call
    // The message that on_message tells next came compressed, as so many bytes of payload.
    virtual void on_compressed(std::size_t payload_bytes) {}
    virtual void on_ping(Bytes payload) = 0;  // answer with a pong of the same payload
    virtual void on_pong(Bytes payload) = 0;
    virtual void on_close(std::uint16_t code, Bytes reason) = 0;  // kNoStatus when the frame had none; nothing follows

   protected:
    ~Handler() = default;
  };
  Reader(Role role, std::size_t max_message = std::size_t{16} << 20);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // permessage-deflate has been agreed: RSV1 is allowed, and the peer compresses in this way.
  void expect_compressed(Deflate::Direction direction);

  // Returns 0, or the close code to fail the connection with (1002, 1007, 1009); error_text() then says why. After
  // that, after a close frame and after stop(), bytes are ignored. A handler may destroy neither the reader nor the
  // bytes, nor feed the same reader; it may call stop() to end the parsing after the current callback.
  std::uint16_t feed(Bytes bytes, Handler& handler);
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  // Whether a frame or a fragmented message has begun and not ended.
  bool mid_message() const { return context_ != nullptr || message_ != nullptr; }
  const char* error_text() const { return error_text_; }

 private:
  struct Context;   // a wslay frame context, its input window, and where it is in a frame
  struct Message {  // an unfinished fragmented or split message
    std::string payload;
    std::unique_ptr<Inflater> inflater;  // of the thread's, without context takeover
    std::uint64_t compressed_bytes = 0;
    Utf8Validator utf8;
    Opcode type = Opcode::kText;
    bool compressed = false;
  };
  struct Pool;   // of both, one a thread
  struct Frame;  // what the header of a frame says
  std::uint16_t take_plain_messages(Bytes& bytes, Handler& handler);
  std::uint16_t read_frames(Context& context, Handler& handler);
  std::uint16_t check_header(const Frame& frame);
  std::uint16_t check_early_header(Context& context, Bytes bytes);
  std::uint16_t on_data(const Frame& frame, Bytes piece, bool end, Handler& handler);
  void begin_message(const Frame& frame);
  std::uint16_t append(Bytes piece, bool last);
  std::uint16_t inflate(Bytes piece, bool last);
  void end_message(Handler& handler);
  std::uint16_t on_control(Context& context, const Frame& frame, Bytes piece, bool end, Handler& handler);
  std::uint16_t on_close_frame(Bytes payload, Handler& handler);
  std::uint16_t fail(std::uint16_t code, const char* text);

  std::unique_ptr<Context> context_;    // only while a frame is incomplete
  std::unique_ptr<Message> message_;    // only while a message is incomplete
  std::unique_ptr<Inflater> inflater_;  // with context takeover, from the first compressed message on
  const char* error_text_ = "";
  std::size_t max_message_;
  Role role_;
  Deflate::Direction deflate_;
  bool may_compress_ = false;
  bool stopped_ = false;
};

}  // namespace wire::websocket
