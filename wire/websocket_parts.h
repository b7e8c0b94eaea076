// The inside of Reader, for its two sources only.
#pragma once

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "wire/websocket.h"

namespace wire::websocket {

inline constexpr std::size_t kMaxControlPayload = 125;  // section 5.5
inline constexpr std::size_t kMaxHeader = 14;
inline constexpr std::uint8_t kRsv1 = 4;  // of the three reserved bits

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

}  // namespace wire::websocket
