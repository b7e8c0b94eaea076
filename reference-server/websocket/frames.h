// How the messages of a WebSocket become frames: plain, each compressed by itself so that one frame serves everybody
// who has agreed to that, or in the context of one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "reference-server/stats.h"
#include "reference-server/stream/encoder.h"
#include "wire/websocket/extensions.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/permessage_deflate.h"

namespace server {

class FrameEncoder final : public Encoder {
 public:
  // `deflate`: what has been agreed for this direction; with context takeover the encoder belongs to one connection.
  // Messages below `min_size` stay plain.
  FrameEncoder(CompressionCounters& counters, std::optional<wire::websocket::Deflate::Direction> deflate,
               std::size_t min_size);

  void append(std::string& out, const Message& message) const override;
  void append_gap(std::string& out, Gap gap) const override;
  void append_skip(std::string& out, std::uint64_t cursor) const override;
  std::size_t payload_of(const Message&, std::size_t encoded) const override { return encoded - header_size(encoded); }
  void append_message(std::string& out, wire::websocket::Opcode type, Bytes payload) const;
  // Of one frame of so many bytes in all.
  static std::size_t header_size(std::size_t frame) { return frame < 2 + 126 ? 2 : frame < 4 + 65'536 ? 4 : 10; }

 private:
  CompressionCounters& counters_;
  const std::optional<wire::websocket::Deflate::Direction> deflate_;
  const std::size_t min_size_;
  const std::unique_ptr<wire::websocket::Deflater> deflater_;  // with context takeover
};

}  // namespace server
