#include "reference-server/stream/log_reader.h"

#include <algorithm>
#include <utility>

namespace server {

namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

std::uint64_t LogPosition::skip_what_is_gone(const Topic& topic) {
  if (cursor + 1 >= topic.first()) return 0;
  if (gap_first == 0) gap_first = cursor + 1;
  const std::uint64_t gone = topic.first() - 1 - cursor;
  cursor = topic.first() - 1;
  return gone;
}

std::uint64_t LogPosition::skip_to_last(const Topic& topic, std::uint64_t bytes) {
  const std::uint64_t begin = std::max(cursor, topic.cursor_within(bytes));
  if (begin == cursor) return 0;
  if (gap_first == 0) gap_first = cursor + 1;
  const std::uint64_t skipped = begin - cursor;
  cursor = begin;
  return skipped;
}

LogPiece read_piece(const Topic& topic, const Encoder& encoder, LogPosition& position, const LogView& view) {
  LogPiece piece;
  bool skipped = false;
  if (position.gap_first != 0) encoder.append_gap(piece.bytes, {std::exchange(position.gap_first, 0), position.cursor});
  while (position.cursor < topic.head() && piece.bytes.size() < kPiece) {
    if (view.limit != nullptr && view.limit->reached()) break;
    const Message& message = topic.message(++position.cursor);
    if (view.origin != 0 && message.origin == view.origin) {
      skipped = true;
      continue;
    }
    if (std::exchange(skipped, false)) encoder.append_skip(piece.bytes, position.cursor - 1);
    const std::size_t before = piece.bytes.size();
    encoder.append(piece.bytes, message);
    ++piece.messages;
    piece.payload += encoder.payload_of(message, piece.bytes.size() - before);
    if (view.limit != nullptr) view.limit->take(1, message.bytes().size());
  }
  if (skipped) encoder.append_skip(piece.bytes, position.cursor);
  return piece;
}

}  // namespace server
