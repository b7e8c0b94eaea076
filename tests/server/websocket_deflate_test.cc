// permessage-deflate and subprotocols at /websocket.
#include <gtest/gtest.h>

#include "websocket_client.h"

namespace server {
namespace {

using wire::websocket::Opcode;

const std::string kOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const std::string kText = R"({"kind":"price","symbol":"ABC","price":"101.25","volume":"1000","venue":"X"})";

constexpr Options kAlone{.deflate = DeflateMode::kNoContextTakeover};
constexpr Options kTakeover{.deflate = DeflateMode::kContextTakeover};

TEST(WebSocketDeflate, IsAgreedToOnlyWhenTheServerIsAskedTo) {
  MemoryServer off;
  EXPECT_FALSE(WebSocketClient(off, "/websocket?topic=t", kOffer).header("Sec-WebSocket-Extensions"));
  MemoryServer alone(kAlone);
  EXPECT_EQ(WebSocketClient(alone, "/websocket?topic=t", kOffer).header("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_FALSE(WebSocketClient(alone, "/websocket?topic=t").header("Sec-WebSocket-Extensions"));
  MemoryServer takeover(kTakeover);
  EXPECT_EQ(WebSocketClient(takeover, "/websocket?topic=t", kOffer).header("Sec-WebSocket-Extensions"),
            "permessage-deflate");
}

TEST(WebSocketDeflate, RefusesAnExtensionHeaderThatIsNone) {
  MemoryServer server(kAlone);
  EXPECT_EQ(WebSocketClient(server, "/websocket?topic=t", "Sec-WebSocket-Extensions: ;\r\n").status(), 400);
  EXPECT_EQ(WebSocketClient(server, "/websocket?topic=t", "Sec-WebSocket-Extensions: unheard-of\r\n").status(), 101);
}

TEST(WebSocketDeflate, WithoutContextTakeoverABroadcastIsCompressedOnceForAllAndPlainForTheRest) {
  MemoryServer server(kAlone);
  WebSocketClient a(server, "/websocket?topic=t", kOffer);
  WebSocketClient b(server, "/websocket?topic=t", kOffer);
  WebSocketClient plain(server, "/websocket?topic=t");
  server.settle();
  for (WebSocketClient* client : {&a, &b, &plain}) client->connection.sends.clear();
  a.expect_compressed(false);
  b.expect_compressed(false);
  for (int i = 0; i < 3; ++i) server.say("t", kText + kText);
  const std::string whole = "z text(" + kText + kText + ")";
  EXPECT_EQ(a.got(), (Messages{whole, whole, whole}));
  EXPECT_EQ(b.got(), (Messages{whole, whole, whole}));
  EXPECT_EQ(plain.got(), Messages(3, "text(" + kText + kText + ")"));
  EXPECT_EQ(a.connection.sends, b.connection.sends) << "the same buffer";
  EXPECT_EQ(server.all_stats.compression.messages.get(), 3U);
  EXPECT_EQ(server.all_stats.compression.payload.get(), 3 * 2 * kText.size());
  EXPECT_LT(server.all_stats.compression.compressed.get(), 3 * kText.size());
}

TEST(WebSocketDeflate, CountsPayloadAsItIsSentAndFramingApart) {
  MemoryServer server(kAlone);
  WebSocketClient client(server, "/websocket?topic=t", kOffer);
  server.settle();
  client.connection.taken.clear();
  server.say("t", kText + kText);
  server.say("t", "short");
  server.settle();
  const auto& sent = server.all_stats.sent;
  EXPECT_EQ(sent.payload.get() + sent.framing.get(), client.connection.taken.size());
  EXPECT_EQ(sent.payload.get(), server.all_stats.compression.compressed.get() + 5);
  EXPECT_EQ(sent.framing.get(), 4U);
}

TEST(WebSocketDeflate, LeavesSmallMessagesAndNoiseAsTheyAre) {
  MemoryServer server({.deflate = DeflateMode::kNoContextTakeover, .deflate_min_size = 20});
  WebSocketClient client(server, "/websocket?topic=t", kOffer);
  client.expect_compressed(false);
  const std::string noise = "0q9w8e7r6t5y4u3i2o1pz";
  server.say("t", std::string(19, 'x'));
  server.say("t", std::string(20, 'x'));
  server.say("t", noise);
  EXPECT_EQ(client.got(), (Messages{"text(" + std::string(19, 'x') + ")", "z text(" + std::string(20, 'x') + ")",
                                    "text(" + noise + ")"}));
}

TEST(WebSocketDeflate, KeepsToTheWindowThatTheClientAskedFor) {
  MemoryServer server(kAlone);
  const std::string far = kText + std::string(700, 'x') + "0123456789" + std::string(700, 'y') + kText;
  WebSocketClient small(server, "/websocket?topic=t",
                        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\r\n");
  WebSocketClient large(server, "/websocket?topic=t", kOffer);
  EXPECT_EQ(small.header("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8");
  small.expect_compressed(false, 8);
  large.expect_compressed(false, 15);
  server.say("t", far);
  EXPECT_EQ(small.got(), Messages{"z text(" + far + ")"});
  EXPECT_EQ(large.got(), Messages{"z text(" + far + ")"});
  EXPECT_GT(small.connection.taken.size(), large.connection.taken.size());
  EXPECT_EQ(server.all_stats.compression.messages.get(), 2U);
}

TEST(WebSocketDeflate, WithContextTakeoverEachConnectionHasItsOwn) {
  MemoryServer server(kTakeover);
  WebSocketClient first(server, "/websocket?topic=t", kOffer);
  first.expect_compressed(true);
  server.say("t", kText);
  EXPECT_EQ(first.got(), Messages{"z text(" + kText + ")"});
  WebSocketClient second(server, "/websocket?topic=t", kOffer);
  second.expect_compressed(true);
  const std::size_t before = first.connection.taken.size();
  for (int i = 0; i < 5; ++i) server.say("t", kText);
  EXPECT_EQ(first.got(), Messages(5, "z text(" + kText + ")"));
  EXPECT_EQ(second.got(), Messages(5, "z text(" + kText + ")"));
  EXPECT_LT(first.connection.taken.size() - before, kText.size()) << "each refers to the one before";
  EXPECT_EQ(server.all_stats.compression.messages.get(), 11U);
}

TEST(WebSocketDeflate, WithContextTakeoverASlowClientGetsEverythingInOrder) {
  MemoryServer server(kTakeover);
  WebSocketClient slow(server, "/websocket?topic=t", kOffer);
  slow.expect_compressed(true);
  EXPECT_EQ(slow.got(), Messages{});
  slow.connection.window = 10;
  Messages all;
  for (int i = 0; i < 20; ++i) {
    const std::string text = kText + std::to_string(i);
    server.say("t", text);
    all.push_back("z text(" + text + ")");
    server.settle();
  }
  EXPECT_TRUE(slow.connection.stalled());
  slow.connection.window = SIZE_MAX;
  server.settle();  // the kernel takes what waited, then the rest is encoded
  EXPECT_EQ(slow.got(), all);
}

TEST(WebSocketDeflate, HonoursWhatTheClientAsksOfTheContext) {
  MemoryServer server(kTakeover);
  WebSocketClient client(
      server, "/websocket?topic=t",
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n");
  EXPECT_EQ(client.header("Sec-WebSocket-Extensions"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  client.expect_compressed(false);
  for (int i = 0; i < 2; ++i) server.say("t", kText);
  EXPECT_EQ(client.got(), Messages(2, "z text(" + kText + ")"));
}

TEST(WebSocketDeflate, PublishesWhatAClientSendsCompressed) {
  for (const Options& options : {kAlone, kTakeover}) {
    MemoryServer server(options);
    WebSocketClient client(server, "/websocket?topic=t", kOffer);
    WebSocketClient plain(server, "/websocket?topic=t");
    std::string payload;
    wire::websocket::append_deflated(payload, kText, 15);
    client.feed(frame(Opcode::kText, payload, {.compressed = true}));
    EXPECT_EQ(plain.got(), Messages{"text(" + kText + ")"});
    EXPECT_EQ(server.all_stats.received.payload.get(), payload.size());
    EXPECT_EQ(server.all_stats.received.framing.get(), 6U);
  }
}

TEST(WebSocketDeflate, ABombEndsWith1009) {
  MemoryServer server({.max_payload = 1'000, .deflate = DeflateMode::kNoContextTakeover});
  WebSocketClient client(server, "/websocket?topic=t", kOffer);
  std::string bomb;
  wire::websocket::append_deflated(bomb, std::string(1'001, 'x'), 15);
  client.feed(frame(Opcode::kBinary, bomb, {.compressed = true}));
  EXPECT_EQ(client.got(), Messages{"close 1009(message too big)"});
}

TEST(WebSocketSubprotocol, IsTheClientsFirstThatTheServerKnows) {
  MemoryServer server({.subprotocols = {"chat", "news"}});
  EXPECT_EQ(WebSocketClient(server, "/websocket?topic=t",
                            "Sec-WebSocket-Protocol: other, news\r\n"
                            "Sec-WebSocket-Protocol: chat\r\n")
                .header("Sec-WebSocket-Protocol"),
            "news");
  WebSocketClient none(server, "/websocket?topic=t", "Sec-WebSocket-Protocol: other\r\n");
  EXPECT_EQ(none.status(), 101);
  EXPECT_FALSE(none.header("Sec-WebSocket-Protocol"));
}

}  // namespace
}  // namespace server
