// The log of one topic on one thread: a ring of the newest messages from which any cursor can resume.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wire/bytes.h"

namespace server {

struct Message {
  std::uint64_t sequence = 0;
  std::shared_ptr<const std::string> payload;  // shared by all threads, immutable
  bool is_text = true;                         // valid UTF-8 and not declared binary
  std::uint64_t origin = 0;                    // of the client that sent it, see Subscriber; 0: nobody's
  wire::Bytes bytes() const { return *payload; }
};

struct LogLimits {
  std::size_t messages = 65'536;
  std::size_t bytes = std::size_t{256} << 20;  // of payload; the newest message is kept whatever its size
  std::size_t total = SIZE_MAX;                // memory() of all topics, but for the newest message of them
};

class Topic {
 public:
  // Beside its payload, about what a message costs: its place in the ring and its two allocations.
  static constexpr std::size_t kMessageCost = 128;

  // `base`: the sequence before the first message.
  Topic(std::string name, std::uint32_t index, LogLimits limits, std::uint64_t base = 0)
      : name_(std::move(name)), index_(index), limits_(limits), head_(base) {}

  const std::string& name() const { return name_; }
  std::uint32_t index() const { return index_; }             // dense, the same on every thread
  std::uint64_t head() const { return head_; }               // sequence of the newest message; 0 before the first
  std::uint64_t first() const { return head_ - size_ + 1; }  // of the oldest in the log; head() + 1 when there is none
  bool empty() const { return size_ == 0; }
  std::size_t memory() const { return kept_bytes_ + size_ * kMessageCost; }  // bytes, about, of the log
  const Message& message(std::uint64_t sequence) const;                      // requires first() <= sequence <= head()
  void append(Message message);                                              // its sequence is head() + 1
  void drop_oldest();                                                        // requires !empty()

  // Where a subscriber starts that asks for what comes after `after`; a cursor ahead of the head means the head, and so
  // does none.
  std::uint64_t starting_cursor(std::optional<std::uint64_t> after) const {
    return std::min(after.value_or(head_), head_);
  }

  // Payload bytes ever published up to and including `cursor`; for a cursor before the log, up to the log's begin.
  std::uint64_t bytes_through(std::uint64_t cursor) const;
  // The smallest cursor in the log after which at most `bytes` of payload follow.
  std::uint64_t cursor_within(std::uint64_t bytes) const;

 private:
  struct Entry {
    Message message;
    std::uint64_t bytes_through = 0;
  };
  Entry& entry(std::uint64_t sequence) { return ring_[sequence & (ring_.size() - 1)]; }
  const Entry& entry(std::uint64_t sequence) const { return ring_[sequence & (ring_.size() - 1)]; }
  bool grow();

  std::string name_;
  std::uint32_t index_;
  LogLimits limits_;
  std::vector<Entry> ring_;  // power of two; grows as messages come
  std::uint64_t head_ = 0;
  std::size_t size_ = 0;
  std::uint64_t total_bytes_ = 0;  // ever published
  std::uint64_t kept_bytes_ = 0;
};

}  // namespace server
