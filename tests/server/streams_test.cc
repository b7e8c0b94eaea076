// What every stream must do, whatever its format.
#include <gtest/gtest.h>

#include <algorithm>

#include "memory_server.h"

namespace server {
namespace {

class Streams : public testing::TestWithParam<std::string_view> {
 protected:
  std::string_view technique() const { return GetParam(); }
  Messages got(const MemoryConnection& connection) const { return messages_of(technique(), connection.taken); }
};

Messages numbers(int first, int last) {
  Messages messages;
  for (int i = first; i <= last; ++i) messages.push_back("m" + std::to_string(i));
  return messages;
}

void publish_numbers(MemoryServer& server, int first, int last) {
  for (int i = first; i <= last; ++i) server.say("t", "m" + std::to_string(i));
}

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
                         [](const auto& each) {
                           std::string name(each.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class LimitedStreams : public Streams {};

TEST_P(LimitedStreams, EndBehindTheLastMessageWhereverItIsInABatch) {
  for (const int limit : {1, 2, 3, 4, 5, 6, 7}) {
    MemoryServer server;
    publish_numbers(server, 1, 2);
    server.iterate();
    const std::string query = "topic=t&after=0&limit=" + std::to_string(limit);
    MemoryConnection& client = server.subscribe(technique(), query);
    MemoryConnection& endless = server.subscribe(technique(), "topic=t&after=0");
    publish_numbers(server, 3, 3);
    server.settle();
    publish_numbers(server, 4, 7);
    server.settle();
    Messages expected = numbers(1, limit);
    expected.push_back("[end]");
    EXPECT_EQ(got(client), expected) << limit;
    EXPECT_NE(client.taken.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_FALSE(client.open);
    EXPECT_FALSE(client.aborted);
    EXPECT_EQ(got(endless), numbers(1, 7)) << limit;
    EXPECT_EQ(server.counters(technique()).delivered.get(), 7U + static_cast<unsigned>(limit));
    const ByteCounters& sent = server.all_stats.sent;
    EXPECT_EQ(sent.payload.get() + sent.framing.get() + sent.http.get(), client.taken.size() + endless.taken.size());
  }
}

TEST_P(LimitedStreams, ShareTheBroadcastUntilTheirEnd) {
  MemoryServer server;
  MemoryConnection& limited = server.subscribe(technique(), "topic=t&limit=9");
  MemoryConnection& endless = server.subscribe(technique(), "topic=t");
  server.settle();
  limited.sends.clear();
  endless.sends.clear();
  publish_numbers(server, 1, 8);
  server.settle();
  ASSERT_EQ(limited.sends.size(), 1U);
  EXPECT_EQ(limited.sends[0], endless.sends[0]) << "the same bytes, not a copy";
  EXPECT_TRUE(limited.open);
}

TEST_P(LimitedStreams, EndBehindTheMessageThatReachesTheBytes) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe(technique(), "topic=t&limit-bytes=5");
  MemoryConnection& both = server.subscribe(technique(), "topic=t&limit-bytes=5&limit=2");
  publish_numbers(server, 1, 9);
  server.settle();
  EXPECT_EQ(got(client), (Messages{"m1", "m2", "m3", "[end]"}));
  EXPECT_EQ(got(both), (Messages{"m1", "m2", "[end]"}));
}

TEST_P(LimitedStreams, EndByTheServersLimitUnlessTheClientsIsLess) {
  MemoryServer server({.stream_limit = 3});
  publish_numbers(server, 1, 9);
  server.iterate();
  EXPECT_EQ(got(server.subscribe(technique(), "topic=t&after=0")), (Messages{"m1", "m2", "m3", "[end]"}));
  EXPECT_EQ(got(server.subscribe(technique(), "topic=t&after=0&limit=2")), (Messages{"m1", "m2", "[end]"}));
  EXPECT_EQ(got(server.subscribe(technique(), "topic=t&after=0&limit=5")), (Messages{"m1", "m2", "m3", "[end]"}));
}

TEST_P(LimitedStreams, EndForAClientThatReadsLate) {
  MemoryServer server;
  MemoryConnection& slow = server.subscribe(technique(), "topic=t&limit=20");
  server.settle();
  slow.window = 3;
  for (int i = 1; i <= 30; ++i) {
    publish_numbers(server, i, i);
    server.settle();
  }
  ASSERT_TRUE(slow.stalled());
  slow.window = SIZE_MAX;
  server.settle();
  Messages expected = numbers(1, 20);
  expected.push_back("[end]");
  EXPECT_EQ(got(slow), expected);
}

TEST_P(LimitedStreams, RefuseALimitThatIsNone) {
  MemoryServer server;
  for (const char* query :
       {"topic=t&limit=0", "topic=t&limit=x", "topic=t&limit-bytes=0", "topic=t&limit-bytes=1KiB"}) {
    MemoryConnection& client = server.subscribe(technique(), query);
    server.settle();
    EXPECT_EQ(response_of(client.taken).status, 400) << query;
  }
}

INSTANTIATE_TEST_SUITE_P(EachHttpStream, LimitedStreams, testing::Values("http-streaming", "forever-frame", "sse"),
                         [](const auto& each) {
                           std::string name(each.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(HttpStreaming, EndsALimitedHttp10StreamWithTheConnection) {
  MemoryServer server;
  publish_numbers(server, 1, 5);
  MemoryConnection& client = server.connect();
  server.request(client, "GET", "/http-streaming?topic=t&after=0&limit=2", {}, {}, 0);
  server.settle();
  EXPECT_TRUE(client.taken.ends_with("\r\n\r\nm1\nm2\n")) << client.taken;
  EXPECT_FALSE(client.open);
}

TEST(HttpStreaming, IsSubscribedToByPostWhateverItsBody) {
  MemoryServer server;
  for (const char* body : {"", "{\"any\":1}"}) {
    MemoryConnection& client = server.connect();
    server.request(client, "POST", "/http-streaming?topic=t", {}, body);
    server.say("t", "x");
    server.settle();
    EXPECT_EQ(messages_of("http-streaming", client.taken), Messages{"x"});
  }
}

TEST(HttpStreaming, SaysWhereItStarts) {
  MemoryServer server;
  publish_numbers(server, 1, 5);
  MemoryConnection& client = server.get("/http-streaming?topic=t&after=3");
  server.settle();
  EXPECT_NE(client.taken.find("\r\nPushbench-Cursor: 3\r\n"), std::string::npos);
  EXPECT_NE(client.taken.find("\r\nContent-Type: application/octet-stream\r\n"), std::string::npos);
  EXPECT_TRUE(client.taken.ends_with("\r\n\r\n6\r\nm4\nm5\n\r\n")) << client.taken;
}

TEST(HttpStreaming, EndsWithTheConnectionForHttp10) {
  MemoryServer server;
  publish_numbers(server, 1, 2);
  MemoryConnection& client = server.connect();
  server.request(client, "GET", "/http-streaming?topic=t&after=0", {}, {}, 0);
  publish_numbers(server, 3, 3);
  server.settle();
  EXPECT_EQ(client.taken.find("Transfer-Encoding"), std::string::npos);
  EXPECT_NE(client.taken.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.taken.ends_with("\r\n\r\nm1\nm2\nm3\n"));
  server.shut_down();
  EXPECT_FALSE(client.open);
}

TEST(Streams, AnswerHeadWithoutABodyAndKeepTheConnection) {
  MemoryServer server;
  for (const std::string_view target : {"/sse?topic=t", "/forever-frame?topic=t", "/http-streaming?topic=t",
                                        "/long-polling?topic=t", "/polling?topic=t"}) {
    MemoryConnection& client = server.connect();
    server.request(client, "HEAD", target);
    server.say("t", "x");
    server.settle();
    EXPECT_TRUE(client.taken.starts_with("HTTP/1.1 200 OK\r\n")) << target;
    EXPECT_TRUE(client.taken.ends_with("\r\n\r\n")) << target;
    EXPECT_EQ(client.finished, 1U);
    EXPECT_TRUE(client.open);
  }
}

TEST(ForeverFrame, IsAPageOfScriptsBehindPadding) {
  MemoryServer server;
  publish_numbers(server, 1, 2);
  MemoryConnection& client = server.get("/forever-frame?topic=t&after=1");
  server.say("t", "</script>\xe2\x80\xa8");
  server.publish("t", "\xff", false);
  server.settle();
  EXPECT_NE(client.taken.find("\r\nContent-Type: text/html; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(client.taken.find("\r\nPushbench-Cursor: 1\r\n"), std::string::npos);
  const std::size_t first = client.taken.find("<script>");
  EXPECT_GT(first - client.taken.find("\r\n\r\n"), 2048U);
  EXPECT_NE(client.taken.find("<script>parent.pushbench&&parent.pushbench(2,\"m2\")</script>\n"), std::string::npos);
  EXPECT_NE(client.taken.find(R"((3,"\x3c/script>\u2028")</script>)"), std::string::npos) << client.taken;
  EXPECT_EQ(messages_of("forever-frame", client.taken), (Messages{"m2", "</script>\xe2\x80\xa8", "\xff"}));
  EXPECT_NE(client.taken.find(R"((4,"\xff","bytes")</script>)"), std::string::npos);
}

TEST(ForeverFrame, ASilentPageGetsALineFeed) {
  MemoryServer server;
  MemoryConnection& client = server.get("/forever-frame?topic=t");
  server.settle();
  const std::size_t before = client.taken.size();
  server.tick("forever-frame");
  server.settle();
  EXPECT_EQ(client.taken.substr(before), "1\r\n\n\r\n");
}

TEST(Sse, LetsTheLastEventIdWinOverTheUrl) {
  MemoryServer server;
  publish_numbers(server, 1, 5);
  MemoryConnection& client = server.get("/sse?topic=t&after=1", "Last-Event-ID: 4\r\n");
  server.settle();
  EXPECT_EQ(messages_of("sse", client.taken), numbers(5, 5));
  MemoryConnection& bad = server.get("/sse?topic=t", "Last-Event-ID: abc\r\n");
  server.settle();
  EXPECT_EQ(response_of(bad.taken).status, 400);
}

TEST(Sse, WritesTheFormatOfTheStandard) {
  MemoryServer server({.retry = std::chrono::milliseconds(1'500)});
  MemoryConnection& client = server.get("/sse?topic=t");
  server.say("t", "one");
  server.say("t", "two\nlines");
  server.settle();
  EXPECT_NE(client.taken.find("\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"), std::string::npos);
  EXPECT_NE(client.taken.find("retry: 1500\n"), std::string::npos);
  EXPECT_NE(client.taken.find("id: 1\ndata: one\n\nid: 2\ndata: two\ndata: lines\n\n"), std::string::npos)
      << client.taken;
}

TEST(Sse, CommentsOnlyWhenThereWasSilence) {
  MemoryServer server;
  MemoryConnection& client = server.get("/sse?topic=t");
  server.say("t", "m1");
  server.settle();
  server.tick("sse");  // spoke since the last tick
  server.settle();
  EXPECT_EQ(messages_of("sse", client.taken), Messages{"m1"});
  server.tick("sse");
  server.settle();
  EXPECT_EQ(messages_of("sse", client.taken), (Messages{"m1", "[comment]"}));
  server.tick("sse");  // the comment was half an interval ago
  server.tick("sse");
  server.settle();
  EXPECT_EQ(messages_of("sse", client.taken), (Messages{"m1", "[comment]", "[comment]"}));
}

TEST(Sse, AsksForNoTicksWithoutHeartbeat) {
  MemoryServer with({.ping_interval = Nanos::zero()});
  EXPECT_EQ(with.ticks.size(), 2U) << "sse and forever-frame";
  EXPECT_EQ(with.ticks.begin()->second, std::chrono::milliseconds(7'500));
  MemoryServer without({.heartbeat = Nanos::zero(), .ping_interval = Nanos::zero()});
  EXPECT_TRUE(without.ticks.empty());
}

}  // namespace
}  // namespace server
