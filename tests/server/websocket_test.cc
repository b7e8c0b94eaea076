#include "wire/websocket/frame.h"

#include <gtest/gtest.h>

#include "memory_server.h"

namespace server {
namespace {

using wire::websocket::Opcode;

std::string frame(Opcode opcode, Bytes payload, bool fin = true) {
  std::string out;
  wire::websocket::append_masked_frame(out, opcode, payload, 0x12345678, {.fin = fin});
  return out;
}

Messages got(MemoryServer& server, const MemoryConnection& client) {
  server.settle();
  return messages_of("websocket", client.taken);
}

TEST(WebSocket, AnswersTheHandshakeOfTheStandardWithTheCursor) {
  MemoryServer server;
  server.say("t", "a");
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  server.settle();
  EXPECT_TRUE(client.taken.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_NE(client.taken.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(client.taken.find("\r\nPushbench-Cursor: 1\r\n"), std::string::npos);
}

TEST(WebSocket, RefusesWhatIsNoHandshake) {
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::pair<std::string, int> table[] = {
      {"", 426},
      {upgrade + version, 400},
      {upgrade + version + "Sec-WebSocket-Key: short\r\n", 400},
      {upgrade + key, 426},
      {upgrade + key + "Sec-WebSocket-Version: 8\r\n", 426},
      {"Connection: Upgrade\r\n" + key + version, 426},
  };
  for (const auto& [headers, status] : table) {
    MemoryServer server;
    MemoryConnection& client = server.get("/websocket?topic=t", headers);
    server.settle();
    const PlainResponse response = response_of(client.taken);
    EXPECT_EQ(response.status, status) << headers;
    EXPECT_EQ(response.head.find("\r\nSec-WebSocket-Version: 13\r\n") != std::string::npos, status == 426)
        << response.head;
    EXPECT_EQ(server.all_stats.bad_upgrades.get(), 1U);
  }
  MemoryServer server;
  MemoryConnection& client = server.connect();
  server.request(client, "POST", "/websocket?topic=t", upgrade + key + version);
  server.settle();
  EXPECT_EQ(response_of(client.taken).status, 405);
}

TEST(WebSocket, SendsTextAsTextAndTheRestAsBinary) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  server.settle();
  client.taken.clear();
  server.publish("t", "text", true);
  server.publish("t", "\xff\xfe", false);
  server.settle();
  EXPECT_EQ(client.taken, std::string("\x81\x04text\x82\x02\xff\xfe"));
}

TEST(WebSocket, PublishesWhatTheClientSends) {
  MemoryServer server;
  MemoryConnection& speaker = server.subscribe("websocket", "topic=t");
  MemoryConnection& listener = server.subscribe("sse", "topic=t");
  const std::string input = frame(Opcode::kText, "hello") + frame(Opcode::kBinary, "two");
  for (const char byte : input) speaker.feed({&byte, 1});
  EXPECT_EQ(got(server, speaker), (Messages{"hello", "two"}));
  EXPECT_EQ(messages_of("sse", listener.taken), (Messages{"hello", "two"}));
  EXPECT_EQ(server.all_stats.received.payload.get(), 8U);
  EXPECT_EQ(server.all_stats.received.payload.get() + server.all_stats.received.framing.get(), input.size());
}

TEST(WebSocket, JoinsFragmentsAndAnswersPingsBetweenThem) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  client.feed(frame(Opcode::kText, "hel", false) + frame(Opcode::kPing, "now?") + frame(Opcode::kContinuation, "lo"));
  EXPECT_EQ(got(server, client), (Messages{"[pong now?]", "hello"}));
}

TEST(WebSocket, EchoesTheCloseCodeAndCloses) {
  for (const std::uint16_t code :
       {std::uint16_t{1000}, std::uint16_t{1001}, std::uint16_t{3999}, wire::websocket::kNoStatus}) {
    MemoryServer server;
    MemoryConnection& client = server.subscribe("websocket", "topic=t");
    client.feed(frame(Opcode::kClose, wire::websocket::close_payload(code, "bye")) + frame(Opcode::kText, "ignored"));
    EXPECT_FALSE(client.open);
    EXPECT_FALSE(client.aborted);
    server.say("t", "late");
    EXPECT_EQ(got(server, client), Messages{"[close " + std::to_string(code) + "]"});
    EXPECT_EQ(server.all_stats.published.get(), 0U);
  }
}

TEST(WebSocket, FailsTheConnectionWithTheCodeOfTheRule) {
  std::string unmasked;
  wire::websocket::append_frame(unmasked, Opcode::kText, "x");
  std::string reserved_bit = frame(Opcode::kText, "x");
  reserved_bit[0] = static_cast<char>(reserved_bit[0] | 0x40);
  std::string reserved_opcode = frame(Opcode::kText, "x");
  reserved_opcode[0] = static_cast<char>(0x83);
  const std::pair<std::string, int> table[] = {
      {unmasked, 1002},
      {reserved_bit, 1002},
      {reserved_opcode, 1002},
      {frame(Opcode::kContinuation, "x"), 1002},
      {frame(Opcode::kText, "a", false) + frame(Opcode::kText, "b"), 1002},
      {frame(Opcode::kPing, "x", false), 1002},
      {frame(Opcode::kPing, std::string(126, 'x')), 1002},
      {frame(Opcode::kClose, "x"), 1002},
      {frame(Opcode::kClose, "\x03\xec"), 1002},  // 1004 is reserved
      {frame(Opcode::kClose, std::string("\x03\xe8") + "\xff"), 1007},
      {frame(Opcode::kText, "\xff"), 1007},
      {frame(Opcode::kBinary, std::string(1'001, 'x')), 1009},
      {frame(Opcode::kBinary, std::string(600, 'x'), false) + frame(Opcode::kContinuation, std::string(600, 'x')),
       1009},
  };
  for (const auto& [input, code] : table) {
    MemoryServer server({.max_payload = 1'000});
    MemoryConnection& client = server.subscribe("websocket", "topic=t");
    client.feed(input);
    EXPECT_FALSE(client.open);
    EXPECT_EQ(got(server, client), Messages{"[close " + std::to_string(code) + "]"})
        << testing::PrintToString(input.substr(0, 20));
  }
}

TEST(WebSocket, PingsAfterSilenceAndClosesWhenNothingComesBack) {
  MemoryServer server(
      {.ping_interval = std::chrono::seconds(8), .ping_timeout = std::chrono::seconds(8)});  // a tick a second
  MemoryConnection& silent = server.subscribe("websocket", "topic=t");
  MemoryConnection& alive = server.subscribe("websocket", "topic=t");
  for (int i = 0; i < 7; ++i) server.tick("websocket");
  EXPECT_EQ(got(server, silent), Messages{});
  server.tick("websocket");
  EXPECT_EQ(got(server, silent), Messages{"[ping]"});
  alive.feed(frame(Opcode::kPong, ""));
  for (int i = 0; i < 8; ++i) server.tick("websocket");
  EXPECT_TRUE(silent.open);
  server.tick("websocket");
  EXPECT_FALSE(silent.open);
  EXPECT_EQ(got(server, silent), (Messages{"[ping]", "[close 1011]"}));
  EXPECT_TRUE(alive.open);
  EXPECT_EQ(got(server, alive), (Messages{"[ping]", "[ping]"}));
  EXPECT_EQ(server.all_stats.timed_out.get(), 1U);
}

TEST(WebSocket, OwesOnlyTheLatestPongToAClientThatDoesNotRead) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  server.settle();
  client.window = 1;
  server.say("t", "m1");
  server.settle();
  ASSERT_TRUE(client.stalled());
  for (int i = 0; i < 1'000; ++i) client.feed(frame(Opcode::kPing, std::to_string(i)));
  client.window = SIZE_MAX;
  server.settle();
  EXPECT_EQ(got(server, client), (Messages{"m1", "[pong 999]"}));
}

TEST(WebSocket, LetsGoOfAStalledClientWhenThePingTimeIsOver) {
  MemoryServer server({.ping_interval = std::chrono::seconds(8), .ping_timeout = std::chrono::seconds(8)});
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  server.settle();
  client.window = 1;
  server.say("t", "m1");
  server.settle();
  for (int i = 0; i < 16; ++i) server.tick("websocket");
  EXPECT_TRUE(client.open);
  server.tick("websocket");
  EXPECT_TRUE(client.aborted);
}

TEST(WebSocket, TellsAGapInAPong) {
  MemoryServer server({.log_messages = 1});
  for (int i = 0; i < 3; ++i) server.say("t", "m");
  server.iterate();
  MemoryConnection& client = server.subscribe("websocket", "topic=t&after=0");
  server.settle();
  EXPECT_TRUE(client.taken.ends_with("\x8a\x07gap 1 2\x81\x01m")) << testing::PrintToString(client.taken);
}

// A page of a browser sees no pongs.
TEST(WebSocket, EndsBeforeAGapForAClientThatAsksForThat) {
  MemoryServer server({.log_messages = 1, .queue = 1, .policy = SlowPolicy::kDropOldest});
  for (int i = 0; i < 3; ++i) server.say("t", "m");
  server.iterate();
  MemoryConnection& behind = server.subscribe("websocket", "topic=t&after=0&gaps=close");
  EXPECT_EQ(got(server, behind), Messages{"[close 4001 gap 1 2]"});
  EXPECT_FALSE(behind.open);
  EXPECT_FALSE(behind.aborted);
  MemoryConnection& back = server.subscribe("websocket", "topic=t&after=2&gaps=close");
  EXPECT_EQ(got(server, back), Messages{"m"});
  back.window = 1;
  for (int i = 4; i <= 9; ++i) {
    server.say("t", std::to_string(i));
    server.settle();
  }
  back.window = SIZE_MAX;
  EXPECT_EQ(got(server, back), (Messages{"m", "4", "[close 4001 gap 5 8]"}));
  MemoryConnection& wrong = server.subscribe("websocket", "topic=t&gaps=tell");
  server.settle();
  EXPECT_EQ(response_of(wrong.taken).status, 400);
}

// A WebSocket whose own messages are not for it.
TEST(WebSocket, WithoutEchoGetsEverybodysMessagesButItsOwn) {
  MemoryServer server;
  MemoryConnection& speaker = server.subscribe("websocket", "topic=t&echo=0");
  MemoryConnection& other = server.subscribe("websocket", "topic=t&echo=0");
  MemoryConnection& all = server.subscribe("websocket", "topic=t&echo=1");
  speaker.feed(frame(Opcode::kText, "mine"));
  EXPECT_EQ(got(server, speaker), Messages{"[pong cursor 1]"});
  EXPECT_EQ(got(server, other), Messages{"mine"});
  EXPECT_EQ(got(server, all), Messages{"mine"});
  all.feed(frame(Opcode::kText, "to all"));
  EXPECT_EQ(got(server, speaker), (Messages{"[pong cursor 1]", "to all"}));
  EXPECT_EQ(got(server, all), (Messages{"mine", "to all"}));
  EXPECT_EQ(server.counters("websocket").delivered.get(), 5U);
}

TEST(WebSocket, WithoutEchoABatchLeavesOutOnlyWhatIsTheSubscribersOwn) {
  MemoryServer server;
  MemoryConnection& a = server.subscribe("websocket", "topic=t&echo=0");
  MemoryConnection& b = server.subscribe("websocket", "topic=t&echo=0");
  MemoryConnection& silent = server.subscribe("websocket", "topic=t&echo=0");
  MemoryConnection& plain = server.subscribe("websocket", "topic=t");
  server.settle();
  silent.sends.clear();
  plain.sends.clear();
  server.say("t", "1");
  a.feed(frame(Opcode::kText, "a2") + frame(Opcode::kText, "a3"));
  b.feed(frame(Opcode::kText, "b4"));
  server.say("t", "5");
  EXPECT_EQ(got(server, a), (Messages{"1", "[pong cursor 3]", "b4", "5"}));
  EXPECT_EQ(got(server, b), (Messages{"1", "a2", "a3", "[pong cursor 4]", "5"}));
  EXPECT_EQ(got(server, silent), (Messages{"1", "a2", "a3", "b4", "5"}));
  EXPECT_EQ(silent.sends, plain.sends) << "who has nothing in the batch shares its one encoding";
  EXPECT_EQ(silent.sends.size(), 1U);
}

TEST(WebSocket, WithoutEchoALaggingSubscriberDoesNotGetItsOwnEither) {
  MemoryServer server;
  MemoryConnection& slow = server.subscribe("websocket", "topic=t&echo=0");
  server.settle();
  slow.window = 1;
  server.say("t", "1");
  server.settle();
  ASSERT_TRUE(slow.stalled());
  slow.feed(frame(Opcode::kText, "mine"));
  server.say("t", "3");
  server.settle();
  slow.window = SIZE_MAX;
  server.settle();
  EXPECT_EQ(got(server, slow), (Messages{"1", "[pong cursor 2]", "3"}));
}

TEST(WebSocket, WithoutEchoAnOriginOutlivesItsConnection) {
  MemoryServer server;
  MemoryConnection& before = server.subscribe("websocket", "topic=t&echo=0");
  before.feed(frame(Opcode::kText, "mine"));
  server.say("t", "other");
  server.settle();
  const std::string name = "\r\nPushbench-Origin: ";
  const std::size_t at = before.taken.find(name) + name.size();
  const std::string origin = before.taken.substr(at, before.taken.find("\r\n", at) - at);
  before.leave();
  MemoryConnection& after = server.subscribe("websocket", "topic=t&after=0&echo=0&origin=" + origin);
  EXPECT_EQ(got(server, after), (Messages{"[pong cursor 1]", "other"}));
  MemoryConnection& stranger = server.subscribe("websocket", "topic=t&after=0&echo=0");
  EXPECT_EQ(got(server, stranger), (Messages{"mine", "other"}));
  after.feed(frame(Opcode::kText, "again"));
  EXPECT_EQ(got(server, after), (Messages{"[pong cursor 1]", "other", "[pong cursor 3]"}));
}

TEST(WebSocket, WithEchoNamesNoOrigin) {
  MemoryServer server;
  MemoryConnection& client = server.subscribe("websocket", "topic=t");
  server.settle();
  EXPECT_EQ(client.taken.find("Pushbench-Origin"), std::string::npos);
}

TEST(WebSocket, RefusesAnEchoOrAnOriginThatIsNone) {
  for (const char* query : {"echo=", "echo=no", "echo=0&origin=", "echo=0&origin=x", "echo=0&origin=0"}) {
    MemoryServer server;
    MemoryConnection& client = server.subscribe("websocket", std::string("topic=t&") + query);
    server.settle();
    EXPECT_EQ(response_of(client.taken).status, 400) << query;
  }
}

}  // namespace
}  // namespace server
