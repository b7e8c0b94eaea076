// One subscriber's view of its topic's stream. Owned by the worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "loadgen/measure/sequence_tracker.h"
#include "loadgen/run/topic_member.h"

namespace loadgen {

// No heap while nothing was lost and no connection was. After that: what SequenceTracker says, and 16 bytes for each
// absence that left something missing.
struct Receiver {
  // Places [from, to) of the stream.
  struct Range {
    std::uint64_t from;
    std::uint64_t to;
  };
  static constexpr std::uint64_t kStillAway = UINT64_MAX;

  Receiver() = default;
  explicit Receiver(TopicMember membership) : part(membership) {}

  // The connection was lost, or ended by design; `place` is the first one that is due from now on: it is missed, or
  // replayed after the return. What was due before and has not come is lost, and not missed for being away.
  void leave(std::uint64_t place);
  // Subscribed again; `place` is the first one that is due from now on. Nothing happens without leave().
  void come_back(std::uint64_t place);
  // It was due while the subscriber was away.
  bool was_absent(std::uint64_t place) const { return place < absent_before && find_absence(place); }
  // Missing ones in [first, last] that were due while the subscriber was away.
  template <typename MissingIn>
  std::uint64_t missed_while_away(std::uint64_t first, std::uint64_t last, MissingIn&& missing_in) const {
    std::uint64_t missed = 0;
    if (absences == nullptr) return missed;
    for (const Range& absence : *absences) {
      const std::uint64_t from = std::max(first, absence.from);
      const std::uint64_t to = std::min(last, absence.to - 1);
      if (from <= to) missed += missing_in(from, to);
    }
    return missed;
  }

  measure::SequenceTracker tracker;              // of places
  std::unique_ptr<std::vector<Range>> absences;  // sorted, disjoint; the last may be open: to == kStillAway
  std::uint64_t absent_before = 0;               // no absence from here on
  TopicMember part;

 private:
  bool find_absence(std::uint64_t place) const;
};

static_assert(sizeof(Receiver) <= 64);

}  // namespace loadgen
