// Socket.IO without sockets. That the official client agrees is the business of tests/e2e/test_socketio.py.
#include "reference-server/socketio/socketio.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "memory_server.h"
#include "reference-server/engineio/transport.h"
#include "wire/websocket/frame.h"

namespace server {
namespace {

using std::chrono::milliseconds;
using wire::websocket::Opcode;

constexpr std::string_view kUpgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string target(std::string_view more) {
  return "/socket.io/?EIO=4" + std::string(more);
}

void say(MemoryConnection& client, Bytes text) {
  std::string frame;
  wire::websocket::append_masked_frame(frame, Opcode::kText, text, 0x12345678);
  client.feed(frame);
}

MemoryConnection& connect_websocket(MemoryServer& server, std::string_view query = "&topic=t") {
  MemoryConnection& client = server.get(target("&transport=websocket" + std::string(query)), kUpgrade);
  say(client, "40");
  server.settle();
  return client;
}

Messages got(MemoryServer& server, MemoryConnection& client) {
  server.settle();
  return messages_of("websocket", client.taken);
}

// A session over polling whose client comes back for more as soon as it has been answered.
class Poller {
 public:
  explicit Poller(MemoryServer& server, Bytes connect = "40") : server_(server) {
    const std::string open = answer(server.get(target("&transport=polling&topic=t")));
    sid = open.substr(open.find("sid\":\"") + 6, 20);
    post(connect);
  }
  std::string answer(MemoryConnection& get) {
    server_.settle();
    return response_of(get.taken).body;
  }
  std::string session() const { return "&sid=" + sid; }
  MemoryConnection& get() { return server_.get(target("&transport=polling" + session())); }
  std::string poll() { return answer(get()); }
  std::string post(Bytes body) {
    MemoryConnection& connection = server_.connect();
    server_.request(connection, "POST", target("&transport=polling" + session()), {}, body);
    return answer(connection);
  }
  std::string sid;

 private:
  MemoryServer& server_;
};

TEST(SocketIo, AMessageIsEncodedOnceForAllWhoGetItByWebSocket) {
  MemoryServer server;
  MemoryConnection& one = connect_websocket(server);
  MemoryConnection& other = connect_websocket(server);
  one.sends.clear();
  other.sends.clear();
  server.say("t", "hello");
  EXPECT_EQ(got(server, one).back(), R"(42["message","hello","1"])");
  EXPECT_EQ(got(server, other).back(), R"(42["message","hello","1"])");
  EXPECT_EQ(one.sends.size(), 1U);
  EXPECT_EQ(one.sends, other.sends);
}

TEST(SocketIo, BytesAreAnAttachment) {
  MemoryServer server;
  MemoryConnection& client = connect_websocket(server);
  server.publish("t", "\xff\xfe", false);
  const Messages all = got(server, client);
  ASSERT_GE(all.size(), 2U);
  EXPECT_EQ(all[all.size() - 2], R"(451-["message",{"_placeholder":true,"num":0},"1"])");
  EXPECT_EQ(all.back(), "\xff\xfe");
}

TEST(SocketIo, OverPollingAGetWaitsForTheNextMessage) {
  MemoryServer server;
  Poller client(server);
  EXPECT_TRUE(client.poll().starts_with("40{"));
  MemoryConnection& waiting = client.get();
  EXPECT_EQ(client.answer(waiting), "");
  server.say("t", "one");
  server.publish("t", "\x01\x02\x03\x04", false);
  EXPECT_EQ(client.answer(waiting),
            "42[\"message\",\"one\",\"1\"]\x1e"
            "451-[\"message\",{\"_placeholder\":true,\"num\":0},\"2\"]\x1e"
            "bAQIDBA==");
  server.say("t", "late");
  EXPECT_EQ(client.poll(), R"(42["message","late","3"])");
}

TEST(SocketIo, AnUpgradeLosesNothingAndBringsNothingTwice) {
  for (int published_at = 0; published_at < 5; ++published_at) {
    MemoryServer server;
    int step = 0;
    const auto next = [&] {
      if (step++ == published_at) server.say("t", "m");
    };
    Poller client(server);
    std::string by_polling = client.poll();
    next();
    MemoryConnection& waiting = client.get();
    next();
    MemoryConnection& socket = server.get(target("&transport=websocket" + client.session()), kUpgrade);
    next();
    say(socket, "2probe");
    by_polling += client.answer(waiting);
    next();
    by_polling += client.poll();
    say(socket, "5");
    next();
    std::string all = by_polling;
    for (const std::string& message : got(server, socket)) all += message;
    const std::size_t first = all.find(R"(42["message","m","1"])");
    EXPECT_NE(first, std::string::npos) << published_at << ": " << all;
    EXPECT_EQ(all.find(R"(42["message")", first + 1), std::string::npos) << published_at << ": " << all;
    EXPECT_EQ(server.counters("socketio").own[kUpgrades].get(), 1U);
  }
}

TEST(SocketIo, ARecoveredClientIsToldWhatTheLogNoLongerHasAndGetsTheRestByEitherTransport) {
  Options options;
  options.log_messages = 2;
  MemoryServer server(options);
  MemoryConnection& before = connect_websocket(server);
  server.say("t", "1");
  const Messages connected = got(server, before);
  const std::string first = connected[1];
  const std::string pid = first.substr(first.find("\"pid\":\"") + 7, 16);
  EXPECT_EQ(connected.back(), R"(42["message","1","1"])");
  before.leave();
  MemoryConnection& speaker = connect_websocket(server);
  for (const char* text : {"2", "3", "4", "5"}) say(speaker, R"(42["broadcast",")" + std::string(text) + R"("])");
  server.settle();
  const Messages expected = {R"(42["gap",{"first":2,"last":3}])", R"(42["message","4","4"])",
                             R"(42["message","5","5"])"};
  const std::string connect = R"(40{"pid":")" + pid + R"(","offset":"1"})";
  MemoryConnection& after = server.get(target("&transport=websocket&topic=t"), kUpgrade);
  say(after, connect);
  const Messages all = got(server, after);
  ASSERT_GE(all.size(), 3U);
  EXPECT_EQ(Messages(all.end() - 3, all.end()), expected);
  Poller poller(server, connect);
  EXPECT_TRUE(poller.poll().ends_with(expected[0] + "\x1e" + expected[1] + "\x1e" + expected[2]));
}

TEST(SocketIo, WhoJoinsARoomGetsWhatIsSaidAfterwardsAndWhoLeavesWhatWasSaidBefore) {
  MemoryServer server;
  MemoryConnection& member = connect_websocket(server, "");
  MemoryConnection& speaker = connect_websocket(server, "");
  say(speaker, R"(42["to","room","before"])");
  say(member, R"(42["join","room"])");  // of one iteration
  say(speaker, R"(42["to","room","during"])");
  say(member, R"(42["leave","room"])");
  say(speaker, R"(42["to","room","after"])");
  const Messages all = got(server, member);
  EXPECT_EQ(all.back(), R"(42["message","during",{"room":"room","sequence":2}])");
  EXPECT_EQ(all.size(), 3U);  // the opening and CONNECT before it
}

TEST(SocketIo, ARoomLastsAsLongAsItsMembersWhoeverLeavesFirst) {
  MemoryServer server({.max_topics = 3'000});
  std::vector<MemoryConnection*> clients;
  const auto everybody = [&](const char* event, int room) {
    for (MemoryConnection* client : clients)
      say(*client, "42[\"" + std::string(event) + "\",\"" + std::to_string(room) + "\"]");
  };
  for (int i = 0; i < 3; ++i) clients.push_back(&connect_websocket(server, ""));
  for (int room = 0; room < 3'000; ++room) everybody("join", room);
  server.settle();
  EXPECT_EQ(server.counters("socketio").own[kMemberships].get(), 9'000U);
  clients[1]->leave();
  clients.erase(clients.begin() + 1);
  for (int room = 0; room < 3'000; room += 2) everybody("leave", room);
  EXPECT_EQ(server.counters("socketio").own[kMemberships].get(), 3'000U);
  for (MemoryConnection* client : clients) client->taken.clear();
  server.settle();
  for (MemoryConnection* client : clients) client->taken.clear();
  server.say("2998", "to nobody");
  server.say("2999", "to both");
  server.settle();
  for (MemoryConnection* client : clients) {
    EXPECT_EQ(client->taken.find("to nobody"), std::string::npos);
    EXPECT_NE(client->taken.find(R"(42["message","to both",{"room":"2999","sequence":1}])"), std::string::npos);
    client->leave();
  }
  server.settle();
  EXPECT_EQ(server.counters("socketio").own[kMemberships].get(), 0U);
  MemoryConnection& stats = server.get("/stats?topics=0");
  server.settle();
  EXPECT_EQ(nlohmann::json::parse(response_of(stats.taken).body)["topics_total"], 2) << "those with messages";
}

TEST(SocketIo, StatsListSocketsWithTheirRoomsAndTransports) {
  MemoryServer server;
  MemoryConnection& client = connect_websocket(server, "&topic=%ff");
  say(client, R"(42["join","a \"room\""])");
  Poller other(server);
  server.settle();
  const auto listed = nlohmann::json::parse("[" + server.counters("socketio").list.get() + "]");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["id"].get<std::string>().size(), 20U);
  EXPECT_EQ(listed[0]["namespace"], "/");
  EXPECT_EQ(listed[0]["transport"], "websocket");
  EXPECT_EQ(listed[0]["topic"], "?");
  EXPECT_EQ(listed[0]["rooms"], nlohmann::json::array({"a \"room\""}));
  EXPECT_EQ(listed[1]["transport"], "polling");
  EXPECT_EQ(listed[1]["topic"], "t");
  EXPECT_EQ(listed[1]["memberships"], 0);
  client.leave();
  other.post("41");
  server.settle();
  EXPECT_EQ(server.counters("socketio").list.get(), "");
}

TEST(SocketIo, StatsListNoMoreThanTheFirstHundredClients) {
  MemoryServer server;
  const auto listed = [&] {
    server.settle();
    return nlohmann::json::parse("[" + server.counters("socketio").list.get() + "]").size();
  };
  MemoryConnection& first = connect_websocket(server);
  for (int i = 1; i < 103; ++i) connect_websocket(server);
  EXPECT_EQ(listed(), 100U);
  first.leave();
  EXPECT_EQ(listed(), 100U);  // the next one takes its place
}

TEST(SocketIo, AnUnansweredPingEndsTheSessionOnTime) {
  Options options;
  options.ping_interval = milliseconds(300);
  options.ping_timeout = milliseconds(200);
  MemoryServer server(options);
  MemoryConnection& client = connect_websocket(server);
  server.clock += milliseconds(300);
  server.tick("socketio");
  EXPECT_EQ(got(server, client).back(), "2");
  say(client, "3");
  server.clock += milliseconds(299);
  server.tick("socketio");
  EXPECT_TRUE(client.open);
  server.clock += milliseconds(1);
  server.tick("socketio");
  server.clock += milliseconds(199);
  server.tick("socketio");
  EXPECT_TRUE(client.open);
  server.clock += milliseconds(1);
  server.tick("socketio");
  EXPECT_FALSE(client.open);
  EXPECT_EQ(server.counters("socketio").own[kSockets].get(), 0U);
  EXPECT_EQ(server.ticks.size(), MemoryServer(options).ticks.size());  // nobody is left to look after
}

TEST(SocketIo, WhatDoesNotComeForItsMessagesIsBounded) {
  Options options;
  options.queue = 1'000;
  MemoryServer server(options);
  Poller client(server);
  client.poll();
  client.post(R"(42["join","room"])");
  for (int i = 0; i < 20; ++i) server.say("room", std::string(100, 'x'));
  server.settle();
  EXPECT_EQ(server.all_stats.disconnected_slow.get(), 1U);
  EXPECT_EQ(server.counters("socketio").own[kMemberships].get(), 0U);
  MemoryConnection& late = client.get();
  EXPECT_EQ(client.answer(late), R"({"code":1,"message":"Session ID unknown"})");
}

// Both ends count milliseconds in 32 bits: a timer of a browser ends at 2^31.
TEST(SocketIo, TimesLongerThanABrowsersTimersEndNobodyAndStayWithinThem) {
  Options options;
  options.ping_interval = options.ping_timeout = options.connect_timeout = std::chrono::hours(1'000);
  MemoryServer server(options);
  MemoryConnection& idle = server.get(target("&transport=websocket&topic=t"), kUpgrade);  // connects to no namespace
  const std::string open = got(server, idle).front();
  const nlohmann::json told = nlohmann::json::parse(open.substr(1));
  const auto milliseconds_of = [&](const char* name) { return told[name].get<std::int64_t>(); };
  EXPECT_LE(milliseconds_of("pingInterval") + milliseconds_of("pingTimeout"), INT32_MAX);
  EXPECT_GE(milliseconds_of("pingInterval"), 12 * 86'400'000LL);
  MemoryConnection& client = connect_websocket(server);
  for (const int hours : {0, 1, 24, 12 * 24 - 25}) {
    server.clock += std::chrono::hours(hours);
    server.tick("socketio");
    EXPECT_TRUE(client.open && idle.open) << hours;
  }
  EXPECT_NE(got(server, client).back(), "2") << "the first ping is due after twelve days";
  server.clock += milliseconds(milliseconds_of("pingInterval"));
  server.tick("socketio");
  EXPECT_EQ(got(server, client).back(), "2");
  EXPECT_TRUE(client.open);
}

TEST(SocketIo, AnAcknowledgementThatNobodyAskedForIsNotSentBack) {
  MemoryServer server;
  MemoryConnection& client = connect_websocket(server);
  const std::size_t before = got(server, client).size();
  say(client, R"(437["nobody asked"])");
  say(client, R"(427["ask","why"])");
  say(client, R"(438["another id"])");
  say(client, R"(437["because"])");
  say(client, R"(437["once more"])");
  say(client, R"(42["ask","and without an id"])");
  say(client, R"(430["not this one either"])");
  const Messages all = got(server, client);
  EXPECT_EQ(Messages(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()),
            (Messages{R"(427["ask","why"])", R"(437["because"])", R"(42["ask","and without an id"])"}));
  EXPECT_TRUE(client.open);
}

TEST(SocketIo, AClientThatAsksAndNeverAnswersIsToldSoAtABound) {
  MemoryServer server;
  MemoryConnection& client = connect_websocket(server);
  for (int i = 0; i < 2'000; ++i) say(client, "42" + std::to_string(i) + R"(["ask"])");
  EXPECT_TRUE(got(server, client).back().starts_with(R"(431999[{"error":)")) << got(server, client).back();
  EXPECT_TRUE(client.open);
}

TEST(SocketIo, APlaceholderWithoutItsAttachmentEndsTheConnection) {
  for (const char* event :
       {R"(451-["ask",{"_placeholder":true,"num":1}])", R"(451-["ask",{"_placeholder":true,"num":-1}])",
        R"(451-["ask",{"_placeholder":true}])", R"(451-7["ask",[{"a":{"_placeholder":true,"num":5}}]])",
        R"(461-7[{"_placeholder":true,"num":1}])",
        R"(451-["ask",{"_placeholder":false,"_placeholder":true,"num":0,"num":9}])"}) {
    MemoryServer server;
    MemoryConnection& client = connect_websocket(server);
    const Messages before = got(server, client);
    say(client, event);
    std::string attachment;
    wire::websocket::append_masked_frame(attachment, Opcode::kBinary, "x", 0x12345678);
    client.feed(attachment);
    EXPECT_FALSE(client.open) << event;
    Messages expected = before;
    expected.push_back("[close 1000]");
    EXPECT_EQ(got(server, client), expected) << event;
  }
}

TEST(SocketIo, JsonNestedDeeperThanSixtyFourEndsTheConnection) {
  for (const int depth : {64, 65}) {
    MemoryServer server;
    MemoryConnection& client = connect_websocket(server);
    say(client, "42[\"ask\"," + std::string(static_cast<std::size_t>(depth - 1), '[') +
                    std::string(static_cast<std::size_t>(depth - 1), ']') + "]");
    EXPECT_EQ(client.open, depth == 64);
  }
}

TEST(SocketIo, AHandshakeOfAnotherVersionOfWebSocketIsToldTheOneThatIsSpoken) {
  MemoryServer server({.conformance = true});
  const std::string other =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  for (const std::string path : {"/socket.io/", "/engine.io/"}) {
    for (const char* version :
         {"", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n"}) {
      MemoryConnection& client = server.get(path + "?EIO=4&transport=websocket", other + version);
      server.settle();
      const PlainResponse response = response_of(client.taken);
      EXPECT_EQ(response.status, 400);
      EXPECT_NE(response.head.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos) << response.head;
    }
  }
}

TEST(SocketIo, WhatAnIdleClientKeepsIsSmall) {
  EXPECT_LE(sizeof(SocketIoClient) + sizeof(EngineSocket), 400U);
}

}  // namespace
}  // namespace server
