// Which messages of one stream (one publisher, one topic) one subscriber has received, exactly.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace measure {

enum class Arrival : std::uint8_t {
  kInOrder,    // the next one
  kAhead,      // beyond the next one: opened a hole
  kReordered,  // filled a hole, late
  kDuplicate,  // had arrived before
  kEarly,      // below the first entitled sequence, or before start_at(): not counted
};

// 24 bytes and no heap while nothing was ever missing. Otherwise what is missing is kept as a list of holes (16 bytes
// each) or as a bit a sequence from the first to the last hole, whichever is smaller: every answer is exact whatever
// the disorder, and memory is at most one bit for each sequence (doubled while a vector grows). Whoever calls arrive()
// with numbers from outside must refuse those that were never published.
class SequenceTracker {
 public:
  SequenceTracker() = default;
  explicit SequenceTracker(std::uint64_t first) { start_at(first); }

  // The first entitled sequence; forgets everything before the call. Until it is called every arrival is kEarly.
  void start_at(std::uint64_t first);
  bool started() const { return first_ != kNotStarted; }
  std::uint64_t first() const { return first_; }
  std::uint64_t next() const { return next_; }  // one above the highest arrived; first() when none did

  Arrival arrive(std::uint64_t sequence) {
    if (sequence == next_ && sequence != kNotStarted) [[likely]] {
      ++next_;
      return Arrival::kInOrder;
    }
    return arrive_out_of_order(sequence);
  }

  bool contains(std::uint64_t sequence) const;

  // Both ends belong to the range. Sequences below first() are neither received nor missing.
  std::uint64_t received_in(std::uint64_t first, std::uint64_t last) const;
  std::uint64_t missing_in(std::uint64_t first, std::uint64_t last) const;  // what has not come yet is missing too

  std::size_t heap_bytes() const;  // in use; for tests

 private:
  static constexpr std::uint64_t kNotStarted = std::numeric_limits<std::uint64_t>::max();
  class Losses;
  struct Delete {
    void operator()(Losses* losses) const;
  };

  Arrival arrive_out_of_order(std::uint64_t sequence);

  std::uint64_t first_ = kNotStarted;
  std::uint64_t next_ = kNotStarted;
  std::unique_ptr<Losses, Delete> losses_;  // from the first hole on, also when it is filled: the next one is free
};

static_assert(sizeof(SequenceTracker) <= 24);

}  // namespace measure
