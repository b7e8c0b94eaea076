// WebSocket frames as they arrive (RFC 6455 section 5), read through wslay's frame layer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wire/bytes.h"
#include "wire/utf8.h"
#include "wire/websocket/extensions.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/permessage_deflate.h"

namespace wire::websocket {

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
