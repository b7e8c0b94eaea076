#include "loadgen/run/accounting.h"

#include <gtest/gtest.h>

#include <vector>

#include "run_fixture.h"

namespace loadgen {
namespace {

Receiver receiver(std::uint32_t topic, std::uint64_t first) {
  Receiver made(TopicMember{.topic = topic});
  made.tracker.start_at(first);
  return made;
}

TEST(RunSpec, SequencesAndMessagesAreTheSameNumbersBothWays) {
  for (const std::uint64_t topics : {1, 2, 3, 7}) {
    RunFixture run(topics);
    for (std::uint64_t message = 0; message < 100; ++message) {
      EXPECT_EQ(run.spec.message_of(run.spec.topic_of(message), run.spec.sequence_of(message)), message);
    }
    for (std::uint64_t topic = 0; topic < topics; ++topic) {
      for (std::uint64_t from = 0; from < 40; ++from) {
        std::uint64_t expected = from;
        while (run.spec.topic_of(expected) != topic) ++expected;
        EXPECT_EQ(run.spec.first_sequence(topic, from), run.spec.sequence_of(expected))
            << topics << ' ' << topic << ' ' << from;
      }
    }
  }
}

TEST(Accounting, ASubscriberThatWasNeverSubscribedIsEntitledToNothing) {
  RunFixture run;
  const ExpectedDeliveries account = account_of(run.spec, Receiver{}, 30, {});
  EXPECT_EQ(account.expected, 0U);
  EXPECT_EQ(account.missing, 0U);
}

TEST(Accounting, EverythingMeasuredIsExpectedOfAnEarlySubscriber) {
  RunFixture run;
  const ExpectedDeliveries account = account_of(run.spec, receiver(0, 1), 30, {});
  EXPECT_EQ(account.expected, 20U);
  EXPECT_EQ(account.missing, 20U);
}

TEST(Accounting, ALateSubscriberIsEntitledFromItsFirstMessageOn) {
  RunFixture run;
  Receiver late = receiver(0, 26);  // messages 25 to 29
  for (const std::uint64_t sequence : {26, 27, 29}) late.tracker.arrive(sequence);
  const ExpectedDeliveries account = account_of(run.spec, late, 30, {});
  EXPECT_EQ(account.expected, 5U);
  EXPECT_EQ(account.missing, 2U);
}

TEST(Accounting, TopicsShareTheMessagesOut) {
  RunFixture run(3);
  std::uint64_t expected = 0;
  for (std::uint32_t topic = 0; topic < 3; ++topic)
    expected += account_of(run.spec, receiver(topic, 1), 30, {}).expected;
  EXPECT_EQ(expected, 20U);
}

TEST(Accounting, WhatWasNeverPublishedIsNotExpectedUnlessItArrived) {
  RunFixture run;
  Receiver one = receiver(0, 1);
  for (std::uint64_t sequence = 1; sequence <= 30; ++sequence) {
    if (sequence != 16 && sequence != 21) one.tracker.arrive(sequence);
  }
  // Sequences 4 (not measured), 16 (lost), 26 (arrived after all).
  const Unpublished unpublished(run.spec, std::vector<std::uint64_t>{3, 15, 25});
  const ExpectedDeliveries account = account_of(run.spec, one, 30, unpublished);
  EXPECT_EQ(account.expected, 19U);
  EXPECT_EQ(account.missing, 1U);  // sequence 21
}

TEST(Accounting, ARunThatEndedEarlyExpectsOnlyWhatItPublished) {
  RunFixture run;
  EXPECT_EQ(account_of(run.spec, receiver(0, 1), 14, {}).expected, 4U);
  EXPECT_EQ(account_of(run.spec, receiver(0, 1), 10, {}).expected, 0U);
}

}  // namespace
}  // namespace loadgen
