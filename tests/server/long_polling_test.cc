#include <gtest/gtest.h>

#include "memory_server.h"

namespace server {
namespace {

TEST(LongPolling, HoldsUntilAMessageComes) {
  MemoryServer server;
  server.say("t", "old");
  MemoryConnection& client = server.get("/long-polling?topic=t");
  server.settle();
  EXPECT_EQ(client.taken, "");
  EXPECT_EQ(client.wake_, std::chrono::seconds(25));
  server.say("t", "new");
  server.say("t", "newer");
  server.settle();
  const PlainResponse response = response_of(client.taken);
  EXPECT_EQ(response.body, "new\nnewer\n");
  EXPECT_NE(response.head.find("\r\nPushbench-Cursor: 3\r\n"), std::string::npos);
  EXPECT_EQ(client.finished, 1U);
  EXPECT_TRUE(client.open);
}

TEST(LongPolling, AnswersAtOnceWhatIsThere) {
  MemoryServer server;
  server.say("t", "a");
  server.say("t", "b");
  MemoryConnection& client = server.get("/long-polling?topic=t&after=0");
  server.settle();
  EXPECT_EQ(response_of(client.taken).body, "a\nb\n");
}

TEST(LongPolling, LosesNothingBetweenTwoRequests) {
  MemoryServer server;
  MemoryConnection& client = server.get("/long-polling?topic=t");
  server.say("t", "a");
  server.settle();
  server.say("t", "b");
  server.settle();
  client.taken.clear();
  server.request(client, "GET", "/long-polling?topic=t&after=1");
  server.settle();
  EXPECT_EQ(response_of(client.taken).body, "b\n");
}

TEST(LongPolling, AnswersEmptyWhenTheHoldIsOver) {
  MemoryServer server;
  server.say("t", "a");
  MemoryConnection& client = server.get("/long-polling?topic=t&after=1");
  client.wake();
  server.settle();
  const PlainResponse response = response_of(client.taken);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_NE(response.head.find("\r\nPushbench-Cursor: 1\r\n"), std::string::npos);
  server.say("t", "b");
  server.settle();
  EXPECT_EQ(client.finished, 1U) << "it no longer holds a place";
}

TEST(LongPolling, LetsTheClientShortenTheHold) {
  MemoryServer server;
  EXPECT_EQ(server.get("/long-polling?topic=t&hold=300").wake_, std::chrono::milliseconds(300));
  EXPECT_EQ(server.get("/long-polling?topic=t&hold=99999999999999999").wake_, std::chrono::seconds(25));
  MemoryConnection& now = server.get("/long-polling?topic=t&hold=0");
  server.settle();
  EXPECT_NE(response_of(now.taken).head.find("\r\nPushbench-Cursor: 0\r\n"), std::string::npos);
  MemoryConnection& bad = server.get("/long-polling?topic=t&hold=5s");
  server.settle();
  EXPECT_EQ(response_of(bad.taken).status, 400);
  EXPECT_NE(response_of(bad.taken).body.find("hold=\"5s\""), std::string::npos);
}

TEST(LongPolling, EncodesOneAnswerForAllWhoWaitAtTheSameCursor) {
  MemoryServer server;
  std::vector<MemoryConnection*> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(&server.get("/long-polling?topic=t"));
  server.say("t", "a");
  server.settle();
  for (MemoryConnection* client : clients) {
    ASSERT_EQ(client->sends.size(), 1U);
    EXPECT_EQ(client->sends[0], clients[0]->sends[0]);
    EXPECT_EQ(response_of(client->taken).body, "a\n");
  }
  EXPECT_EQ(server.counters("long-polling").delivered.get(), 4U);
}

TEST(LongPolling, AnswersEachHolderByItsOwnCursorAndConnection) {
  MemoryServer server;
  MemoryConnection& early = server.get("/long-polling?topic=t");
  server.say("t", "a");
  MemoryConnection& late = server.get("/long-polling?topic=t&after=1");
  MemoryConnection& closing = server.get("/long-polling?topic=t&after=1", "Connection: close\r\n");
  server.say("t", "b");
  server.settle();
  EXPECT_EQ(response_of(early.taken).body, "a\nb\n");
  EXPECT_EQ(response_of(late.taken).body, "b\n");
  EXPECT_EQ(response_of(closing.taken).body, "b\n");
  EXPECT_NE(closing.taken.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_FALSE(closing.open);
  EXPECT_TRUE(late.open);
}

TEST(LongPolling, FreesThePlaceOfAClientThatLeaves) {
  MemoryServer server;
  std::vector<MemoryConnection*> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(&server.get("/long-polling?topic=t"));
  clients[0]->leave();
  server.say("t", "a");
  server.settle();
  EXPECT_EQ(clients[0]->taken, "");
  EXPECT_EQ(response_of(clients[1]->taken).body, "a\n");
  EXPECT_EQ(response_of(clients[2]->taken).body, "a\n");
  EXPECT_EQ(server.counters("long-polling").delivered.get(), 2U);
}

TEST(LongPolling, AnswersHeldRequestsEmptyWhenTheServerStops) {
  MemoryServer server;
  MemoryConnection& client = server.get("/long-polling?topic=t");
  server.shut_down();
  server.settle();
  EXPECT_EQ(response_of(client.taken).status, 200);
  EXPECT_EQ(response_of(client.taken).body, "");
}

TEST(LongPolling, AnswersNoContentWhenAskedTo) {
  MemoryServer server;
  server.say("t", "a");
  MemoryConnection& held = server.get("/long-polling?topic=t&empty=204");
  MemoryConnection& other = server.get("/long-polling?topic=t");
  MemoryConnection& asking = server.get("/long-polling?topic=t&hold=0&empty=204");
  MemoryConnection& with_message = server.get("/long-polling?topic=t&after=0&empty=204");
  held.wake();
  other.wake();
  server.settle();
  for (const MemoryConnection* client : {&held, &asking}) {
    EXPECT_EQ(response_of(client->taken).status, 204);
    EXPECT_NE(client->taken.find("\r\nPushbench-Cursor: 1\r\n"), std::string::npos);
    EXPECT_EQ(client->taken.find("Content-"), std::string::npos);
    EXPECT_TRUE(client->open);
  }
  EXPECT_EQ(response_of(other.taken).status, 200) << "held with the same cursor";
  EXPECT_EQ(response_of(with_message.taken).body, "a\n");
  MemoryConnection& bad = server.get("/long-polling?topic=t&empty=500");
  server.settle();
  EXPECT_EQ(response_of(bad.taken).status, 400);
}

TEST(LongPolling, TellsWhatTheLogNoLongerHas) {
  MemoryServer server({.log_messages = 2});
  for (const char* text : {"a", "b", "c", "d"}) server.say("t", text);
  MemoryConnection& client = server.get("/long-polling?topic=t&after=1");
  server.settle();
  EXPECT_EQ(response_of(client.taken).body, "\x10gap 2 2\nc\nd\n");
  EXPECT_EQ(server.all_stats.gap_messages.get(), 1U);
}

}  // namespace
}  // namespace server
