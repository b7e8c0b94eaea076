// First and last receive time of every message of the measured range: how long a message takes to reach all of its
// subscribers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "loadgen/measure/histogram.h"
#include "wire/time.h"

namespace measure {

// kBytesAMessage for each of the range, taken at once. Owned by one thread; threads merge at join.
class FanOut {
 public:
  static constexpr std::uint64_t kMaxSpread = (std::uint64_t{1} << 40) - 1;     // ns, 18 min; larger ones saturate
  static constexpr std::uint64_t kMaxReceivers = (std::uint64_t{1} << 24) - 1;  // saturates

  static constexpr std::uint64_t kBytesAMessage = 16;

  FanOut() = default;  // of no message: ignores what arrives
  // Messages [first_index, first_index + count); the index may be the schedule's n or the stream's sequence.
  FanOut(std::uint64_t first_index, std::uint64_t count) : first_index_(first_index), messages_(count) {}

  // One subscriber received message `index`; count a duplicate only once. Ignores an index outside the range.
  void arrived(std::uint64_t index, wire::Time received) {
    const std::uint64_t place = index - first_index_;  // wraps to a large number below the range
    if (place >= messages_.size()) return;
    add(messages_[place], received.time_since_epoch().count(), 0, 1);
  }

  // Joins another thread's, which is of no message afterwards. Requires the same range, or none of its own.
  void merge(FanOut&& other);

  // last - first of the messages that at least two subscribers received.
  Histogram spreads() const;
  // Messages by how many received them, for `index` inside the range.
  std::uint64_t receivers(std::uint64_t index) const { return messages_[index - first_index_].receivers; }
  std::uint64_t first_index() const { return first_index_; }
  std::uint64_t size() const { return messages_.size(); }

 private:
  struct Message {
    std::int64_t first = 0;         // ns of the monotonic clock
    std::uint64_t spread : 40 = 0;  // ns from first to last
    std::uint64_t receivers : 24 = 0;
  };
  static_assert(sizeof(Message) == kBytesAMessage);

  // Joins what `receivers` subscribers saw between first and first + spread.
  static void add(Message& message, std::int64_t first, std::uint64_t spread, std::uint64_t receivers) {
    if (message.receivers == 0) message.first = first;
    const std::int64_t earliest = std::min(message.first, first);
    const auto last_ours = static_cast<std::uint64_t>(message.first - earliest) + message.spread;
    const auto last_theirs = static_cast<std::uint64_t>(first - earliest) + spread;
    message.first = earliest;
    message.spread = std::min(std::max(last_ours, last_theirs), kMaxSpread);
    message.receivers = std::min(message.receivers + receivers, kMaxReceivers);
  }

  std::uint64_t first_index_ = 0;
  std::vector<Message> messages_;
};

}  // namespace measure
