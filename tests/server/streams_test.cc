// What every stream must do, whatever its format.
#include "streams_fixture.h"

namespace server {
namespace {

TEST_P(Streams, DeliverWhatIsPublishedAfterTheSubscription) {
  MemoryServer server;
  publish_numbers(server, 1, 3);
  MemoryConnection& client = server.subscribe(technique(), "topic=t");
  publish_numbers(server, 4, 6);
  server.settle();
  EXPECT_EQ(got(client), numbers(4, 6));
  EXPECT_EQ(server.counters(technique()).delivered.get(), 3U);
}

TEST_P(Streams, ResumeBehindTheCursor) {
  MemoryServer server;
  publish_numbers(server, 1, 5);
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=2");
  publish_numbers(server, 6, 6);
  server.settle();
  EXPECT_EQ(got(client), numbers(3, 6));
}

TEST_P(Streams, TakeACursorAheadOfTheHeadForTheHead) {
  MemoryServer server;
  publish_numbers(server, 1, 2);
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=99");
  publish_numbers(server, 3, 3);
  server.settle();
  EXPECT_EQ(got(client), numbers(3, 3));
}

TEST_P(Streams, TellWhatTheLogNoLongerHas) {
  MemoryServer server({.log_messages = 3});
  publish_numbers(server, 1, 9);
  server.iterate();
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=2");
  server.settle();
  EXPECT_EQ(got(client), (Messages{"[gap 3-6]", "m7", "m8", "m9"}));
  EXPECT_EQ(server.all_stats.gap_messages.get(), 4U);
}

TEST_P(Streams, GiveANewcomerNothingThatWasPublishedBeforeItInTheSameIteration) {
  MemoryServer server;
  MemoryConnection& early = server.subscribe(technique(), "topic=t");
  publish_numbers(server, 1, 2);
  MemoryConnection& late = server.subscribe(technique(), "topic=t");
  publish_numbers(server, 3, 4);
  server.settle();
  EXPECT_EQ(got(early), numbers(1, 4));
  EXPECT_EQ(got(late), numbers(3, 4));
}

TEST_P(Streams, KeepTopicsApart) {
  MemoryServer server;
  MemoryConnection& a = server.subscribe(technique(), "topic=a");
  MemoryConnection& b = server.subscribe(technique(), "topic=b");
  server.say("a", "for a");
  server.say("b", "for b");
  server.say("c", "for nobody");
  server.settle();
  EXPECT_EQ(got(a), Messages{"for a"});
  EXPECT_EQ(got(b), Messages{"for b"});
}

TEST_P(Streams, EncodeOnceAndHandOverOneBufferForAllThatIsWaiting) {
  MemoryServer server;
  std::vector<MemoryConnection*> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(&server.subscribe(technique(), "topic=t"));
  server.settle();
  for (MemoryConnection* client : clients) client->sends.clear();
  publish_numbers(server, 1, 16);
  server.settle();
  for (MemoryConnection* client : clients) {
    ASSERT_EQ(client->sends.size(), 1U);
    EXPECT_EQ(client->sends[0], clients[0]->sends[0]) << "the same bytes, not a copy";
    EXPECT_EQ(got(*client), numbers(1, 16));
  }
}

TEST_P(Streams, SurviveAnyMixOfComingAndGoing) {
  MemoryServer server;
  std::vector<MemoryConnection*> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(&server.subscribe(technique(), "topic=t"));
  for (const int leaver : {8, 0, 4}) clients[static_cast<std::size_t>(leaver)]->leave();
  publish_numbers(server, 1, 1);
  server.settle();
  for (const std::size_t i : {1U, 2U, 3U, 5U, 6U, 7U}) EXPECT_EQ(got(*clients[i]), numbers(1, 1)) << i;
  for (const std::size_t i : {0U, 4U, 8U}) EXPECT_EQ(got(*clients[i]), Messages{}) << i;
  EXPECT_EQ(server.counters(technique()).delivered.get(), 6U);
}

TEST_P(Streams, CatchUpInPiecesAndThenGoOnLive) {
  MemoryServer server;
  const std::string large(10'000, 'x');
  for (int i = 0; i < 50; ++i) server.say("t", large);
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=0");
  const std::size_t at_once = client.sends.size();
  server.settle();
  EXPECT_GT(client.sends.size(), at_once + 3) << "half a megabyte is more than one piece";
  EXPECT_EQ(got(client), Messages(50, large));
  client.sends.clear();
  publish_numbers(server, 1, 2);
  server.settle();
  EXPECT_EQ(client.sends.size(), 1U);
  EXPECT_EQ(got(client).size(), 52U);
}

TEST_P(Streams, HoldNothingForAClientThatReadsLateAndDeliverAllOfIt) {
  MemoryServer server;
  MemoryConnection& slow = server.subscribe(technique(), "topic=t");
  server.settle();
  slow.window = 3;
  publish_numbers(server, 1, 1);
  server.settle();
  ASSERT_TRUE(slow.stalled());
  slow.sends.clear();
  publish_numbers(server, 2, 30);
  server.settle();
  EXPECT_TRUE(slow.sends.empty()) << "a stalled client is given nothing more";
  slow.window = SIZE_MAX;
  server.settle();
  server.settle();
  EXPECT_EQ(got(slow), numbers(1, 30));
}

TEST_P(Streams, DisconnectWhoIsTooSlowAndNobodyElse) {
  MemoryServer server({.queue = 1'000, .policy = SlowPolicy::kDisconnect});
  MemoryConnection& slow = server.subscribe(technique(), "topic=t");
  MemoryConnection& quick = server.subscribe(technique(), "topic=t");
  server.settle();
  slow.window = 10;
  const std::string payload(100, 'x');
  for (int i = 0; i < 11; ++i) {  // one in the socket, ten waiting: 1,000 bytes
    server.say("t", payload);
    server.settle();
  }
  EXPECT_TRUE(slow.open);
  server.say("t", payload);
  server.settle();
  EXPECT_FALSE(slow.open);
  EXPECT_TRUE(slow.aborted);
  EXPECT_EQ(server.all_stats.disconnected_slow.get(), 1U);
  EXPECT_EQ(server.all_stats.dropped.get(), 11U);
  EXPECT_TRUE(quick.open);
  EXPECT_EQ(got(quick), Messages(12, payload));
}

TEST_P(Streams, DropTheOldestForWhoIsTooSlowAndTellIt) {
  MemoryServer server({.queue = 1'000, .policy = SlowPolicy::kDropOldest});
  MemoryConnection& slow = server.subscribe(technique(), "topic=t");
  server.settle();
  slow.window = 10;
  for (int i = 1; i <= 31; ++i) {
    std::string payload = "m" + std::to_string(i);
    payload.resize(100, '.');
    server.say("t", payload);
    server.settle();
  }
  EXPECT_TRUE(slow.open);
  slow.window = SIZE_MAX;
  server.settle();
  server.settle();
  const Messages messages = got(slow);
  ASSERT_EQ(messages.size(), 12U);
  EXPECT_EQ(messages[0].substr(0, 3), "m1.");
  EXPECT_EQ(messages[1], "[gap 2-21]");
  EXPECT_EQ(messages[2].substr(0, 4), "m22.");
  EXPECT_EQ(messages[11].substr(0, 4), "m31.");
  EXPECT_EQ(server.all_stats.dropped.get(), 20U);
  EXPECT_EQ(server.counters(technique()).delivered.get(), 11U);
  EXPECT_EQ(server.all_stats.disconnected_slow.get(), 0U);
}

TEST_P(Streams, DoNotBlameAClientForTheBacklogThatItResumedFrom) {
  MemoryServer server({.queue = 1'000, .policy = SlowPolicy::kDisconnect});
  const std::string payload(100'000, 'x');
  for (int i = 0; i < 5; ++i) server.say("t", payload);
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=0");
  client.window = 10;
  server.settle();
  publish_numbers(server, 1, 3);
  server.settle();
  EXPECT_TRUE(client.open);
  client.window = SIZE_MAX;
  for (int i = 0; i < 10; ++i) server.settle();
  EXPECT_EQ(got(client).size(), 8U);
}

TEST_P(Streams, NoticeWhenTheLogMovesPastAStalledClient) {
  MemoryServer server({.log_messages = 4, .policy = SlowPolicy::kDisconnect});
  MemoryConnection& slow = server.subscribe(technique(), "topic=t");
  server.settle();
  slow.window = 3;
  for (int i = 1; i <= 8; ++i) {
    publish_numbers(server, i, i);
    server.settle();
  }
  EXPECT_FALSE(slow.open);
  EXPECT_EQ(server.all_stats.disconnected_slow.get(), 1U);
}

TEST_P(Streams, CarryEveryLengthOfPayload) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe(technique(), "topic=t");
  const std::vector<std::size_t> published = {0, 1, 125, 126, 65'535, 65'536, 300'000};
  for (const std::size_t size : published) {
    server.say("t", std::string(size, 'p'));
    server.settle();
  }
  std::vector<std::size_t> received;
  for (const std::string& message : got(client)) received.push_back(message.size());
  EXPECT_EQ(received, published);
}

TEST_P(Streams, EndInAnOrderlyWayWhenTheServerStops) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe(technique(), "topic=t");
  publish_numbers(server, 1, 1);
  server.iterate();
  server.shut_down();
  EXPECT_FALSE(client.open);
  EXPECT_FALSE(client.aborted);
  const Messages expected = {"m1", technique() == "websocket" ? "[close 1001]" : "[end]"};
  EXPECT_EQ(got(client), expected);
}

TEST_P(Streams, CountEveryByteByKind) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe(technique(), "topic=t&after=0");
  publish_numbers(server, 1, 20);
  server.settle();
  const ByteCounters& sent = server.all_stats.sent;
  EXPECT_EQ(sent.payload.get(), 9 * 2 + 11 * 3U);
  EXPECT_EQ(sent.http.get(), client.taken.find("\r\n\r\n") + 4);
  EXPECT_EQ(sent.payload.get() + sent.framing.get() + sent.http.get(), client.taken.size());
}

TEST_P(Streams, RefuseABadCursorByName) {
  MemoryServer server;
  for (const std::string bad : {"x", "-1", "1.5", "99999999999999999999", ""}) {
    const PlainResponse response = [&] {
      MemoryConnection& client = server.subscribe(technique(), "topic=t&after=" + bad);
      server.settle();
      return response_of(client.taken);
    }();
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("after=\"" + bad + "\""), std::string::npos) << response.body;
  }
}

TEST_P(Streams, RefuseARequestWithoutTopicAndOneTopicTooMany) {
  MemoryServer server({.max_topics = 1});
  for (const auto& [query, status] : {std::pair{"", 400}, {"topic=", 400}, {"topic=a", 0}, {"topic=b", 503}}) {
    MemoryConnection& client = server.subscribe(technique(), query);
    server.settle();
    const int got_status = response_of(client.taken).status;
    EXPECT_EQ(got_status == 200 || got_status == 101 ? 0 : got_status, status) << query;
  }
  MemoryConnection& client = server.subscribe(technique(), "topic=" + std::string(257, 'x'));
  server.settle();
  EXPECT_EQ(response_of(client.taken).status, 400);
}

INSTANTIATE_TEST_SUITE_P(EachTechnique, Streams, testing::Values("http-streaming", "forever-frame", "sse", "websocket"),
                         test_name);

}  // namespace
}  // namespace server
