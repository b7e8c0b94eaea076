// What each format of a stream has of its own.
#include "streams_fixture.h"

namespace server {
namespace {

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
