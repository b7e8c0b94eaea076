#include "loadgen/measure/sequence_tracker.h"

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
  EXPECT_EQ(tracker.heap_bytes(), 0U);
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

// Every answer against the plainest model there is: a set. The longer spans go over from a list of holes to bits.
TEST(SequenceTracker, agrees_with_a_set_under_any_disorder) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    constexpr std::uint64_t kFirst = 7;
    const std::uint64_t kSpan = seed % 3 == 0 ? 100 : seed % 3 == 1 ? 700 : 40'000;
    const int steps = seed % 3 == 2 ? 3'000 : 1'000;
    SequenceTracker tracker(kFirst);
    std::set<std::uint64_t> model;
    for (int step = 0; step < steps; ++step) {
      const std::uint64_t sequence =
          random() % (kSpan * static_cast<std::uint64_t>(step + 1) / static_cast<std::uint64_t>(steps) + 8);
      const std::uint64_t next = model.empty() ? kFirst : *model.rbegin() + 1;
      const bool fresh = sequence >= kFirst && model.insert(sequence).second;
      const Arrival expected = sequence < kFirst  ? Arrival::kEarly
                               : !fresh           ? Arrival::kDuplicate
                               : sequence == next ? Arrival::kInOrder
                               : sequence > next  ? Arrival::kAhead
                                                  : Arrival::kReordered;
      ASSERT_EQ(tracker.arrive(sequence), expected) << "seed " << seed << ", step " << step;
      if (step % 7 != 0) continue;
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

TEST(SequenceTracker, stays_exact_when_every_second_message_is_lost_for_long) {
  SequenceTracker tracker(0);
  constexpr std::uint64_t kLast = 400'000;
  for (std::uint64_t sequence = 1; sequence <= kLast; sequence += 2) tracker.arrive(sequence);
  EXPECT_LE(tracker.heap_bytes(), 2 * kLast / 8 + 200) << "a bit a message, doubled while the vector grows";
  EXPECT_EQ(tracker.received_in(0, kLast), kLast / 2);
  EXPECT_EQ(tracker.missing_in(0, kLast - 1), kLast / 2);
  EXPECT_EQ(tracker.missing_in(1000, 1009), 5U);
  EXPECT_FALSE(tracker.contains(100));
  EXPECT_TRUE(tracker.contains(101));
  EXPECT_EQ(tracker.arrive(0), Arrival::kReordered) << "late by 400,000 messages, and no duplicate";
  EXPECT_EQ(tracker.arrive(0), Arrival::kDuplicate);
  EXPECT_EQ(tracker.arrive(101), Arrival::kDuplicate);
  for (std::uint64_t sequence = 2; sequence < kLast; sequence += 2)
    ASSERT_EQ(tracker.arrive(sequence), Arrival::kReordered);
  EXPECT_EQ(tracker.missing_in(0, kLast - 1), 0U);
}

TEST(SequenceTracker, keeps_a_few_far_holes_as_a_list) {
  SequenceTracker tracker(0);
  for (std::uint64_t i = 1; i <= 1'000; ++i) tracker.arrive(i * 1'000'000);
  EXPECT_LE(tracker.heap_bytes(), 2 * 1'000 * 16 + 200U);
  EXPECT_EQ(tracker.missing_in(0, 999'999'999), 999'999'001U);
}

TEST(SequenceTracker, messages_that_split_one_hole_do_not_grow_it_beyond_a_bit_each) {
  SequenceTracker tracker(0);
  constexpr std::uint64_t kLast = 100'000;
  tracker.arrive(kLast);
  for (std::uint64_t sequence = 1; sequence < kLast; sequence += 2)
    ASSERT_EQ(tracker.arrive(sequence), Arrival::kReordered);
  EXPECT_LE(tracker.heap_bytes(), 2 * kLast / 8 + 200);
  EXPECT_EQ(tracker.received_in(0, kLast), kLast / 2 + 1);
}

}  // namespace
}  // namespace measure
