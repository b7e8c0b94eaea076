// Reading the log of a topic for one subscriber, by cursor: who is behind costs its position, and no copy of anything
// that waits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "reference-server/log/topic.h"
#include "reference-server/stream/encoder.h"

namespace server {

struct LogPosition {
  std::uint64_t cursor = 0;     // the last message that was sent
  std::uint64_t gap_first = 0;  // first of the messages that were skipped and not yet told; 0: none

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

// Who reads: what it does not get of the log.
struct LogView {
  std::uint64_t origin = 0;      // the messages of this client are left out; 0: of none
  StreamLimit* limit = nullptr;  // null: without end
};

// What is read, encoded.
struct LogPiece {
  std::string bytes;
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;  // of the messages, in the bytes
};

// What follows the position, which moves: enough for one full write, little enough that others get their turn.
LogPiece read_piece(const Topic& topic, const Encoder& encoder, LogPosition& position, const LogView& view);

}  // namespace server
