#include "wire/websocket/reader.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace wire::websocket {
namespace {

constexpr std::size_t kMaxControlPayload = 125;  // section 5.5
constexpr std::size_t kMaxHeader = 14;
constexpr std::uint8_t kRsv1 = 4;  // of the three reserved bits

// Bytes of a frame header, by its second byte (section 5.2).
std::size_t header_size(std::uint8_t second) {
  const unsigned length = second & 0x7Fu;
  return 2u + (length == 126 ? 2u : length == 127 ? 8u : 0u) + ((second & 0x80u) != 0 ? 4u : 0u);
}

bool is_control(std::uint8_t opcode) {
  return (opcode & 8u) != 0;
}

}  // namespace

struct Reader::Frame {
  std::uint64_t payload_size;
  std::uint8_t opcode;
  std::uint8_t reserved;
  bool fin;
  bool masked;

  bool compressed() const { return (reserved & kRsv1) != 0; }

  explicit Frame(const wslay_frame_iocb& frame)
      : payload_size(frame.payload_length),
        opcode(frame.opcode),
        reserved(frame.rsv),
        fin(frame.fin != 0),
        masked(frame.mask != 0) {}

  // Of a complete header whose lengths wslay has accepted.
  explicit Frame(const std::uint8_t* header)
      : payload_size(header[1] & 0x7Fu),
        opcode(header[0] & 0x0Fu),
        reserved((header[0] >> 4) & 7u),
        fin((header[0] & 0x80u) != 0),
        masked((header[1] & 0x80u) != 0) {
    const std::size_t extended = payload_size == 126 ? 2 : payload_size == 127 ? 8 : 0;
    if (extended != 0) payload_size = 0;
    for (std::size_t i = 0; i < extended; ++i) payload_size = payload_size << 8 | header[2 + i];
  }

  std::uint64_t size() const {
    const std::uint64_t extended = payload_size < 126 ? 0 : payload_size <= 0xFFFF ? 2 : 8;
    return 2 + extended + (masked ? 4 : 0) + payload_size;
  }
};

struct Reader::Context {
  Context() {
    static constexpr wslay_frame_callbacks kCallbacks = {nullptr, on_receive, nullptr};
    if (wslay_frame_context_init(&frames, &kCallbacks, this) != 0) throw std::bad_alloc();
  }
  ~Context() { wslay_frame_context_free(frames); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // wslay asks for more: it gets what the window has, up to the 4 KiB of its own buffer.
  static ssize_t on_receive(std::uint8_t* buffer, std::size_t size, int, void* user_data) {
    auto& context = *static_cast<Context*>(user_data);
    const std::size_t count = std::min(size, context.window.size());
    if (count == 0) return -1;
    std::memcpy(buffer, context.window.data(), count);
    context.window.remove_prefix(count);
    context.pending += count;
    return static_cast<ssize_t>(count);
  }

  // Between frames: nothing of any stream is left inside, so any reader may have it next.
  bool clean() const { return pending == 0; }

  wslay_frame_context_ptr frames = nullptr;
  Bytes window;                     // of the bytes fed, what wslay has not taken yet
  std::uint64_t pending = 0;        // bytes that wslay took since the end of the last complete frame
  std::uint64_t received = 0;       // payload bytes of the current frame
  std::uint8_t header[kMaxHeader];  // the current frame's, while it is incomplete
  std::uint8_t header_bytes = 0;
  std::uint8_t control_bytes = 0;
  bool begun = false;                // wslay has reported the current frame
  char control[kMaxControlPayload];  // payload of a control frame that comes in pieces
};

struct Reader::Pool {
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kKeptPayload = 64 * 1024;

  static Pool& mine() {
    thread_local Pool pool;
    return pool;
  }
  template <typename T>
  static std::unique_ptr<T> take(std::vector<std::unique_ptr<T>>& from) {
    if (from.empty()) return std::make_unique<T>();
    std::unique_ptr<T> item = std::move(from.back());
    from.pop_back();
    return item;
  }
  void give_back(std::unique_ptr<Context> context) {
    if (contexts.size() < kKept) contexts.push_back(std::move(context));
  }
  void give_back(std::unique_ptr<Message> message) {
    if (message->inflater != nullptr && inflaters.size() < kKept) inflaters.push_back(std::move(message->inflater));
    message->inflater.reset();
    if (messages.size() >= kKept || message->payload.capacity() > kKeptPayload) return;
    message->payload.clear();
    message->compressed_bytes = 0;
    message->utf8.reset();
    messages.push_back(std::move(message));
  }

  std::vector<std::unique_ptr<Context>> contexts;
  std::vector<std::unique_ptr<Message>> messages;
  std::vector<std::unique_ptr<Inflater>> inflaters;  // about 40 KiB each, as many as there were split messages at once
};

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

void Reader::begin_message(const Frame& frame) {
  Pool& pool = Pool::mine();
  message_ = Pool::take(pool.messages);
  message_->type = static_cast<Opcode>(frame.opcode);
  message_->compressed = frame.compressed();
  // The peer's word is believed up to what the pool keeps anyway.
  message_->payload.reserve(std::min<std::uint64_t>(frame.payload_size, Pool::kKeptPayload));
  if (!message_->compressed) return;
  if (!deflate_.takeover) {
    message_->inflater = Pool::take(pool.inflaters);
    message_->inflater->reset();
  } else if (inflater_ == nullptr) {
    inflater_ = std::make_unique<Inflater>(deflate_.window_bits);
  }
}

std::uint16_t Reader::append(Bytes piece, bool last) {
  Message& message = *message_;
  const std::size_t before = message.payload.size();
  if (!message.compressed) {
    message.payload.append(piece);
  } else if (const std::uint16_t code = inflate(piece, last); code != 0) {
    return code;
  }
  if (message.type != Opcode::kText) return 0;
  if (!message.utf8.feed(Bytes(message.payload).substr(before))) return fail(kInvalidPayload, "text is not UTF-8");
  if (last && !message.utf8.complete()) return fail(kInvalidPayload, "text ends inside a character");
  return 0;
}

std::uint16_t Reader::inflate(Bytes piece, bool last) {
  Message& message = *message_;
  Inflater& inflater = message.inflater != nullptr ? *message.inflater : *inflater_;
  message.compressed_bytes += piece.size();
  Inflater::Result result = inflater.append(message.payload, piece, max_message_);
  if (result == Inflater::Result::kOk && last) result = inflater.finish(message.payload, max_message_);
  if (result == Inflater::Result::kTooLong) return fail(kTooBig, "message too big");
  return result == Inflater::Result::kOk ? 0 : fail(kInvalidPayload, "the compressed data is corrupt");
}

void Reader::end_message(Handler& handler) {
  std::unique_ptr<Message> message = std::move(message_);
  if (message->compressed) handler.on_compressed(message->compressed_bytes);
  handler.on_message(message->type, message->payload);
  Pool::mine().give_back(std::move(message));
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
