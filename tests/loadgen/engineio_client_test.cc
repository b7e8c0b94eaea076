// The transports of a `socketio` session: polling, and the way from there to a WebSocket.
#include "socketio_fixture.h"

namespace loadgen {
namespace {

class EngineIo : public SocketIoSession {};

TEST_P(EngineIo, PollsWithOneGetAndOnePostAtATime) {
  ScriptedServer server("socketio", {{"transport", "polling"}}, GetParam());
  const std::string first = server.accept(0);
  EXPECT_TRUE(asks(first, "GET", "polling", false)) << first;
  server.answer(0, kOpen);
  ASSERT_EQ(server.connections.size(), 2U);
  const std::string second = server.connection(0).take();
  EXPECT_TRUE(asks(second, "GET", "polling")) << second;
  const std::string connect = server.accept(1);
  EXPECT_TRUE(asks(connect, "POST", "polling")) << connect;
  EXPECT_NE(connect.find("\r\nContent-Type: text/plain;charset=UTF-8\r\n"), std::string::npos);
  EXPECT_NE(connect.find("\r\nContent-Length: 2\r\n"), std::string::npos);
  EXPECT_EQ(body_of(connect), "40");
  server.answer(0, kConnected + kSeparator + "2" + kSeparator + R"(42["message","a"])" + kSeparator +
                       R"(451-["message",{"_placeholder":true,"num":0}])" + kSeparator + "bAQIe");
  EXPECT_EQ(server.log, (Texts{"subscribed", "a", "binary:\x01\x02\x1e"}));
  EXPECT_TRUE(asks(server.connection(0).take(), "GET", "polling"));
  EXPECT_EQ(server.connection(1).take(), "") << "one POST at a time";
  server.session->publish("x", true);
  server.session->publish("y", false);
  server.answer(1, "ok");
  EXPECT_EQ(body_of(server.connection(1).take()), "3" + kSeparator + R"(42["publish","x"])" + kSeparator +
                                                      R"(451-["publish",{"_placeholder":true,"num":0}])" + kSeparator +
                                                      "beQ==");
  server.answer(1, "ok");
  EXPECT_EQ(server.connections.size(), 2U);
}

TEST_P(EngineIo, KeepsABodyBelowMaxPayload) {
  ScriptedServer server("socketio", {{"transport", "polling"}}, GetParam());
  server.accept(0);
  server.answer(0, R"(0{"sid":"s","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":40})");
  server.answer(0, kConnected);
  for (const char* message : {"1", "2", "3"}) server.session->publish(message, true);
  server.session->publish(std::string(50, 'x'), true);
  EXPECT_EQ(body_of(server.accept(1)), "40");
  server.answer(1, "ok");
  EXPECT_EQ(body_of(server.connection(1).take()), R"(42["publish","1"])" + kSeparator + R"(42["publish","2"])");
  server.answer(1, "ok");
  EXPECT_EQ(body_of(server.connection(1).take()), R"(42["publish","3"])");
  server.answer(1, "ok");
  EXPECT_EQ(body_of(server.connection(1).take()).size(), 66U) << "too large for any body: the server says so";
}

TEST_P(EngineIo, OpensAnIdleConnectionAnewAndFailsWhereAnAnswerWasDue) {
  const auto server = on_polling();
  server->leave(1);
  server->session->publish("x", true);
  ASSERT_EQ(server->connections.size(), 3U);
  EXPECT_EQ(body_of(server->accept(2)), R"(42["publish","x"])");
  server->leave(0);
  EXPECT_EQ(server->log, (Texts{"subscribed", "fail closed: the server closed the connection before it answered"}));
}

TEST_P(EngineIo, UpgradesAsTheOfficialClientDoes) {
  const auto server = on_polling("upgrade");
  ASSERT_EQ(server->connections.size(), 3U);
  const std::string request = server->accept(2);
  EXPECT_TRUE(asks(request, "GET", "websocket")) << request;
  server->upgrade(2, request);
  EXPECT_EQ(server->frames(2), Texts{"2probe"});
  server->answer(0, R"(42["message","during the probe"])");
  EXPECT_TRUE(asks(server->connection(0).take(), "GET", "polling"));
  server->session->publish("before", true);
  EXPECT_EQ(body_of(server->connection(1).take()), R"(42["publish","before"])");
  server->frame(2, "3probe");
  server->session->publish("held back", true);
  server->session->publish("bytes", false);
  EXPECT_EQ(server->frames(2), Texts{}) << "polling has not come to its end";
  server->answer(0, R"(42["message","the last of polling"])" + kSeparator + "6");
  EXPECT_EQ(server->connection(0).take(), "") << "no GET after that";
  EXPECT_EQ(server->frames(2), Texts{}) << "the POST has no answer yet";
  server->answer(1, "ok");
  EXPECT_EQ(server->frames(2), (Texts{"5", R"(42["publish","held back"])",
                                      R"(451-["publish",{"_placeholder":true,"num":0}])", "binary:bytes"}));
  EXPECT_TRUE(server->connection(0).closed);
  EXPECT_TRUE(server->connection(1).closed);
  server->frame(2, R"(42["message","on the WebSocket"])");
  server->frame(2, "2");
  EXPECT_EQ(server->frames(2), Texts{"3"});
  EXPECT_EQ(server->log, (Texts{"subscribed", "during the probe", "the last of polling", "on the WebSocket"}));
}

TEST_P(EngineIo, HoldsOneAnswerForAServerThatPingsAndDoesNotRead) {
  const auto socket = on_websocket();
  socket->connection(0).backed_up = true;
  for (int i = 0; i < 1'000; ++i) socket->frame(0, "2" + std::to_string(i));
  EXPECT_EQ(socket->frames(0), Texts{});
  socket->drain(0);
  EXPECT_EQ(socket->frames(0), Texts{"3999"});
  socket->frame(0, "2");
  EXPECT_EQ(socket->frames(0), Texts{"3"});
  const auto polling = on_polling();
  polling->answer(0, "2first");
  EXPECT_EQ(body_of(polling->connection(1).take()), "3first");
  for (int i = 0; i < 1'000; ++i) polling->answer(0, "2" + std::to_string(i));
  EXPECT_EQ(polling->connection(1).take(), "") << "the POST has no answer yet";
  polling->answer(1, "ok");
  EXPECT_EQ(body_of(polling->connection(1).take()), "3999");
}

TEST_P(EngineIo, FailsWhenTheServerAsksForAcknowledgementsAndAnswersNoPost) {
  const auto server = on_polling();
  const std::string event = R"(427["x",")" + std::string(10'000, 'x') + R"("])";
  for (int i = 0; i < 200'000 && server->log.size() == 1; ++i) server->answer(0, event);
  EXPECT_EQ(server->log, (Texts{"subscribed", "fail timeout: the server does not answer what is posted"}));
}

TEST_P(EngineIo, UpgradesBeforeTheNamespaceIsConnected) {
  ScriptedServer server("socketio", {}, GetParam());
  server.accept(0);
  server.answer(0, kOpen);
  ASSERT_EQ(server.connections.size(), 3U);
  server.upgrade(2, server.accept(2));
  server.frame(2, "3probe");
  server.answer(0, "6");
  EXPECT_EQ(body_of(server.accept(1)), "40");
  server.answer(1, "ok");
  EXPECT_EQ(server.frames(2), (Texts{"2probe", "5"}));
  server.frame(2, kConnected);
  EXPECT_EQ(server.log, Texts{"subscribed"});
}

TEST_P(EngineIo, StaysWithPollingWhenTheProbeFails) {
  const auto goes_on = [](ScriptedServer& server) {
    server.answer(0, R"(42["message","polled"])");
    EXPECT_TRUE(asks(server.connection(0).take(), "GET", "polling"));
    server.session->publish("x", true);
    EXPECT_EQ(body_of(server.connection(1).take()), R"(42["publish","x"])");
    EXPECT_EQ(server.log, (Texts{"subscribed", "polled"}));
    EXPECT_TRUE(server.connection(2).closed);
  };
  const auto refused = on_polling("upgrade");
  refused->accept(2);
  refused->answer(2, "no", "400 Bad Request");
  goes_on(*refused);
  const auto gone = on_polling("upgrade");
  gone->upgrade(2, gone->accept(2));
  gone->leave(2);
  goes_on(*gone);
  const auto wrong = on_polling("upgrade");
  wrong->upgrade(2, wrong->accept(2));
  wrong->frame(2, "3prune");
  goes_on(*wrong);
  const auto closed = on_polling("upgrade");
  closed->upgrade(2, closed->accept(2));
  closed->frame(2, wire::websocket::close_payload(1011, ""), Opcode::kClose);
  goes_on(*closed);
}

TEST_P(EngineIo, GoesBackToPollingWhenTheWebSocketBreaksWhilePollingComesToItsEnd) {
  const auto waiting = on_polling("upgrade");
  waiting->upgrade(2, waiting->accept(2));
  waiting->frame(2, "3probe");
  waiting->session->publish("held back", true);
  waiting->leave(2);
  EXPECT_EQ(waiting->connection(0).take(), "") << "the GET is still out";
  EXPECT_EQ(body_of(waiting->connection(1).take()), R"(42["publish","held back"])");
  const auto answered = on_polling("upgrade");
  answered->upgrade(2, answered->accept(2));
  answered->session->publish("x", true);
  answered->connection(1).take();
  answered->frame(2, "3probe");
  answered->answer(0, "6");
  answered->leave(2);
  EXPECT_TRUE(asks(answered->connection(0).take(), "GET", "polling"));
}

TEST_P(EngineIo, FailsWhenTheServerClosesDuringTheUpgrade) {
  const auto server = on_polling("upgrade");
  server->upgrade(2, server->accept(2));
  server->frame(2, "3probe");
  server->answer(0, "1");
  EXPECT_EQ(server->log, (Texts{"subscribed", "fail closed: the server closed the Engine.IO session"}));
  const auto before = on_polling("upgrade");
  before->leave(0);
  EXPECT_EQ(before->log.back(), "fail closed: the server closed the connection before it answered");
}

TEST_P(EngineIo, DoesNotUpgradeWhereTheServerDoesNotOfferIt) {
  ScriptedServer server("socketio", {}, GetParam());
  server.accept(0);
  server.answer(0, R"(0{"sid":"s","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":40})");
  EXPECT_EQ(server.connections.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Pieces, EngineIo, kPieces, piece_name);

}  // namespace
}  // namespace loadgen
