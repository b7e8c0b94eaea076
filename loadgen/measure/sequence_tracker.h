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

// 24 bytes, no heap, while nothing is missing; 16 bytes a hole (a run of missing sequences) otherwise.
//
// At most kMaxHoles holes are kept. The next one freezes the older half: what they miss stays counted as missing for
// good, and a message that arrives late for a frozen hole is kDuplicate. Until that happens, totals are exact; see
// frozen_before() for ranges.
class SequenceTracker {
 public:
  static constexpr std::size_t kMaxHoles = 16'384;  // 256 KiB: every second of 32,768 messages lost

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

  // Below this sequence holes are frozen: their number is known, their places are not. first() when nothing is frozen.
  // contains() takes a frozen sequence for received; a range that begins inside the frozen stretch has all frozen ones
  // counted as missing in it, as far as it has room for them.
  std::uint64_t frozen_before() const { return holes_ != nullptr ? holes_->frozen_before : first_; }
  std::size_t holes() const { return holes_ != nullptr ? holes_->open.size() : 0; }

 private:
  static constexpr std::uint64_t kNotStarted = std::numeric_limits<std::uint64_t>::max();

  struct Hole {
    std::uint64_t first;
    std::uint64_t last;
  };
  struct Holes {
    std::vector<Hole> open;  // sorted, disjoint, not adjacent
    std::uint64_t frozen_before = 0;
    std::uint64_t frozen_missing = 0;
  };

  Arrival arrive_out_of_order(std::uint64_t sequence);
  void open_hole(std::uint64_t first, std::uint64_t last);
  bool fill(std::uint64_t sequence);
  void freeze_oldest();
  std::uint64_t holed_in(std::uint64_t first, std::uint64_t last) const;

  std::uint64_t first_ = kNotStarted;
  std::uint64_t next_ = kNotStarted;
  std::unique_ptr<Holes> holes_;  // only while something is missing
};

static_assert(sizeof(SequenceTracker) <= 24);

}  // namespace measure
