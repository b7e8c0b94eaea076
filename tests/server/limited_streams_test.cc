// Streams that end by design, whatever their format.
#include "streams_fixture.h"

namespace server {
namespace {

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
                         test_name);

}  // namespace
}  // namespace server
