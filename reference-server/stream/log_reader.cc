#include "reference-server/stream/log_reader.h"

#include <algorithm>
#include <utility>

namespace server {

namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr std::size_t kFraming = 16;  // about what a format puts round a message

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

LogReader::Extent LogReader::extent(const LogPosition& position, const LogView& view) const {
  Extent extent{.to = position.cursor};
  std::size_t size = 0;
  while (extent.to < topic_.head() && size < kPiece) {
    const Message& message = topic_.message(extent.to + 1);
    if (extent.messages > 0 && message.bytes().size() > kPiece) break;
    ++extent.to;
    ++extent.messages;
    extent.payload += message.bytes().size();
    extent.has_own = extent.has_own || (view.origin != 0 && message.origin == view.origin);
    size += message.bytes().size() + kFraming;
  }
  return extent;
}

EncodedBatch LogReader::read(LogPosition& position, const LogView& view) {
  // A gap goes ahead of what has an encoding of its own, which may yet turn out to be for all.
  const bool gap_alone = view.own_encoder != nullptr && position.gap_first != 0;
  const Extent extent = gap_alone ? Extent{.to = position.cursor} : this->extent(position, view);
  if (extent.messages == 0) return own_piece(position, extent, view);
  const bool one = extent.messages == 1;
  const bool as_for_all = view.own_encoder == nullptr || (one && extent.payload > view.own_bytes);
  const bool to_its_end = view.limit == nullptr || one || view.limit->exceeds(extent.messages, extent.payload);
  if (extent.has_own || !as_for_all || !to_its_end) return own_piece(position, extent, view);
  const EncodedBatch& batch = shared_piece(position, extent);
  position = {.cursor = extent.to};
  if (view.limit != nullptr) view.limit->take(extent.messages, extent.payload);
  return batch;
}

const LogReader::Piece* LogReader::find(const LogPosition& position) const {
  const auto found =
      std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.from == position; });
  return found == pieces_.end() ? nullptr : &*found;
}

const EncodedBatch& LogReader::shared_piece(const LogPosition& position, const Extent& extent) {
  const Piece* const known = find(position);
  // A longer piece may begin at the position by now.
  if (known != nullptr && known->batch.messages == extent.messages) return known->batch;
  LogPosition end = position;
  Piece piece{.from = position, .batch = own_piece(end, extent, {})};
  if (known == nullptr && pieces_.size() < kPieces) return pieces_.emplace_back(std::move(piece)).batch;
  next_ = (next_ + 1) % kPieces;
  const std::size_t slot = known != nullptr ? static_cast<std::size_t>(known - pieces_.data()) : next_ % pieces_.size();
  return (pieces_[slot] = std::move(piece)).batch;
}

EncodedBatch LogReader::own_piece(LogPosition& position, const Extent& extent, const LogView& view) const {
  const Encoder& encoder = view.own_encoder != nullptr ? *view.own_encoder : encoder_;
  std::string bytes;
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;
  bool skipped = false;
  if (position.gap_first != 0) encoder.append_gap(bytes, {std::exchange(position.gap_first, 0), position.cursor});
  while (position.cursor < extent.to && (view.limit == nullptr || !view.limit->reached())) {
    const Message& message = topic_.message(++position.cursor);
    if (view.origin != 0 && message.origin == view.origin) {
      skipped = true;
      continue;
    }
    if (std::exchange(skipped, false)) encoder.append_skip(bytes, position.cursor - 1);
    const std::size_t before = bytes.size();
    encoder.append(bytes, message);
    ++messages;
    payload += encoder.payload_of(message, bytes.size() - before);
    if (view.limit != nullptr) view.limit->take(1, message.bytes().size());
  }
  if (skipped) encoder.append_skip(bytes, position.cursor);
  if (bytes.empty()) return {};
  EncodedBatch batch = frame(framing_, std::move(bytes));
  batch.messages = messages;
  batch.payload = payload;
  return batch;
}

void LogReader::forget_unsent() {
  std::erase_if(pieces_, [](const Piece& piece) { return !piece.batch.bytes.shared(); });
}

}  // namespace server
