// Frames: header by header, and control frames whole.
#include <cstring>

#include "wire/websocket_parts.h"

namespace wire::websocket {
namespace {

// Bytes of a frame header, by its second byte (section 5.2).
std::size_t header_size(std::uint8_t second) {
  const unsigned length = second & 0x7Fu;
  return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + ((second & 0x80u) != 0 ? 4u : 0u);
}

bool is_control(std::uint8_t opcode) {
  return (opcode & 8u) != 0;
}

}  // namespace

Reader::Reader(Role role, std::size_t max_message) : max_message_(max_message), role_(role) {}

Reader::~Reader() = default;

void Reader::expect_compressed(Deflate::Direction direction) {
  deflate_ = direction;
  may_compress_ = true;
}

std::uint16_t Reader::fail(std::uint16_t code, const char* text) {
  error_text_ = text;
  stopped_ = true;
  message_.reset();
  return code;
}

// The context is the reader's own or the pool's for the time of the call, so that a handler may feed another reader.
std::uint16_t Reader::feed(Bytes bytes, Handler& handler) {
  if (role_ == Role::kClient && !mid_message()) {
    if (const std::uint16_t code = take_plain_messages(bytes, handler); code != 0) return code;
  }
  if (stopped_ || bytes.empty()) return 0;
  Pool& pool = Pool::mine();
  std::unique_ptr<Context> context = context_ != nullptr ? std::move(context_) : Pool::take(pool.contexts);
  context->window = bytes;
  std::uint16_t code = read_frames(*context, handler);
  if (context->clean() && context->window.empty()) {
    pool.give_back(std::move(context));
  } else if (!stopped_) {
    code = check_early_header(*context, bytes);
    if (code == 0) context_ = std::move(context);
  }
  return code;
}

// Takes from the front of `bytes`, without wslay, what nearly every read of a client is: unmasked, uncompressed
// messages of one frame that lie there whole. Leaves everything else, and all that is wrong with a frame but its text.
std::uint16_t Reader::take_plain_messages(Bytes& bytes, Handler& handler) {
  constexpr std::uint8_t kFin = 0x80;
  while (!stopped_ && bytes.size() >= 2) {
    const auto type = static_cast<Opcode>(static_cast<std::uint8_t>(bytes[0]) ^ kFin);
    if (type != Opcode::kText && type != Opcode::kBinary) return 0;
    std::size_t header = 2;
    std::size_t size = static_cast<std::uint8_t>(bytes[1]);
    if (size == 126 && bytes.size() >= 4) {
      header = 4;
      size = static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[2])) << 8 | static_cast<std::uint8_t>(bytes[3]);
      if (size < 126) return 0;
    } else if (size > 125) {
      return 0;
    }
    if (size > max_message_ || bytes.size() - header < size) return 0;
    const Bytes payload = bytes.substr(header, size);
    bytes.remove_prefix(header + size);
    if (type == Opcode::kText && !is_utf8(payload)) return fail(kInvalidPayload, "text is not UTF-8");
    handler.on_message(type, payload);
  }
  return 0;
}

std::uint16_t Reader::read_frames(Context& context, Handler& handler) {
  while (!stopped_) {
    wslay_frame_iocb iocb;
    const ssize_t received = wslay_frame_recv(context.frames, &iocb);
    if (received == WSLAY_ERR_WANT_READ) return 0;
    // wslay refuses long or fragmented control frames and lengths that are not minimal or have the top bit set.
    if (received < 0) return fail(kProtocolError, "malformed frame header");
    const Frame frame(iocb);
    if (!context.begun) {
      if (const std::uint16_t code = check_header(frame); code != 0) return code;
      context.begun = true;
      context.received = 0;
      context.control_bytes = 0;
    }
    context.received += iocb.data_length;
    const bool end = context.received == frame.payload_size;
    if (end) {
      context.pending -= frame.size();
      context.header_bytes = 0;
      context.begun = false;
    }
    const Bytes piece(reinterpret_cast<const char*>(iocb.data), iocb.data_length);
    const std::uint16_t code = is_control(frame.opcode) ? on_control(context, frame, piece, end, handler)
                                                        : on_data(frame, piece, end, handler);
    if (code != 0) return code;
  }
  return 0;
}

// wslay reports a header only with the first byte of its payload. A frame that must be refused is refused before: the
// header's bytes, which may come in several reads, are collected and judged as soon as they are complete.
std::uint16_t Reader::check_early_header(Context& context, Bytes bytes) {
  if (context.begun) return 0;
  const std::size_t fresh = static_cast<std::size_t>(context.pending) - context.header_bytes;
  std::memcpy(context.header + context.header_bytes, bytes.data() + bytes.size() - fresh, fresh);
  context.header_bytes = static_cast<std::uint8_t>(context.pending);
  if (context.header_bytes < 2 || context.header_bytes < header_size(context.header[1])) return 0;
  return check_header(Frame(context.header));
}

std::uint16_t Reader::check_header(const Frame& frame) {
  if (frame.reserved != 0) {
    const bool first = frame.opcode == static_cast<std::uint8_t>(Opcode::kText) ||
                       frame.opcode == static_cast<std::uint8_t>(Opcode::kBinary);
    if (frame.reserved != kRsv1 || !may_compress_ || !first) return fail(kProtocolError, "a reserved bit is set");
  }
  if (frame.masked != (role_ == Role::kServer)) {
    return fail(kProtocolError, frame.masked ? "a server must not mask" : "a client must mask");
  }
  switch (static_cast<Opcode>(frame.opcode)) {
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      return 0;
    case Opcode::kContinuation:
      if (message_ == nullptr) return fail(kProtocolError, "a continuation of nothing");
      break;
    case Opcode::kText:
    case Opcode::kBinary:
      if (message_ != nullptr) return fail(kProtocolError, "a new message inside a fragmented one");
      break;
    default:
      return fail(kProtocolError, "an unknown opcode");
  }
  // Of a compressed message nobody knows the size before it is inflated.
  if (message_ != nullptr ? message_->compressed : frame.compressed()) return 0;
  const std::size_t before = message_ != nullptr ? message_->payload.size() : 0;
  if (frame.payload_size > max_message_ - before) return fail(kTooBig, "message too big");
  return 0;
}

std::uint16_t Reader::on_data(const Frame& frame, Bytes piece, bool end, Handler& handler) {
  const bool last = end && frame.fin;
  if (message_ == nullptr && last && !frame.compressed()) {
    const auto type = static_cast<Opcode>(frame.opcode);
    if (type == Opcode::kText && !is_utf8(piece)) return fail(kInvalidPayload, "text is not UTF-8");
    handler.on_message(type, piece);
    return 0;
  }
  if (message_ == nullptr) begin_message(frame);
  if (const std::uint16_t code = append(piece, last); code != 0) return code;
  if (last) end_message(handler);
  return 0;
}

std::uint16_t Reader::on_control(Context& context, const Frame& frame, Bytes piece, bool end, Handler& handler) {
  Bytes payload = piece;
  if (!end || context.control_bytes != 0) {
    std::memcpy(context.control + context.control_bytes, piece.data(), piece.size());
    context.control_bytes = static_cast<std::uint8_t>(context.control_bytes + piece.size());
    payload = Bytes(context.control, context.control_bytes);
  }
  if (!end) return 0;
  switch (static_cast<Opcode>(frame.opcode)) {
    case Opcode::kPing:
      handler.on_ping(payload);
      return 0;
    case Opcode::kPong:
      handler.on_pong(payload);
      return 0;
    default:
      return on_close_frame(payload, handler);
  }
}

std::uint16_t Reader::on_close_frame(Bytes payload, Handler& handler) {
  std::uint16_t code = kNoStatus;
  Bytes reason;
  if (payload.size() == 1) return fail(kProtocolError, "a close payload of one byte");
  if (!payload.empty()) {
    code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                      static_cast<unsigned char>(payload[1]));
    reason = payload.substr(2);
    if (!is_sendable_close_code(code, role_ == Role::kClient)) return fail(kProtocolError, "an invalid close code");
    if (!is_utf8(reason)) return fail(kInvalidPayload, "the close reason is not UTF-8");
  }
  stopped_ = true;
  message_.reset();
  handler.on_close(code, reason);
  return 0;
}

}  // namespace wire::websocket
