// Reading the log of a topic for one subscriber, by cursor: who is behind costs its position, and no copy of anything
// that waits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "reference-server/log/topic.h"
#include "reference-server/stream/encoder.h"

namespace server {

struct LogPosition {
  std::uint64_t cursor = 0;     // the last message that was sent
  std::uint64_t gap_first = 0;  // first of the messages that were skipped and not yet told; 0: none
  bool operator==(const LogPosition&) const = default;

  // Moves on to what the log still has; how many messages that skips.
  std::uint64_t skip_what_is_gone(const Topic& topic);
  // Moves on so that at most `bytes` of payload follow; how many messages that skips.
  std::uint64_t skip_to_last(const Topic& topic, std::uint64_t bytes);
};

// After how much a stream ends by design; gap notices do not count.
struct StreamLimit {
  std::uint64_t messages = UINT64_MAX;
  std::uint64_t bytes = UINT64_MAX;  // of payload: it ends behind the message that reaches this
  bool none() const { return messages == UINT64_MAX && bytes == UINT64_MAX; }
  bool reached() const { return messages == 0 || bytes == 0; }
  // Whether so much is within the limit and more may follow.
  bool exceeds(std::uint64_t count, std::uint64_t size) const { return messages > count && bytes > size; }
  void take(std::uint64_t count, std::uint64_t size) {
    if (messages != UINT64_MAX) messages -= std::min(messages, count);
    if (bytes != UINT64_MAX) bytes -= std::min(bytes, size);
  }
};

// Who reads, and what it gets otherwise than all.
struct LogView {
  std::uint64_t origin = 0;              // the messages of this client are left out; 0: of none
  StreamLimit* limit = nullptr;          // null: without end
  const Encoder* own_encoder = nullptr;  // null: encoded as for all
  std::size_t own_bytes = 0;             // a larger message is encoded as for all, who share it
};

// The log of one topic, encoded a piece at a time: enough for one full write, little enough that others get their turn.
// A message larger than that is a piece by itself. Everybody who wants the same piece gets the same bytes, so that
// nobody has more of its own than a piece, however much waits for it.
class LogReader {
 public:
  LogReader(const Topic& topic, const Encoder& encoder, Framing framing)
      : topic_(topic), encoder_(encoder), framing_(framing) {}

  // The piece that follows the position, which moves.
  EncodedBatch read(LogPosition& position, const LogView& view);
  // Whether read() would find the piece instead of encoding it.
  bool has(const LogPosition& position) const { return find(position) != nullptr; }
  bool holds_pieces() const { return !pieces_.empty(); }
  void forget_unsent();  // pieces that no connection has any more

 private:
  struct Extent {
    std::uint64_t to = 0;  // the last message
    std::uint64_t messages = 0;
    std::uint64_t payload = 0;  // of the messages
    bool has_own = false;       // some are of the view's origin
  };
  struct Piece {
    LogPosition from;
    EncodedBatch batch;
  };
  Extent extent(const LogPosition& position, const LogView& view) const;
  const Piece* find(const LogPosition& position) const;
  const EncodedBatch& shared_piece(const LogPosition& position, const Extent& extent);
  EncodedBatch own_piece(LogPosition& position, const Extent& extent, const LogView& view) const;

  static constexpr std::size_t kPieces = 8;  // that are kept while somebody has them
  const Topic& topic_;
  const Encoder& encoder_;
  const Framing framing_;
  std::vector<Piece> pieces_;
  std::size_t next_ = 0;  // to be replaced
};

}  // namespace server
