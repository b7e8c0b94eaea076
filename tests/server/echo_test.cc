// /echo of the conformance profile, over the ground that fuzzing suites for WebSocket cover.
#include <gtest/gtest.h>

#include <random>

#include "websocket_client.h"
#include "wire/websocket/extensions.h"

namespace server {
namespace {

using wire::websocket::Opcode;

Options conformance() {
  return {.deflate = DeflateMode::kContextTakeover, .conformance = true};
}

// Feeds one stream to /echo in pieces of every size and expects one answer.
void expect_echo(const std::string& stream, const Messages& answer, bool open = true) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{997}, stream.size() + 1}) {
    MemoryServer server(conformance());
    WebSocketClient client(server, "/echo");
    for (std::size_t at = 0; at < stream.size(); at += size) client.feed(Bytes(stream).substr(at, size));
    ASSERT_EQ(client.got(), answer) << testing::PrintToString(stream.substr(0, 40)) << " in pieces of " << size;
    ASSERT_EQ(client.connection.open, open);
    ASSERT_FALSE(client.connection.aborted);
  }
}

void expect_end(const std::string& stream, int code, Messages before = {}) {
  MemoryServer server(conformance());
  for (const std::size_t size : {std::size_t{1}, stream.size() + 1}) {
    WebSocketClient client(server, "/echo");
    for (std::size_t at = 0; at < stream.size(); at += size) client.feed(Bytes(stream).substr(at, size));
    const Messages got = client.got();
    ASSERT_EQ(got.size(), before.size() + 1) << testing::PrintToString(got);
    ASSERT_TRUE(std::equal(before.begin(), before.end(), got.begin()));
    ASSERT_TRUE(got.back().starts_with("close " + std::to_string(code) + "(")) << got.back();
    ASSERT_FALSE(client.connection.open);
    ASSERT_FALSE(client.connection.aborted) << "what it says must arrive";
  }
}

TEST(Echo, IsThereOnlyInTheConformanceProfile) {
  MemoryServer server;
  EXPECT_EQ(WebSocketClient(server, "/echo").status(), 404);
  MemoryServer profile(conformance());
  EXPECT_EQ(WebSocketClient(profile, "/echo?agent=x").status(), 101);
}

TEST(Echo, AnswersMessagesOfEveryLengthForm) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 65'535, 65'536, 65'537, 300'000}) {
    const std::string payload(size, 'x');
    expect_echo(frame(Opcode::kText, payload), {"text(" + payload + ")"});
    expect_echo(frame(Opcode::kBinary, std::string(size, '\xfe')), {"binary(" + std::string(size, '\xfe') + ")"});
  }
}

TEST(Echo, AnswersPingsWithTheirPayloadAndPongsWithNothing) {
  expect_echo(frame(Opcode::kPing, ""), {"pong()"});
  expect_echo(frame(Opcode::kPing, std::string("\x00\xff\xfe", 3)), {"pong(" + std::string("\x00\xff\xfe", 3) + ")"});
  expect_echo(frame(Opcode::kPing, std::string(125, 'p')), {"pong(" + std::string(125, 'p') + ")"});
  expect_end(frame(Opcode::kPing, std::string(126, 'p')), 1002);
  expect_echo(frame(Opcode::kPong, "unasked") + frame(Opcode::kPing, "a"), {"pong(a)"});
  std::string ten;
  Messages answers;
  for (int i = 0; i < 10; ++i) {
    ten += frame(Opcode::kPing, std::to_string(i));
    answers.push_back("pong(" + std::to_string(i) + ")");
  }
  expect_echo(ten, answers);
}

TEST(Echo, RefusesReservedBitsAndOpcodesAfterWhatWasGood) {
  for (const unsigned bits : {0x10u, 0x20u, 0x30u, 0x40u, 0x50u, 0x60u, 0x70u}) {
    for (const Opcode opcode : {Opcode::kText, Opcode::kPing, Opcode::kClose}) {
      std::string bad = frame(opcode, "x");
      bad[0] = static_cast<char>(static_cast<unsigned char>(bad[0]) | bits);
      expect_end(frame(Opcode::kText, "good") + bad + frame(Opcode::kPing, ""), 1002, {"text(good)"});
    }
  }
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    std::string bad = frame(Opcode::kText, "x");
    bad[0] = static_cast<char>(0x80u | opcode);
    expect_end(frame(Opcode::kText, "good") + bad + frame(Opcode::kPing, ""), 1002, {"text(good)"});
  }
}

TEST(Echo, JoinsFragmentsWithControlFramesBetweenThem) {
  const auto part = [](Opcode opcode, Bytes text, bool fin = false) { return frame(opcode, text, {.fin = fin}); };
  expect_echo(part(Opcode::kText, "one ") + part(Opcode::kContinuation, "two", true), {"text(one two)"});
  expect_echo(part(Opcode::kText, "one ") + frame(Opcode::kPing, "p") + part(Opcode::kContinuation, "two", true),
              {"pong(p)", "text(one two)"});
  std::string many = part(Opcode::kBinary, "");
  for (int i = 0; i < 1'000; ++i) many += part(Opcode::kContinuation, "x") + frame(Opcode::kPong, "");
  expect_echo(many + part(Opcode::kContinuation, "", true), {"binary(" + std::string(1'000, 'x') + ")"});
  const std::string large(65'536, '*');
  std::string fragments = part(Opcode::kText, "");
  for (std::size_t at = 0; at < large.size(); at += 1'300) {
    fragments += part(Opcode::kContinuation, Bytes(large).substr(at, 1'300), at + 1'300 >= large.size());
  }
  expect_echo(fragments, {"text(" + large + ")"});
  expect_end(part(Opcode::kPing, "p"), 1002);
  expect_end(part(Opcode::kPong, "p"), 1002);
  expect_end(part(Opcode::kContinuation, "x", true), 1002);
  expect_end(part(Opcode::kContinuation, "x"), 1002);
  expect_end(part(Opcode::kText, "a") + frame(Opcode::kText, "b"), 1002);
  expect_end(part(Opcode::kText, "a") + part(Opcode::kContinuation, "b", true) + part(Opcode::kContinuation, "c"), 1002,
             {"text(ab)"});
}

TEST(Echo, ChecksTextAsItComes) {
  const std::string valid = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf4\x8f\xbf\xbf \xef\xbf\xbf";
  expect_echo(frame(Opcode::kText, valid), {"text(" + valid + ")"});
  std::string bytewise = frame(Opcode::kText, "", {.fin = false});
  for (const char byte : valid) bytewise += frame(Opcode::kContinuation, {&byte, 1}, {.fin = false});
  expect_echo(bytewise + frame(Opcode::kContinuation, ""), {"text(" + valid + ")"});
  for (const std::string& bad : {std::string("\xce\xba\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
                                 std::string("\xc0\x80"), std::string("\xf8\x88\x80\x80\x80"), std::string("\x80"),
                                 std::string("\xce"), std::string("\xfe"), std::string("\xe0\x80\x80")}) {
    expect_end(frame(Opcode::kText, bad), 1007);
    expect_end(frame(Opcode::kText, "ok", {.fin = false}) + frame(Opcode::kContinuation, bad), 1007);
  }
}

TEST(Echo, FailsFastInsideAFrameThatHasNotEnded) {
  MemoryServer server(conformance());
  WebSocketClient client(server, "/echo");
  const std::string stream = frame(Opcode::kText, std::string(1'000, 'x') + "\xf4\x90" + std::string(60'000, 'y'));
  client.feed(Bytes(stream).substr(0, 1'010));
  EXPECT_EQ(client.got(), Messages{"close 1007(text is not UTF-8)"});
}

TEST(Echo, ClosesByTheRules) {
  const auto close = [](const std::string& payload) { return frame(Opcode::kClose, payload); };
  const auto coded = [](int code, const std::string& reason = {}) {
    return std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason;
  };
  expect_echo(close(""), {"close 1005()"}, false);
  expect_end(close("\x03"), 1002);
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {
    expect_echo(close(coded(code)), {"close " + std::to_string(code) + "()"}, false);
    expect_echo(close(coded(code, std::string(123, 'r'))), {"close " + std::to_string(code) + "()"}, false);
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    expect_end(close(coded(code)), 1002);
  }
  expect_end(close(coded(1000, std::string(124, 'r'))), 1002);
  expect_end(close(coded(1000, "\xce\xba\xed\xa0\x80")), 1007);
  expect_echo(frame(Opcode::kText, "a") + close(coded(1000)) + frame(Opcode::kText, "late") + close(coded(1000)),
              {"text(a)", "close 1000()"}, false);
  expect_echo(frame(Opcode::kText, "begun", {.fin = false}) + close(coded(1000)), {"close 1000()"}, false);
}

TEST(Echo, RefusesWhatIsNotMaskedAndLengthsThatAreNotMinimal) {
  std::string unmasked;
  wire::websocket::append_frame(unmasked, Opcode::kText, "x");
  expect_end(unmasked, 1002);
  expect_end(std::string("\x82\xfe\x00\x01\0\0\0\0x", 9), 1002);
  expect_end(std::string("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x01\0\0\0\0x", 15), 1002);
  expect_end(std::string("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01\0\0\0\0x", 15), 1002);
}

TEST(Echo, AnswersSixteenMebibytesWholeAndInFragmentsAndNotAByteMore) {
  const std::string large(std::size_t{16} << 20, '*');
  const auto check = [&](const std::string& stream, const std::string& begin) {
    MemoryServer server(conformance());
    WebSocketClient client(server, "/echo");
    for (std::size_t at = 0; at < stream.size(); at += 256 << 10) client.feed(Bytes(stream).substr(at, 256 << 10));
    const Messages got = client.got();
    ASSERT_EQ(got.size(), 1U);
    ASSERT_TRUE(got[0].starts_with(begin));
    ASSERT_EQ(client.connection.open, begin != "close 1009(");
    ASSERT_TRUE(!client.connection.open || got[0].size() == begin.size() + large.size() + 1);
  };
  check(frame(Opcode::kText, large), "text(");
  std::string fragments = frame(Opcode::kBinary, "", {.fin = false});
  for (std::size_t at = 0; at < large.size(); at += 256) {
    fragments += frame(Opcode::kContinuation, Bytes(large).substr(at, 256), {.fin = false});
  }
  check(fragments + frame(Opcode::kContinuation, ""), "binary(");
  check(fragments + frame(Opcode::kContinuation, "x"), "close 1009(");
  check(frame(Opcode::kText, large + "x"), "close 1009(");
}

TEST(Echo, RespectsTheLargestPayload) {
  MemoryServer server({.max_payload = 1'000'000, .conformance = true});
  WebSocketClient fits(server, "/echo");
  fits.feed(frame(Opcode::kBinary, std::string(1'000'000, 'x')));
  EXPECT_EQ(fits.got().at(0).size(), 1'000'000 + std::string("binary()").size());
  WebSocketClient over(server, "/echo");
  over.feed(frame(Opcode::kBinary, std::string(1'000'001, 'x')).substr(0, 14));
  EXPECT_EQ(over.got(), Messages{"close 1009(message too big)"}) << "by the header alone";
}

TEST(Echo, CompressesWhenOfferedWithEveryParameter) {
  std::mt19937 random(4);
  for (const char* parameters :
       {"", "; client_max_window_bits", "; client_no_context_takeover", "; server_no_context_takeover",
        "; client_no_context_takeover; server_no_context_takeover",
        "; client_max_window_bits=9; server_max_window_bits=9", "; server_max_window_bits=8; client_max_window_bits=8",
        "; server_max_window_bits=15; server_no_context_takeover",
        "; client_no_context_takeover; client_max_window_bits=10; server_no_context_takeover; "
        "server_max_window_bits=11"}) {
    SCOPED_TRACE(parameters);
    const std::string offer = std::string("permessage-deflate") + parameters;
    MemoryServer server(conformance());
    WebSocketClient client(server, "/echo", "Sec-WebSocket-Extensions: " + offer + "\r\n");
    const wire::websocket::DeflateOffer anything{.client_max_window_bits = 15};
    const auto agreed =
        wire::websocket::check_deflate(&anything, client.header("Sec-WebSocket-Extensions").value_or(""));
    ASSERT_TRUE(agreed.deflate);
    client.expect_compressed(agreed.deflate->to_client.takeover, agreed.deflate->to_client.window_bits);
    wire::websocket::Deflater deflater(agreed.deflate->to_server.window_bits);
    for (int i = 0; i < 30; ++i) {
      std::string text;
      const std::size_t size = i == 0 ? 0 : random() % 5'000;
      while (text.size() < size) text += "word" + std::to_string(random() % 50) + " ";
      if (!agreed.deflate->to_server.takeover) deflater.reset();
      std::string payload;
      deflater.append(payload, text);
      const std::size_t cut = payload.size() / 2;
      client.feed(frame(Opcode::kText, payload.substr(0, cut), {.fin = false, .compressed = true}) +
                  frame(Opcode::kContinuation, payload.substr(cut)));
      ASSERT_EQ(client.got(), Messages{(text.size() < 64 ? "text(" : "z text(") + text + ")"});
    }
  }
}

TEST(Echo, DoesNotReadAClientThatDoesNotReadItsAnswers) {
  MemoryServer server(conformance());
  WebSocketClient client(server, "/echo");
  server.settle();
  client.connection.window = 10;
  client.feed(frame(Opcode::kText, std::string(100, 'a')));
  server.settle();
  ASSERT_TRUE(client.connection.stalled());
  client.feed(frame(Opcode::kText, "b"));
  EXPECT_TRUE(client.connection.paused);
  client.connection.window = SIZE_MAX;
  EXPECT_EQ(client.got(), (Messages{"text(" + std::string(100, 'a') + ")", "text(b)"}));
  EXPECT_FALSE(client.connection.paused);
}

TEST(Echo, PingsSilentClientsAndSaysGoodbye) {
  MemoryServer server(
      {.ping_interval = std::chrono::seconds(8), .ping_timeout = std::chrono::seconds(8), .conformance = true});
  WebSocketClient silent(server, "/echo");
  WebSocketClient alive(server, "/echo");
  for (int i = 0; i < 8; ++i) server.tick("echo");
  EXPECT_EQ(silent.got(), Messages{"ping()"});
  alive.feed(frame(Opcode::kPong, ""));
  for (int i = 0; i < 9; ++i) server.tick("echo");
  EXPECT_EQ(silent.got(), Messages{"close 1011(no answer to a ping)"});
  server.shut_down();
  EXPECT_EQ(alive.got(), (Messages{"ping()", "ping()", "close 1001(the server is shutting down)"}));
}

}  // namespace
}  // namespace server
