#include "loadgen/run/accounting.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>
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
  measure::FanOut fanout(run.spec.first_measured, run.spec.end - run.spec.first_measured);
  for (std::uint64_t sequence = 1; sequence <= 30; ++sequence) {
    if (sequence == 16 || sequence == 21) continue;
    one.tracker.arrive(sequence);
    fanout.arrived(sequence - 1, run.start);
  }
  // Sequences 4 (not measured), 16 (lost), 26 (arrived after all), 30 (beyond the end).
  const std::vector<std::uint64_t> lost = lost_messages(run.spec, {3, 15, 25, 29}, 29, fanout);
  EXPECT_EQ(lost, (std::vector<std::uint64_t>{15}));
  const ExpectedDeliveries account = account_of(run.spec, one, 30, Unpublished(run.spec, lost));
  EXPECT_EQ(account.expected, 19U);
  EXPECT_EQ(account.missing, 1U);  // sequence 21
}

// Whoever publishes in turn, with and without its own messages: the searches find what a look at each message finds.
TEST(Accounting, CountsUnpublishedMessagesAsALookAtEachDoes) {
  std::mt19937_64 random(7);
  for (const bool echo : {true, false}) {
    for (const std::uint64_t topics : {1, 3}) {
      RunFixture run(topics);
      run.scenario.subscribers = 12;
      run.scenario.publish.from = PublishFrom::kSubscribers;
      run.scenario.publish.echo = echo;
      std::vector<std::uint64_t> messages;
      for (int i = 0; i < 200; ++i) messages.push_back(random() % 600);  // some of them twice
      const Unpublished unpublished(run.spec, messages);
      const std::set<std::uint64_t> each(messages.begin(), messages.end());
      for (std::uint32_t subscriber = 0; subscriber < 12; ++subscriber) {
        const TopicMember part = run.spec.topic_member_of(subscriber);
        for (const auto& [first, last] : {std::pair(1, 600), std::pair(5, 5), std::pair(20, 97), std::pair(300, 2)}) {
          const auto counted = std::ranges::count_if(each, [&](std::uint64_t message) {
            const std::uint64_t sequence = run.spec.sequence_of(message);
            const auto place = static_cast<int>(part.place(sequence));
            const bool owed = run.spec.topic_of(message) == part.topic && (echo || !part.is_own(sequence));
            return owed && place >= first && place <= last;
          });
          ASSERT_EQ(unpublished.count(part, static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last)),
                    static_cast<std::uint64_t>(counted))
              << subscriber << " from " << first << " to " << last;
        }
      }
    }
  }
}

// 10,000 subscribers, 20,000 publishes a second that are answered with 404: a look at each for each takes minutes.
TEST(Accounting, TenSecondsOfRefusedPublishesAreAccountedForTenThousandSubscribers) {
  RunFixture run;
  run.spec.first_measured = 0;
  run.spec.end = 200'000;
  std::vector<std::uint64_t> refused(run.spec.end - 1);
  std::iota(refused.begin(), refused.end(), 0);
  const Unpublished unpublished(run.spec, refused);
  ExpectedDeliveries all;
  for (std::uint64_t subscriber = 0; subscriber < 10'000; ++subscriber) {
    const ExpectedDeliveries one = account_of(run.spec, receiver(0, 1 + subscriber), run.spec.end, unpublished);
    all.expected += one.expected;
    all.missing += one.missing;
  }
  EXPECT_EQ(all.expected, 10'000U) << "the one that was published";
  EXPECT_EQ(all.missing, 10'000U);
}

TEST(Accounting, ARunThatEndedEarlyExpectsOnlyWhatItPublished) {
  RunFixture run;
  EXPECT_EQ(account_of(run.spec, receiver(0, 1), 14, {}).expected, 4U);
  EXPECT_EQ(account_of(run.spec, receiver(0, 1), 10, {}).expected, 0U);
}

}  // namespace
}  // namespace loadgen
