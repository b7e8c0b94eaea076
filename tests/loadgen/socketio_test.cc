// The `socketio` session: what is said and heard, whichever transport carries it.
#include <gtest/gtest.h>

#include "../wire/allocations.h"
#include "socketio_fixture.h"

namespace loadgen {
namespace {

class SocketIo : public SocketIoSession {};

TEST_P(SocketIo, ConnectsOverAWebSocket) {
  ScriptedServer server("socketio", {{"transport", "websocket"}, {"auth", R"({"token":"x"})"}}, GetParam());
  const std::string request = server.accept(0);
  EXPECT_TRUE(asks(request, "GET", "websocket", false)) << request;
  server.upgrade(0, request);
  EXPECT_EQ(server.frames(0), Texts{});
  server.frame(0, kOpen);
  EXPECT_EQ(server.frames(0), Texts{R"(40{"token":"x"})"});
  EXPECT_EQ(server.log, Texts{});
  server.frame(0, kConnected);
  EXPECT_EQ(server.log, Texts{"subscribed"});
}

TEST_P(SocketIo, ConnectsToANamespace) {
  ScriptedServer server("socketio", {{"transport", "websocket"}, {"namespace", "/chat"}}, GetParam());
  server.upgrade(0, server.accept(0));
  server.frame(0, kOpen);
  EXPECT_EQ(server.frames(0), Texts{"40/chat,"});
  server.frame(0, kConnected);  // of another namespace
  server.frame(0, R"(40/chat,{"sid":"c"})");
  server.frame(0, R"(42/chat,["message","a"])");
  server.frame(0, R"(42["message","b"])");
  EXPECT_EQ(server.log, (Texts{"subscribed", "a"}));
}

TEST_P(SocketIo, FindsTheMessageWhereverItStands) {
  const auto server = on_websocket();
  server->frame(0, R"(42["message","plain"])");
  server->frame(0, R"(42["message","two\nlines \"\u00e4\ud83d\ude00\""])");
  server->frame(0, R"(42["other","not counted"])");
  server->frame(0, R"(42["message",{"room":"r","text":"~pb1"},1])");
  server->frame(0, R"(42["message"])");
  server->frame(0, R"(42["message","first","second"])");
  EXPECT_EQ(server->log, (Texts{"subscribed", "plain", "two\nlines \"\xc3\xa4\xf0\x9f\x98\x80\"",
                                R"(["message",{"room":"r","text":"~pb1"},1])", R"(["message"])",
                                R"(["message","first","second"])"}));
}

TEST_P(SocketIo, TakesTheAttachmentsOfABinaryEvent) {
  const auto server = on_websocket();
  server->frame(0, R"(451-["message",{"_placeholder":true,"num":0}])");
  server->frame(0, Bytes("\0\1\x1e", 3), Opcode::kBinary);
  server->frame(0, R"(452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  server->frame(0, "no marker", Opcode::kBinary);
  server->frame(0, "~pb1 marker", Opcode::kBinary);
  server->frame(0, R"(42["message","after"])");
  EXPECT_EQ(server->log, (Texts{"subscribed", "binary:" + std::string("\0\1\x1e", 3), "binary:~pb1 marker", "after"}));
}

TEST_P(SocketIo, AnswersPingsAndAcknowledgesEventsAtOnce) {
  const auto server = on_websocket();
  server->frame(0, "2");
  server->frame(0, R"(4217["message","a"])");
  server->frame(0, R"(42["question"])");
  EXPECT_EQ(server->frames(0), (Texts{"3", "4317[]"}));
}

TEST_P(SocketIo, FailsWhenTheServerFallsSilent) {
  const auto server = on_websocket();
  EXPECT_EQ(server->wake_after_, std::chrono::milliseconds(500));
  server->wake();
  ASSERT_TRUE(server->wake_after_) << "a heartbeat may lie unread in the socket";
  server->frame(0, "2");
  server->wake();
  EXPECT_EQ(server->log, Texts{"subscribed"});
  server->wake();
  EXPECT_EQ(server->log, (Texts{"subscribed",
                                "fail timeout: no ping from the server for 500ms, which is its "
                                "pingInterval + pingTimeout"}));
}

TEST_P(SocketIo, PublishesWithAndWithoutAcknowledgement) {
  const auto plain = on_websocket();
  EXPECT_TRUE(plain->session->publish("say \"hello\"", true));
  EXPECT_TRUE(plain->session->publish("bytes", false));
  EXPECT_EQ(plain->frames(0), (Texts{R"(42["publish","say \"hello\""])",
                                     R"(451-["publish",{"_placeholder":true,"num":0}])", "binary:bytes"}));
  EXPECT_EQ(plain->counts().sent.payload, 16U);
  const auto server = on_websocket({{"ack", "true"}, {"emit", "say"}});
  server->session->publish("a", true);
  server->session->publish("b", true);  // its round trip is not kept: one at a time
  EXPECT_EQ(server->frames(0), (Texts{R"(420["say","a"])", R"(421["say","b"])"}));
  server->frame(0, "431[]");
  server->frame(0, R"(430["ok",1])");
  server->session->publish("c", true);
  server->frame(0, "432[]");
  EXPECT_EQ(server->log, (Texts{"subscribed", "begin", "end", "begin", "end"}));
}

TEST_P(SocketIo, RecoversWhatItMissedWhereTheServerOffersIt) {
  const auto server = on_websocket({{"auth", R"({"token":"x"})"}}, R"(40{"sid":"c","pid":"p"})");
  server->frame(0, R"(42["message","a","o-1"])");
  server->frame(0, R"(42["other","o-2"])");
  server->leave(0);
  server->session->start();
  server->upgrade(1, server->accept(1));
  server->frame(1, kOpen);
  EXPECT_EQ(server->frames(1), Texts{R"(40{"pid":"p","offset":"o-2","token":"x"})"});
  server->frame(1, R"(40{"sid":"c","pid":"p"})");
  server->frame(1, R"(42["message","missed","o-3"])");
  EXPECT_EQ(server->log,
            (Texts{"subscribed", "a", "fail closed: the server closed the connection without a close frame",
                   "subscribed", "missed"}));
  server->leave(1);
  server->session->start();
  server->upgrade(2, server->accept(2));
  server->frame(2, kOpen);
  server->frame(2, R"(40{"sid":"d","pid":"q"})");  // it has forgotten: nothing of the old log holds
  server->leave(2);
  server->session->start();
  server->upgrade(3, server->accept(3));
  server->frame(3, kOpen);
  EXPECT_EQ(server->frames(3), Texts{R"(40{"token":"x"})"});
}

TEST_P(SocketIo, DoesNotComeAgainWhenItIsRefusedOrDisconnected) {
  const auto refused = on_websocket({}, R"(44{"message":"not for \"you\""})");
  EXPECT_EQ(refused->log, Texts{R"(give up status: the server refused the namespace /: not for "you")"});
  const auto gone = on_websocket();
  gone->frame(0, "41");
  EXPECT_EQ(gone->log,
            (Texts{"subscribed", "give up closed: the server disconnected the client from the namespace /"}));
}

TEST_P(SocketIo, ComesAgainAfterEveryOtherEnd) {
  const auto closed = on_websocket();
  closed->frame(0, "1");
  EXPECT_EQ(closed->log.back(), "fail closed: the server closed the Engine.IO session");
  const auto away = on_websocket();
  away->frame(0, wire::websocket::close_payload(1001, "bye"), Opcode::kClose);
  EXPECT_EQ(away->log.back(), "fail closed: the server closed the WebSocket: 1001 bye");
  const auto left = on_websocket();
  left->leave(0);
  EXPECT_EQ(left->log.back(), "fail closed: the server closed the connection without a close frame");
}

TEST_P(SocketIo, RefusesPacketsThatTheProtocolDoesNotKnow) {
  for (const char* packet : {"", "7", "x", "3", "5", "4", "48", R"(42{"a":1})", "42[", "451-[\"a\"", "45[\"a\"]",
                             "40[]", R"(0{"sid":"t","upgrades":[],"pingInterval":1,"pingTimeout":1})"}) {
    const auto server = on_websocket();
    server->frame(0, packet);
    ASSERT_EQ(server->log.size(), 2U) << packet;
    EXPECT_TRUE(server->log.back().starts_with("fail protocol: ")) << packet << ": " << server->log.back();
  }
  const auto stray = on_websocket();
  stray->frame(0, "bytes", Opcode::kBinary);
  EXPECT_TRUE(stray->log.back().starts_with("fail protocol: ")) << stray->log.back();
  for (const char* first : {"6", "2", "40", "0", "0{}", R"(0{"sid":"","upgrades":[],"pingInterval":1,"pingTimeout":1})",
                            R"(0{"sid":"a","upgrades":[],"pingInterval":-1,"pingTimeout":1})"}) {
    ScriptedServer server("socketio", {{"transport", "polling"}}, GetParam());
    server.accept(0);
    server.answer(0, first);
    ASSERT_EQ(server.log.size(), 1U) << first;
    EXPECT_TRUE(server.log.back().starts_with("fail protocol: ")) << first << ": " << server.log.back();
  }
}

TEST_P(SocketIo, SaysWhyAServerRefusesASession) {
  ScriptedServer server("socketio", {{"transport", "polling"}}, GetParam());
  server.accept(0);
  server.answer(0, R"({"code":5,"message":"Unsupported protocol version"})", "400 Bad Request");
  ASSERT_EQ(server.log.size(), 1U);
  EXPECT_TRUE(server.log[0].starts_with("fail status: HTTP 400 Bad Request: {")) << server.log[0];
  ScriptedServer silent("socketio", {{"transport", "polling"}}, GetParam());
  silent.accept(0);
  silent.answer(0, "", "503 Service Unavailable");
  EXPECT_EQ(silent.log, Texts{"fail status: HTTP 503 Service Unavailable"});
}

TEST_P(SocketIo, CountsHeadsAndPayloadApart) {
  const auto server = on_websocket();
  const SessionCounts before = server->counts();
  EXPECT_GT(before.sent.http, 0U);
  EXPECT_GT(before.received.http, 0U);
  EXPECT_EQ(before.requests, 1U);
  server->session->publish("12345", true);
  server->frame(0, R"(42["message","a"])");
  EXPECT_EQ(server->counts().sent.http, before.sent.http);
  EXPECT_EQ(server->counts().received.http, before.received.http);
  const auto polling = on_polling();
  EXPECT_EQ(polling->counts().requests, 4U);
}

TEST_P(SocketIo, CountsPingsAndPongsAsHeartbeatOverEitherTransport) {
  const auto server = on_websocket();
  const SessionCounts before = server->counts();
  server->frame(0, "2");
  EXPECT_EQ(server->counts().received.heartbeat - before.received.heartbeat, 3U);
  EXPECT_EQ(server->counts().sent.heartbeat - before.sent.heartbeat, 7U);
  EXPECT_EQ(server->counts().received.payload, before.received.payload);
  const auto polling = on_polling();
  polling->answer(0, "2");
  EXPECT_EQ(polling->counts().received.heartbeat, 1U);
  EXPECT_EQ(polling->counts().sent.heartbeat, 1U);
}

// The path of a message, over the WebSocket and over polling.
TEST(SocketIoMemory, AllocatesNothingForAMessageThatArrivesWhole) {
  ScriptedServer server("socketio", {{"transport", "websocket"}});
  server.upgrade(0, server.accept(0));
  server.frame(0, kOpen);
  server.frame(0, kConnected);
  server.keep_log = false;
  std::string read;
  const std::string event = R"(42["message",")" + std::string(200, 'x') + R"("])";
  for (int i = 0; i < 3; ++i) wire::websocket::append_frame(read, Opcode::kText, event);
  const auto take = [&] { server.session->on_bytes(server.connection(0), read); };
  take();
  const std::uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) take();
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(server.delivered, 303U);
}

TEST(SocketIoMemory, AllocatesNothingForAPollThatIsAnsweredWhole) {
  ScriptedServer server("socketio", {{"transport", "polling"}});
  server.accept(0);
  server.answer(0, kOpen);
  server.accept(1);
  server.answer(1, "ok");
  server.answer(0, kConnected);
  server.keep_log = false;
  const std::string event = R"(42["message",")" + std::string(200, 'x') + R"("])";
  const std::string body = event + kSeparator + event;
  const std::string read = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto take = [&] {
    server.connection(0).sent.clear();
    server.session->on_bytes(server.connection(0), read);
  };
  take();
  const std::uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) take();
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(server.delivered, 202U);
}

INSTANTIATE_TEST_SUITE_P(Pieces, SocketIo, kPieces, piece_name);

}  // namespace
}  // namespace loadgen
