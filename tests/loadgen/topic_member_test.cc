#include "loadgen/run/topic_member.h"

#include <gtest/gtest.h>

#include "run_fixture.h"

namespace loadgen {
namespace {

TEST(TopicMember, PlacesNumberWhatIsOwedWithoutGaps) {
  for (std::uint32_t speakers = 2; speakers <= 5; ++speakers) {
    for (std::uint32_t member = 0; member < speakers; ++member) {
      const TopicMember part{.member = member, .speakers = speakers, .receives_own = false};
      std::uint64_t place = 0;
      for (std::uint64_t sequence = 1; sequence <= 50; ++sequence) {
        ASSERT_EQ(part.is_own(sequence), (sequence - 1) % speakers == member);
        if (part.is_own(sequence)) {
          ASSERT_EQ(part.place(sequence), place + 1) << "that of the next one which is owed";
          continue;
        }
        ASSERT_EQ(part.place(sequence), ++place) << speakers << ' ' << member << ' ' << sequence;
        ASSERT_EQ(part.place(sequence + speakers), place + part.stride());
      }
    }
  }
}

TEST(TopicMember, EverythingIsOwedWithEchoAndWhenThePublisherSpeaks) {
  const TopicMember listener{.topic = 3};
  const TopicMember speaker{.member = 1, .speakers = 4};
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
    EXPECT_FALSE(listener.is_own(sequence));
    EXPECT_EQ(listener.place(sequence), sequence);
    EXPECT_EQ(speaker.place(sequence), sequence);
  }
  EXPECT_EQ(speaker.stride(), 4U);
}

TEST(RunSpec, FewerSubscribersShareASourceAddressWhereEachHoldsSeveralConnections) {
  RunFixture run;
  const net::Address target = net::resolve("127.0.0.1:8080");
  const auto host = [&](std::uint32_t subscriber) {
    const auto source = run.spec.source_address(target, subscriber);
    return source ? source->host() : "";
  };
  EXPECT_EQ(host(net::kConnectionsPerSource - 1), "");
  EXPECT_EQ(host(net::kConnectionsPerSource), "127.0.0.2");
  run.spec.connections_each = 2;
  EXPECT_EQ(host(net::kConnectionsPerSource / 2 - 1), "");
  EXPECT_EQ(host(net::kConnectionsPerSource / 2), "127.0.0.2");
}

TEST(RunSpec, EveryMemberOfEveryRoomSpeaksInTurn) {
  RunFixture run(3);
  run.scenario.subscribers = 11;  // rooms of 4, 4 and 3
  run.scenario.publish.from = PublishFrom::kSubscribers;
  EXPECT_EQ(run.spec.members_of(0), 4U);
  EXPECT_EQ(run.spec.members_of(2), 3U);
  for (std::uint64_t message = 0; message < 60; ++message) {
    const std::uint32_t speaker = run.spec.speaker_of(message);
    ASSERT_LT(speaker, 11U);
    const TopicMember part = run.spec.topic_member_of(speaker);
    EXPECT_EQ(part.topic, run.spec.topic_of(message));
    EXPECT_TRUE(part.is_own(run.spec.sequence_of(message)));
    for (std::uint32_t other = 0; other < 11; ++other) {
      const TopicMember theirs = run.spec.topic_member_of(other);
      EXPECT_EQ(theirs.topic == part.topic && theirs.is_own(run.spec.sequence_of(message)), other == speaker);
    }
  }
}

}  // namespace
}  // namespace loadgen
