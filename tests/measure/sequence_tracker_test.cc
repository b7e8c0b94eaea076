#include "measure/sequence_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace measure {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max() - 1;

TEST(SequenceTracker, takes_a_whole_stream_without_holes) {
  SequenceTracker tracker(1);
  for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) EXPECT_EQ(tracker.arrive(sequence), Arrival::kInOrder);
  EXPECT_EQ(tracker.received_in(1, 1000), 1000U);
  EXPECT_EQ(tracker.missing_in(1, 1000), 0U);
  EXPECT_EQ(tracker.holes(), 0U);
  EXPECT_EQ(tracker.next(), 1001U);
}

TEST(SequenceTracker, counts_nothing_before_it_is_started) {
  SequenceTracker tracker;
  for (const std::uint64_t sequence : {std::uint64_t{0}, std::uint64_t{1}, kEnd, kEnd + 1}) {
    EXPECT_EQ(tracker.arrive(sequence), Arrival::kEarly);
    EXPECT_FALSE(tracker.contains(sequence));
  }
  EXPECT_EQ(tracker.received_in(0, kEnd), 0U);
  EXPECT_EQ(tracker.missing_in(0, kEnd), 0U);
}

TEST(SequenceTracker, starts_at_the_first_entitled_sequence) {
  SequenceTracker tracker(100);
  EXPECT_EQ(tracker.arrive(99), Arrival::kEarly);
  EXPECT_EQ(tracker.arrive(100), Arrival::kInOrder);
  EXPECT_EQ(tracker.received_in(0, 1000), 1U);
  EXPECT_EQ(tracker.missing_in(0, 109), 9U);
  tracker.start_at(500);
  EXPECT_EQ(tracker.received_in(0, 1000), 0U);
  EXPECT_EQ(tracker.arrive(501), Arrival::kAhead);
  EXPECT_EQ(tracker.missing_in(0, 501), 1U);
}

TEST(SequenceTracker, says_how_each_message_arrived) {
  SequenceTracker tracker(1);
  EXPECT_EQ(tracker.arrive(1), Arrival::kInOrder);
  EXPECT_EQ(tracker.arrive(5), Arrival::kAhead);  // 2 3 4 missing
  EXPECT_EQ(tracker.arrive(5), Arrival::kDuplicate);
  EXPECT_EQ(tracker.arrive(3), Arrival::kReordered);  // splits the hole
  EXPECT_EQ(tracker.holes(), 2U);
  EXPECT_EQ(tracker.arrive(3), Arrival::kDuplicate);
  EXPECT_FALSE(tracker.contains(2));
  EXPECT_TRUE(tracker.contains(3));
  EXPECT_FALSE(tracker.contains(4));
  EXPECT_FALSE(tracker.contains(6));
  EXPECT_EQ(tracker.missing_in(1, 5), 2U);
  EXPECT_EQ(tracker.missing_in(3, 3), 0U);
  EXPECT_EQ(tracker.received_in(2, 4), 1U);
  EXPECT_EQ(tracker.arrive(4), Arrival::kReordered);
  EXPECT_EQ(tracker.arrive(2), Arrival::kReordered);
  EXPECT_EQ(tracker.holes(), 0U);
  EXPECT_EQ(tracker.arrive(6), Arrival::kInOrder);
  EXPECT_EQ(tracker.received_in(1, 6), 6U);
}

TEST(SequenceTracker, counts_the_end_of_the_stream_that_never_came_as_missing) {
  SequenceTracker tracker(1);
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) tracker.arrive(sequence);
  EXPECT_EQ(tracker.missing_in(1, 15), 5U);
  EXPECT_EQ(tracker.missing_in(12, 15), 4U);
  EXPECT_EQ(tracker.received_in(12, 15), 0U);
  EXPECT_EQ(tracker.missing_in(9, 8), 0U);
}

TEST(SequenceTracker, survives_a_jump_to_the_last_sequence_there_is) {
  SequenceTracker tracker(0);
  EXPECT_EQ(tracker.arrive(kEnd), Arrival::kAhead);
  EXPECT_EQ(tracker.received_in(0, kEnd), 1U);
  EXPECT_EQ(tracker.missing_in(0, kEnd), kEnd);
  EXPECT_EQ(tracker.arrive(kEnd + 1), Arrival::kEarly);  // not a sequence
  EXPECT_EQ(tracker.arrive(kEnd), Arrival::kDuplicate);
  EXPECT_EQ(tracker.arrive(0), Arrival::kReordered);
}

// Every answer against the plainest model there is: a set.
TEST(SequenceTracker, agrees_with_a_set_under_any_disorder) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    constexpr std::uint64_t kFirst = 7;
    constexpr std::uint64_t kSpan = 400;
    SequenceTracker tracker(kFirst);
    std::set<std::uint64_t> model;
    for (int step = 0; step < 600; ++step) {
      const std::uint64_t sequence = random() % kSpan;
      const std::uint64_t next = model.empty() ? kFirst : *model.rbegin() + 1;
      const bool fresh = sequence >= kFirst && model.insert(sequence).second;
      const Arrival expected = sequence < kFirst  ? Arrival::kEarly
                               : !fresh           ? Arrival::kDuplicate
                               : sequence == next ? Arrival::kInOrder
                               : sequence > next  ? Arrival::kAhead
                                                  : Arrival::kReordered;
      ASSERT_EQ(tracker.arrive(sequence), expected) << "seed " << seed << ", step " << step;
      const std::uint64_t a = random() % kSpan;
      const std::uint64_t b = a + random() % kSpan;
      const auto received = static_cast<std::uint64_t>(std::distance(model.lower_bound(a), model.upper_bound(b)));
      const std::uint64_t from = std::max(a, kFirst);
      ASSERT_EQ(tracker.received_in(a, b), received);
      ASSERT_EQ(tracker.missing_in(a, b), b < from ? 0 : b - from + 1 - received);
      ASSERT_EQ(tracker.contains(a), model.count(a) == 1);
    }
  }
}

TEST(SequenceTracker, keeps_totals_exact_when_every_second_message_is_lost_for_long) {
  SequenceTracker tracker(0);
  constexpr std::uint64_t kLast = 400'000;  // far beyond the cap on holes
  for (std::uint64_t sequence = 1; sequence <= kLast; sequence += 2) tracker.arrive(sequence);
  EXPECT_LE(tracker.holes(), SequenceTracker::kMaxHoles);
  EXPECT_EQ(tracker.received_in(0, kLast), kLast / 2);
  EXPECT_EQ(tracker.missing_in(0, kLast - 1), kLast / 2);
  const std::uint64_t frozen = tracker.frozen_before();
  ASSERT_GT(frozen, 0U);
  EXPECT_EQ(tracker.missing_in(0, frozen - 1) + tracker.missing_in(frozen, kLast - 1), kLast / 2);
  EXPECT_EQ(tracker.missing_in(kLast - 1001, kLast - 2), 500U);
  EXPECT_EQ(tracker.missing_in(frozen - 10, frozen - 1),
            10U);  // inside the frozen stretch: as many as there is room for
  EXPECT_EQ(tracker.missing_in(frozen - 10, frozen + 9), 15U);

  EXPECT_EQ(tracker.arrive(0), Arrival::kDuplicate);          // frozen
  EXPECT_EQ(tracker.arrive(kLast - 2), Arrival::kReordered);  // still open
  EXPECT_EQ(tracker.received_in(0, kLast), kLast / 2 + 1);
}

TEST(SequenceTracker, bounds_the_holes_that_late_messages_split) {
  SequenceTracker tracker(0);
  constexpr std::uint64_t kLast = 100'000;
  tracker.arrive(kLast);
  std::uint64_t filled = 0;
  for (std::uint64_t sequence = 1; sequence < kLast; sequence += 2) {
    if (tracker.arrive(sequence) == Arrival::kReordered) ++filled;
    ASSERT_LE(tracker.holes(), SequenceTracker::kMaxHoles);
  }
  EXPECT_EQ(tracker.received_in(0, kLast), filled + 1);
  EXPECT_EQ(filled, kLast / 2);
}

}  // namespace
}  // namespace measure
