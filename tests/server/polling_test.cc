#include <gtest/gtest.h>

#include "memory_server.h"

namespace server {
namespace {

PlainResponse poll(MemoryServer& server, std::string_view query, std::string_view headers = {}) {
  MemoryConnection& client = server.get("/polling?" + std::string(query), headers);
  server.settle();
  return response_of(client.taken);
}

bool has_cursor(const PlainResponse& response, std::uint64_t cursor) {
  return response.head.find("\r\nPushbench-Cursor: " + std::to_string(cursor) + "\r\n") != std::string::npos;
}

TEST(Polling, AnswersAtOnceWithEverythingBehindTheCursor) {
  MemoryServer server;
  for (const char* text : {"a", "b", "c"}) server.say("t", text);
  const PlainResponse response = poll(server, "topic=t&after=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "b\nc\n");
  EXPECT_TRUE(has_cursor(response, 3));
  EXPECT_NE(response.head.find("\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\n"),
            std::string::npos);
  EXPECT_NE(response.head.find("\r\nCache-Control: no-store\r\n"), std::string::npos);
}

TEST(Polling, AnswersWithATagOnlyWhenAskedConditionally) {
  MemoryServer server;
  for (const char* text : {"a", "b", "c"}) server.say("t", text);
  EXPECT_EQ(poll(server, "topic=t&after=1").head.find("ETag"), std::string::npos);
  for (const char* other : {"\"\"", "\"2\"", "3", "\"3", "W/\"33\", \"x\"", "\"03x\"", ","}) {
    const PlainResponse response = poll(server, "topic=t&after=1", "If-None-Match: " + std::string(other) + "\r\n");
    EXPECT_EQ(response.status, 200) << other;
    EXPECT_EQ(response.body, "b\nc\n") << other;
    EXPECT_NE(response.head.find("\r\nETag: \"3\"\r\n"), std::string::npos) << other;
  }
}

TEST(Polling, AnswersNotModifiedWhenItsTagIsNamed) {
  MemoryServer server;
  for (const char* text : {"a", "b", "c"}) server.say("t", text);
  for (const char* same : {"\"3\"", "W/\"3\"", "\"1\", \"3\"", "\"x\" ,\t\"3\" ", "*"}) {
    const PlainResponse response = poll(server, "topic=t&after=3", "If-None-Match: " + std::string(same) + "\r\n");
    EXPECT_EQ(response.status, 304) << same;
    EXPECT_TRUE(has_cursor(response, 3)) << same;
    EXPECT_NE(response.head.find("\r\nETag: \"3\"\r\n"), std::string::npos) << same;
    EXPECT_EQ(response.head.find("Content-Length"), std::string::npos) << same;
    EXPECT_EQ(response.body, "") << same;
  }
  server.say("t", "d");
  EXPECT_EQ(poll(server, "topic=t&after=3", "If-None-Match: \"3\"\r\n").body, "d\n");
  EXPECT_EQ(server.counters("polling").delivered.get(), 1U) << "304 brings nothing";
}

TEST(Polling, AnswersEmptyWhenNothingIsNew) {
  MemoryServer server;
  server.say("t", "a");
  for (const char* query : {"topic=t&after=1", "topic=t&after=5", "topic=t"}) {
    const PlainResponse response = poll(server, query);
    EXPECT_EQ(response.body, "") << query;
    EXPECT_TRUE(has_cursor(response, 1)) << query;
  }
  EXPECT_EQ(server.counters("polling").delivered.get(), 0U);
}

TEST(Polling, CreatesNoTopicByAsking) {
  MemoryServer server({.max_topics = 1});
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(has_cursor(poll(server, "topic=unknown" + std::to_string(i) + "&after=7"), 0));
  EXPECT_EQ(server.publish("t", "x", true).sequence, 1U);
}

TEST(Polling, TellsWhatTheLogNoLongerHas) {
  MemoryServer server({.log_messages = 2});
  for (const char* text : {"a", "b", "c", "d"}) server.say("t", text);
  const PlainResponse response = poll(server, "topic=t&after=0");
  EXPECT_EQ(response.body, "\x10gap 1 2\nc\nd\n");
  EXPECT_TRUE(has_cursor(response, 4));
}

TEST(Polling, AnswersTheSameCursorAgainAfterAPublish) {
  MemoryServer server;
  server.say("t", "a");
  EXPECT_EQ(poll(server, "topic=t&after=0").body, "a\n");
  EXPECT_EQ(poll(server, "topic=t&after=0").body, "a\n");
  server.say("t", "b");
  EXPECT_EQ(poll(server, "topic=t&after=0").body, "a\nb\n");
  server.say("u", "other");
  EXPECT_EQ(poll(server, "topic=u&after=0").body, "other\n");
  EXPECT_EQ(poll(server, "topic=t&after=0").body, "a\nb\n");
  EXPECT_EQ(server.counters("polling").delivered.get(), 7U);
}

TEST(Polling, BoundsOneAnswerAndSaysHowFarItGoes) {
  MemoryServer server({.queue = 1'000});
  for (int i = 0; i < 30; ++i) server.say("t", std::string(99, 'x'));
  std::uint64_t cursor = 0;
  std::size_t bytes = 0;
  int polls = 0;
  while (cursor < 30) {
    const PlainResponse response = poll(server, "topic=t&after=" + std::to_string(cursor));
    cursor += 10;
    ASSERT_TRUE(has_cursor(response, cursor)) << response.head;
    bytes += response.body.size();
    ++polls;
  }
  EXPECT_EQ(polls, 3);
  EXPECT_EQ(bytes, 3'000U);
}

TEST(Polling, GivesAtLeastOneMessageHoweverLarge) {
  MemoryServer server({.queue = 10});
  server.say("t", std::string(5'000, 'x'));
  EXPECT_EQ(poll(server, "topic=t&after=0").body.size(), 5'001U);
}

TEST(Polling, SaysWhatBecomesOfTheConnection) {
  MemoryServer server;
  EXPECT_EQ(poll(server, "topic=t").head.find("Connection:"), std::string::npos);
  EXPECT_NE(poll(server, "topic=t", "Connection: close\r\n").head.find("\r\nConnection: close\r\n"), std::string::npos);
  MemoryConnection& old = server.connect();
  server.request(old, "GET", "/polling?topic=t", "Connection: keep-alive\r\n", {}, 0);
  server.settle();
  EXPECT_NE(old.taken.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_TRUE(old.open);
  MemoryConnection& older = server.connect();
  server.request(older, "GET", "/polling?topic=t", {}, {}, 0);
  server.settle();
  EXPECT_NE(older.taken.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_FALSE(older.open);
}

}  // namespace
}  // namespace server
