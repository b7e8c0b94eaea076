// The `websocket` session against a server written by hand, whole and in pieces: what RFC 6455 asks of a client once
// the handshake is over.
#include <gtest/gtest.h>

#include "scripted_server.h"
#include "wire/websocket/reader.h"

namespace loadgen {
namespace {

using wire::websocket::append_frame;
using wire::websocket::FrameBits;
using wire::websocket::Opcode;

std::string frame(Opcode opcode, Bytes payload, FrameBits bits = {}) {
  std::string out;
  append_frame(out, opcode, payload, bits);
  return out;
}

std::string close_frame(int code, const std::string& reason = {}) {
  return frame(Opcode::kClose, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason);
}

// What the client has said, close codes included.
Texts said(ScriptedServer& server) {
  struct Collect final : wire::websocket::Reader::Handler {
    Texts all;
    void on_message(Opcode, Bytes payload) override { all.emplace_back(payload); }
    void on_ping(Bytes payload) override { all.push_back("ping(" + std::string(payload) + ")"); }
    void on_pong(Bytes payload) override { all.push_back("pong(" + std::string(payload) + ")"); }
    void on_close(std::uint16_t code, Bytes) override { all.push_back("close " + std::to_string(code)); }
  } collect;
  wire::websocket::Reader reader(wire::websocket::Reader::Role::kServer);
  if (reader.feed(server.connection(0).take(), collect) != 0) collect.all.push_back(reader.error_text());
  return collect.all;
}

class WebSocketClient : public testing::TestWithParam<std::size_t> {
 protected:
  // Opens, gives `stream`, and expects what the client delivers and says; `over`: it has left the connection to the
  // server's end.
  static void expect(const std::string& stream, Texts delivered, const Texts& answers, bool over) {
    SCOPED_TRACE(testing::PrintToString(stream.substr(0, 40)));
    ScriptedServer server("websocket", {}, GetParam());
    server.upgrade(0, server.accept(0));
    server.give(0, stream);
    delivered.insert(delivered.begin(), "subscribed");
    Texts log = server.log;
    if (over && !log.empty()) log.pop_back();  // how the session ended
    EXPECT_EQ(log, delivered);
    EXPECT_EQ(said(server), answers);
    EXPECT_EQ(server.connection(0).left_to_peer, over);
  }
  static void expect_failed(const std::string& stream, int code, const Texts& delivered = {}, Texts answers = {}) {
    answers.push_back("close " + std::to_string(code));
    expect(stream, delivered, answers, true);
  }
};

TEST_P(WebSocketClient, CountsWhatItSendsAsItIsBeforeCompressionAndApartFromThatAsItTravels) {
  for (const char* deflate : {"on", "no-context-takeover"}) {
    ScriptedServer server("websocket", {{"deflate", deflate}}, GetParam());
    const std::string request = server.accept(0);
    const std::string alone = "; server_no_context_takeover; client_no_context_takeover";
    server.upgrade(0, request,
                   "Sec-WebSocket-Extensions: permessage-deflate" + (deflate == Bytes("on") ? "" : alone) + "\r\n");
    const std::string long_one(1'000, 'x'), short_one(10, 'x');
    ASSERT_TRUE(server.session->publish(long_one, true));
    ASSERT_TRUE(server.session->publish(short_one, true));
    const ByteCount& sent = server.counts().sent;
    EXPECT_EQ(sent.payload, 1'010U);
    EXPECT_EQ(sent.decoded, 1'000U) << "the other is not worth it";
    EXPECT_GT(sent.encoded, 0U);
    EXPECT_LT(sent.encoded, 100U);
    const std::size_t frames = 2 * (2 + 4) + sent.encoded + short_one.size();  // head and masking key
    EXPECT_EQ(server.connection(0).take().size(), frames);
  }
}

TEST_P(WebSocketClient, TakesMessagesOfEveryLengthForm) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 65'535, 65'536}) {
    const std::string text(size, 'x');
    expect(frame(Opcode::kText, text), {text}, {}, false);
    expect(frame(Opcode::kBinary, text), {"binary:" + text}, {}, false);
  }
}

TEST_P(WebSocketClient, AnswersEveryPingBetweenTheFragmentsOfAMessage) {
  const std::string stream = frame(Opcode::kText, "one ", {.fin = false}) + frame(Opcode::kPing, "p") +
                             frame(Opcode::kContinuation, "two ", {.fin = false}) + frame(Opcode::kPong, "unasked") +
                             frame(Opcode::kPing, "") + frame(Opcode::kContinuation, "three");
  expect(stream, {"one two three"}, {"pong(p)", "pong()"}, false);
}

// RFC 6455 section 5.5.3: of pings that are not answered yet, the latest is enough.
TEST_P(WebSocketClient, HoldsOneAnswerForAServerThatPingsAndDoesNotRead) {
  ScriptedServer server("websocket", {}, GetParam());
  server.upgrade(0, server.accept(0));
  server.connection(0).backed_up = true;
  for (int i = 0; i < 1'000; ++i) server.give(0, frame(Opcode::kPing, std::to_string(i)));
  EXPECT_EQ(said(server), Texts{});
  server.drain(0);
  EXPECT_EQ(said(server), Texts{"pong(999)"});
  EXPECT_EQ(server.counts().sent.heartbeat, 2U + 4 + 3) << "what was sent";
  server.give(0, frame(Opcode::kPing, "again"));
  EXPECT_EQ(said(server), Texts{"pong(again)"});
}

TEST(WebSocketPings, AnswersTheFirstAndTheLastOfManyPingsInARead) {
  ScriptedServer server("websocket");
  server.upgrade(0, server.accept(0));
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += frame(Opcode::kPing, std::to_string(i));
  server.give(0, pings);
  EXPECT_EQ(said(server), (Texts{"pong(0)", "pong(999)"}));
}

TEST_P(WebSocketClient, JoinsALargeMessageOfManyFragments) {
  const std::string whole(65'536, '*');
  std::string stream;
  for (std::size_t at = 0; at < whole.size(); at += 1'300) {
    stream += frame(at == 0 ? Opcode::kText : Opcode::kContinuation, Bytes(whole).substr(at, 1'300),
                    {.fin = at + 1'300 >= whole.size()});
  }
  expect(stream, {whole}, {}, false);
}

TEST_P(WebSocketClient, EndsWith1002WhatSection5Forbids) {
  for (const unsigned first : {0x83u, 0x87u, 0x8bu, 0x8fu, 0xc1u, 0xa1u, 0x91u, 0xf9u}) {
    std::string bad = frame(Opcode::kText, "x");
    bad[0] = static_cast<char>(first);
    expect_failed(frame(Opcode::kText, "good") + bad, 1002, {"good"});
  }
  expect_failed(frame(Opcode::kPing, "p", {.fin = false}), 1002);
  expect_failed(frame(Opcode::kPing, std::string(126, 'p')), 1002);
  expect_failed(frame(Opcode::kContinuation, "x"), 1002);
  expect_failed(frame(Opcode::kText, "a", {.fin = false}) + frame(Opcode::kText, "b"), 1002);
  std::string masked;
  wire::websocket::append_masked_frame(masked, Opcode::kText, "x", 0x12345678);
  expect_failed(masked, 1002);
}

TEST_P(WebSocketClient, EndsWith1007TextThatIsNotUtf8AsSoonAsItIsSeen) {
  expect_failed(frame(Opcode::kText, "\xce\xba\xed\xa0\x80"), 1007);
  expect_failed(frame(Opcode::kText, "ok", {.fin = false}) + frame(Opcode::kContinuation, "\xf4\x90\x80\x80"), 1007);
  const std::string unfinished = frame(Opcode::kText, std::string(100, 'x') + "\xf4\x90" + std::string(900, 'y'));
  expect_failed(unfinished.substr(0, 110), 1007);
}

TEST_P(WebSocketClient, AnswersACloseWithItsCodeAndLeavesTheConnectionToTheServer) {
  const std::string late = frame(Opcode::kText, "late") + frame(Opcode::kPing, "late");
  expect_failed(close_frame(1000) + late, 1000);
  for (const int code : {1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {
    expect_failed(close_frame(code, std::string(123, 'r')), code);
  }
  expect_failed(frame(Opcode::kClose, ""), 1005);
}

TEST_P(WebSocketClient, EndsWith1002AClosePayloadThatIsNone) {
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    expect_failed(close_frame(code), 1002);
  }
  expect_failed(frame(Opcode::kClose, "\x03"), 1002);
  expect_failed(frame(Opcode::kClose, std::string(126, 'r')), 1002);
  expect_failed(close_frame(1000, "\xce\xba\xed\xa0\x80"), 1007);
}

INSTANTIATE_TEST_SUITE_P(Pieces, WebSocketClient, testing::Values(1, 2, 7, 997, SIZE_MAX), [](const auto& size) {
  return size.param == SIZE_MAX ? std::string("whole") : "of_" + std::to_string(size.param);
});

}  // namespace
}  // namespace loadgen
