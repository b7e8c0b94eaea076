#include "loadgen/run/recorder.h"

#include <gtest/gtest.h>

#include <utility>

#include "loadgen/run/accounting.h"
#include "loadgen/run/run_result.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

using std::chrono::microseconds;

struct Subscribed : Receiver {
  explicit Subscribed(std::uint32_t of_topic = 0, std::uint64_t first = 1) {
    part.topic = of_topic;
    tracker.start_at(first);
  }
};

TEST(Recorder, DeliveryLatencyCountsFromTheIntendedTimeAndServiceTimeFromTheSentOne) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver(0, 11);
  recorder.message(run.spec, receiver, run.payload(10, microseconds(300)), run.intended(10) + microseconds(1'000));
  EXPECT_EQ(recorder.delivered, 1U);
  EXPECT_EQ(recorder.delivery_latency.value_at_quantile(1),
            measure::Histogram::highest_at(measure::Histogram::index_of(1'000'000)));
  EXPECT_EQ(recorder.service_time.value_at_quantile(1),
            measure::Histogram::highest_at(measure::Histogram::index_of(700'000)));
}

TEST(Recorder, MessagesOutsideTheMeasuredRangeAreTrackedAndNotRecorded) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver;
  for (std::uint64_t n = 0; n < 40; ++n) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  EXPECT_EQ(recorder.delivered, 20U);
  EXPECT_EQ(recorder.delivered_any, 30U);
  EXPECT_EQ(recorder.foreign, 10U) << "messages beyond the end of the schedule: this run never published them";
  EXPECT_EQ(recorder.delivery_latency.count(), 20U);
  EXPECT_EQ(account_of(run.spec, receiver, 30, {}).missing, 0U);
}

TEST(Recorder, CountsDuplicateReorderedCorruptAndForeignApart) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver(0, 11);
  const auto receive = [&](const std::string& bytes) { recorder.message(run.spec, receiver, bytes, run.intended(30)); };
  receive(run.payload(10));
  receive(run.payload(12));
  receive(run.payload(11));  // late
  receive(run.payload(12));  // twice
  std::string damaged = run.payload(13);
  damaged.back() ^= 1;
  receive(damaged);
  receive("hello");
  EXPECT_EQ(recorder.delivered, 3U);
  EXPECT_EQ(recorder.reordered, 1U);
  EXPECT_EQ(recorder.duplicate, 1U);
  EXPECT_EQ(recorder.corrupt, 1U);
  EXPECT_EQ(recorder.foreign, 1U);
  EXPECT_EQ(account_of(run.spec, receiver, 30, {}).missing, 17U);  // 13 (damaged) to 29
}

TEST(Recorder, AMessageOfAnotherTopicIsCorruptAndNeverCountedAsDelivered) {
  RunFixture run(2);
  Recorder recorder(run.spec);
  Subscribed receiver(1);
  recorder.message(run.spec, receiver, run.payload(12), run.intended(12));  // topic 0
  EXPECT_EQ(recorder.delivered, 0U);
  EXPECT_EQ(recorder.corrupt, 1U);
}

TEST(Recorder, FanOutSpreadIsFromTheFirstToTheLastReceiver) {
  RunFixture run;
  Recorder recorder(run.spec);
  Recorder other(run.spec);
  Subscribed a(0, 11), b(0, 11), c(0, 11);
  recorder.message(run.spec, a, run.payload(10), run.intended(10) + microseconds(100));
  recorder.message(run.spec, b, run.payload(10), run.intended(10) + microseconds(250));
  other.message(run.spec, c, run.payload(10), run.intended(10) + microseconds(600));  // on another thread
  recorder.merge(other);
  measure::FanOut fanout;
  for (Recorder* thread : {&recorder, &other}) fanout.merge(std::move(thread->fanout));
  const measure::Histogram spreads = fanout.spreads();
  EXPECT_EQ(spreads.count(), 1U);
  EXPECT_EQ(spreads.value_at_quantile(1), measure::Histogram::highest_at(measure::Histogram::index_of(500'000)));
  EXPECT_EQ(recorder.delivered, 3U);
  EXPECT_EQ(recorder.fanout.size() + other.fanout.size(), 0U) << "what is kept does not grow with the run";
  EXPECT_EQ(RunResult(run.spec).recorder.fanout.size(), 0U);
}

TEST(Recorder, WhatWasDueBeforeTheSubscriberWasEntitledIsEarlyAndNotDelivered) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver(0, 16);
  for (const std::uint64_t n : {5, 10, 14, 15}) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  EXPECT_EQ(recorder.early, 2U) << "10 and 14; 5 is not measured";
  EXPECT_EQ(recorder.delivered, 1U);
}

TEST(Recorder, WhatComesAfterAnAbsenceAndWasDueInItIsReplayed) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver;
  const auto receive = [&](std::uint64_t n) {
    recorder.message(run.spec, receiver, run.payload(n), run.intended(n) + microseconds(50));
  };
  for (std::uint64_t n = 0; n < 12; ++n) receive(n);
  receiver.leave(13);
  receiver.come_back(16);  // sequence 16 is message 15: 12, 13 and 14 were due meanwhile
  receive(12);
  receive(14);
  receive(15);
  EXPECT_EQ(recorder.replayed, 2U);
  EXPECT_EQ(recorder.delivered, 5U);
  receive(14);
  EXPECT_EQ(recorder.duplicate, 1U);
  EXPECT_EQ(recorder.replayed, 2U) << "a second copy is a duplicate and nothing else";
  const ExpectedDeliveries account = account_of(run.spec, receiver, 30, {});
  EXPECT_EQ(account.missed_while_away, 1U) << "message 13";
  EXPECT_EQ(account.missing, 15U) << "and those from 16 on";
  receive(13);
  EXPECT_EQ(recorder.reordered, 1U);
  EXPECT_EQ(account_of(run.spec, receiver, 30, {}).missed_while_away, 0U);
}

TEST(Recorder, WhoStaysAwayMissesEverythingFromThenOn) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver;
  for (std::uint64_t n = 0; n < 20; ++n) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  receiver.leave(21);
  const ExpectedDeliveries account = account_of(run.spec, receiver, 30, {});
  EXPECT_EQ(account.missing, 10U);
  EXPECT_EQ(account.missed_while_away, 10U);
}

TEST(Recorder, WhatWasLostBeforeTheConnectionWasIsNotMissedForBeingAway) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver;
  for (std::uint64_t n = 0; n < 12; ++n) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  receiver.leave(16);  // 13, 14 and 15 were due: a server that dropped them, and then the connection
  receiver.come_back(18);
  for (std::uint64_t n = 17; n < 30; ++n) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  const ExpectedDeliveries account = account_of(run.spec, receiver, 30, {});
  EXPECT_EQ(account.missing, 5U);
  EXPECT_EQ(account.missed_while_away, 2U);
  EXPECT_EQ(recorder.replayed, 0U);
}

TEST(Recorder, ASecondCopyIsNoDelivery) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed receiver;
  for (std::uint64_t n = 0; n < 15; ++n) {
    for (int copy = 0; copy < 2; ++copy) recorder.message(run.spec, receiver, run.payload(n), run.intended(n));
  }
  EXPECT_EQ(recorder.delivered_any, 15U) << "the denominator of bytes and CPU per delivery";
  EXPECT_EQ(recorder.duplicate, 5U) << "of those that are measured";
}

TEST(Recorder, AbsencesThatOverlapAreOneAndThoseThatWereMadeGoodAreForgotten) {
  Receiver receiver;
  receiver.tracker.start_at(1);
  for (std::uint64_t place = 1; place <= 10; ++place) receiver.tracker.arrive(place);
  receiver.leave(11);
  receiver.leave(12);  // failed again while away
  receiver.come_back(20);
  receiver.leave(20);  // before anything was replayed
  receiver.come_back(25);
  ASSERT_EQ(receiver.absences->size(), 1U);
  EXPECT_TRUE(receiver.was_absent(11));
  EXPECT_TRUE(receiver.was_absent(24));
  EXPECT_FALSE(receiver.was_absent(25));
  EXPECT_FALSE(receiver.was_absent(10));
  for (std::uint64_t place = 11; place <= 30; ++place) receiver.tracker.arrive(place);
  receiver.leave(31);
  receiver.come_back(31);
  EXPECT_TRUE(receiver.absences->empty()) << "all of the first came, nothing was due in the second";
}

TEST(Receiver, IsSmallAndHoldsNoHeapWhileNothingIsLost) {
  EXPECT_LE(sizeof(Receiver), 64U);
  Subscribed receiver;
  for (std::uint64_t place = 1; place <= 1'000; ++place) receiver.tracker.arrive(place);
  EXPECT_EQ(receiver.tracker.heap_bytes(), 0U);
  EXPECT_EQ(receiver.absences, nullptr);
}

// Three members speak in turn: message n is spoken by member n % 3.
struct Room : RunFixture {
  Room() {
    scenario.subscribers = 3;
    scenario.publish.from = PublishFrom::kSubscribers;
  }
  Receiver member(std::uint32_t number) const {
    Receiver made(spec.topic_member_of(number));
    made.tracker.start_at(1);
    return made;
  }
};

TEST(Recorder, OnesOwnMessagesAreNotDeliveredWithoutEcho) {
  Room room;
  room.scenario.publish.echo = false;
  Recorder recorder(room.spec);
  std::uint64_t expected = 0;
  for (std::uint32_t number = 0; number < 3; ++number) {
    Receiver receiver = room.member(number);
    for (std::uint64_t n = 0; n < 30; ++n) {
      if (number == 2 && n % 3 == 2) continue;  // a server that leaves them out
      recorder.message(room.spec, receiver, room.payload(n), room.intended(n));
    }
    const ExpectedDeliveries account = account_of(room.spec, receiver, 30, {});
    expected += account.expected;
    EXPECT_EQ(account.missing, 0U);
    EXPECT_EQ(receiver.tracker.heap_bytes(), 0U) << "what is not owed leaves no hole";
  }
  EXPECT_EQ(expected, 20U * 2) << "spoken x (members - 1)";
  EXPECT_EQ(recorder.delivered, expected);
  EXPECT_EQ(recorder.own, 6U + 7U) << "of members 0 and 1: messages 12, 15, … 27 and 10, 13, … 28";
  EXPECT_EQ(recorder.reordered, 0U);
}

TEST(Recorder, WithEchoEverybodyGetsEverything) {
  Room room;
  Recorder recorder(room.spec);
  Receiver receiver = room.member(1);
  for (std::uint64_t n = 0; n < 30; ++n) recorder.message(room.spec, receiver, room.payload(n), room.intended(n));
  EXPECT_EQ(recorder.delivered, 20U);
  EXPECT_EQ(recorder.own, 0U);
}

TEST(Recorder, OrderIsJudgedForEachSpeaker) {
  for (const bool echo : {true, false}) {
    Room room;
    room.scenario.publish.echo = echo;
    Recorder recorder(room.spec);
    Receiver receiver = room.member(0);
    const auto receive = [&](std::uint64_t n) {
      recorder.message(room.spec, receiver, room.payload(n), room.intended(n));
    };
    for (std::uint64_t n = 0; n < 10; ++n) receive(n);
    receive(11);
    receive(10);  // another speaker's: they may overtake each other
    EXPECT_EQ(recorder.reordered, 0U);
    receive(14);
    receive(17);
    receive(13);
    receive(16);
    EXPECT_EQ(recorder.reordered, 0U);
    receive(22);  // of member 1
    receive(19);  // of member 1, too
    EXPECT_EQ(recorder.reordered, 1U) << echo;
    receive(28);
    receive(20);
    EXPECT_EQ(recorder.reordered, 1U) << "the first of member 2 after 17";
    EXPECT_EQ(recorder.duplicate, 0U);
  }
}

TEST(Failures, KeepNothingOfAServersWordsThatATerminalWouldObey) {
  Failures failures;
  failures.add(Failure::kStatus, "HTTP 404 \x1b]0;owned\x07\r\nrun 2 of 2: passed" + std::string(100'000, 'x'));
  const std::string& example = failures.example[static_cast<std::size_t>(Failure::kStatus)];
  EXPECT_TRUE(example.starts_with("HTTP 404 \\x1b]0;owned\\x07\\r\\nrun 2 of 2: passedxxx")) << example;
  EXPECT_LT(example.size(), 1'000U);
}

TEST(Failures, KeepTheFirstExampleOfEachKind) {
  Failures failures;
  failures.add(Failure::kRefused, "first");
  failures.add(Failure::kRefused, "second");
  Failures other;
  other.add(Failure::kReset, "other");
  failures.merge(other);
  EXPECT_EQ(failures.total(), 3U);
  EXPECT_EQ(failures.example[static_cast<std::size_t>(Failure::kRefused)], "first");
  EXPECT_EQ(failures.example[static_cast<std::size_t>(Failure::kReset)], "other");
}

}  // namespace
}  // namespace loadgen
