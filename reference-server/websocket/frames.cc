#include "reference-server/websocket/frames.h"

#include <string>

#include "wire/lines.h"
#include "wire/websocket/extensions.h"

namespace server {

namespace websocket = wire::websocket;
using websocket::Opcode;

FrameEncoder::FrameEncoder(CompressionCounters& counters, std::optional<websocket::Deflate::Direction> deflate,
                           std::size_t min_size)
    : counters_(counters),
      deflate_(deflate),
      min_size_(min_size),
      deflater_(deflate && deflate->takeover ? std::make_unique<websocket::Deflater>(deflate->window_bits) : nullptr) {}

void FrameEncoder::append(std::string& out, const Message& message) const {
  append_message(out, message.is_text ? Opcode::kText : Opcode::kBinary, message.bytes());
}

// A message that stands alone is sent as it is when compressing does not make it smaller; one that has been through the
// connection's context is part of it, and must be sent compressed.
void FrameEncoder::append_message(std::string& out, Opcode type, Bytes payload) const {
  if (!deflate_ || payload.size() < min_size_) return websocket::append_frame(out, type, payload);
  thread_local std::string compressed;
  compressed.clear();
  if (deflater_ != nullptr) {
    deflater_->append(compressed, payload);
  } else {
    websocket::append_deflated(compressed, payload, deflate_->window_bits);
    if (compressed.size() >= payload.size()) return websocket::append_frame(out, type, payload);
  }
  counters_.messages.add(1);
  counters_.payload.add(payload.size());
  counters_.compressed.add(compressed.size());
  websocket::append_frame(out, type, compressed, {.compressed = true});
  constexpr std::size_t kKept = std::size_t{1} << 20;
  if (compressed.capacity() > kKept) std::string().swap(compressed);
}

void FrameEncoder::append_gap(std::string& out, Gap gap) const {
  websocket::append_frame(out, Opcode::kPong, wire::lines::gap_text(gap));
}

void FrameEncoder::append_skip(std::string& out, std::uint64_t cursor) const {
  websocket::append_frame(out, Opcode::kPong, websocket::cursor_payload(cursor));
}

}  // namespace server
