#include "wire/socketio.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"

namespace {

namespace socketio = wire::socketio;
using socketio::PacketType;
using wire::Bytes;

struct Collect final : socketio::Decoder::Handler {
  void on_packet(const socketio::Packet& packet, std::span<const Bytes> attachments) override {
    std::string text = std::to_string(static_cast<int>(packet.type)) + " " + std::string(packet.name_space) + " ";
    text += packet.id ? std::to_string(*packet.id) : "-";
    text.append(" ").append(packet.data);
    for (const Bytes attachment : attachments) text.append(" +").append(attachment);
    packets.push_back(text);
  }
  std::vector<std::string> packets;
};

// The packet as Collect tells it, or "!".
std::string decode(Bytes text) {
  const std::vector<char> buffer(text.begin(), text.end());
  Collect handler;
  socketio::Decoder decoder;
  if (decoder.take_text(Bytes(buffer.data(), buffer.size()), handler) != nullptr) return "!";
  return handler.packets.empty() ? "" : handler.packets.front();
}

// Examples of the protocol's text.
TEST(SocketIo, packets_of_the_specification) {
  EXPECT_EQ(decode("0"), "0 / - ");
  EXPECT_EQ(decode(R"(0{"sid":"wZX3oN0bSVIhsaknAAAI"})"), R"(0 / - {"sid":"wZX3oN0bSVIhsaknAAAI"})");
  EXPECT_EQ(decode("0/admin,"), "0 /admin - ");
  EXPECT_EQ(decode(R"(0/admin,{"token":"123"})"), R"(0 /admin - {"token":"123"})");
  EXPECT_EQ(decode(R"(4{"message":"Not authorized"})"), R"(4 / - {"message":"Not authorized"})");
  EXPECT_EQ(decode(R"(2["foo"])"), R"(2 / - ["foo"])");
  EXPECT_EQ(decode(R"(2/admin,["bar"])"), R"(2 /admin - ["bar"])");
  EXPECT_EQ(decode(R"(212["foo"])"), R"(2 / 12 ["foo"])");
  EXPECT_EQ(decode(R"(3/admin,13["bar"])"), R"(3 /admin 13 ["bar"])");
  EXPECT_EQ(decode("1"), "1 / - ");
  EXPECT_EQ(decode("1/admin,"), "1 /admin - ");
  EXPECT_EQ(decode("0/custom"), "0 /custom - ");
  EXPECT_EQ(decode("30[]"), "3 / 0 []");
  EXPECT_EQ(decode("2[1,2]"), "2 / - [1,2]");  // an event's name may be a number
}

TEST(SocketIo, what_is_no_packet_is_refused) {
  for (const Bytes text : {"",
                           "7",
                           "abc",
                           "2",
                           "2{}",
                           "2[]",
                           "2[null]",
                           "2[{}]",
                           "2[\"a\"",
                           "2[\"a\"]x",
                           "2\"a\"",
                           "2abc[\"a\"]",
                           "3",
                           "3{}",
                           "0[]",
                           "0\"a\"",
                           "0{",
                           "1{}",
                           "1[]",
                           "4",
                           "4[]",
                           "51[\"a\"]",
                           "5[\"a\"]",
                           "5-[\"a\"]",
                           "50-[\"a\"]",
                           "5x-[\"a\"]",
                           "2[\"connect\"]",
                           "2[\"disconnect\"]",
                           "2[\"\\u0063onnect\"]",
                           "299999999999999999999[\"a\"]",
                           "511-[\"a\"]",
                           "2/a[\"b\"]",
                           "2/a,"}) {
    EXPECT_EQ(decode(text), "!") << text;
  }
}

TEST(SocketIo, no_beginning_of_a_packet_is_read_past_its_end) {
  const Bytes text = R"(2/chat,13["message",{"a":[1,"x\n"]}])";
  EXPECT_NE(decode(text), "!");
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(decode(text.substr(0, size)), "!") << size;
}

TEST(SocketIo, attachments_are_put_to_their_packet) {
  Collect handler;
  socketio::Decoder decoder;
  EXPECT_EQ(
      decoder.take_text(R"(52-/admin,7["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])", handler),
      nullptr);
  EXPECT_TRUE(decoder.mid_packet());
  {
    const std::string gone = "one";
    EXPECT_EQ(decoder.take_binary(gone, handler), nullptr);
  }
  EXPECT_TRUE(handler.packets.empty());
  EXPECT_EQ(decoder.take_binary("", handler), nullptr);
  EXPECT_FALSE(decoder.mid_packet());
  EXPECT_EQ(handler.packets,
            (std::vector<std::string>{
                R"(5 /admin 7 ["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] +one +)"}));
  EXPECT_EQ(decoder.take_text(R"(61-8[{"_placeholder":true,"num":0}])", handler), nullptr);
  EXPECT_EQ(decoder.take_binary("two", handler), nullptr);
  EXPECT_EQ(handler.packets.back(), R"(6 / 8 [{"_placeholder":true,"num":0}] +two)");
}

TEST(SocketIo, text_and_bytes_out_of_turn_are_refused) {
  Collect handler;
  socketio::Decoder decoder;
  EXPECT_NE(decoder.take_binary("x", handler), nullptr);
  EXPECT_EQ(decoder.take_text(R"(51-["a",{"_placeholder":true,"num":0}])", handler), nullptr);
  EXPECT_NE(decoder.take_text(R"(2["a"])", handler), nullptr);
  decoder.reset();
  EXPECT_EQ(decoder.take_text(R"(2["a"])", handler), nullptr);
}

TEST(SocketIo, a_placeholder_that_names_no_attachment_is_refused) {
  const auto taken = [](Bytes text) {
    Collect handler;
    return socketio::Decoder().take_text(text, handler) == nullptr;
  };
  for (const Bytes text : {R"(51-["a",{"_placeholder":true,"num":1}])",
                           R"(52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":2}])",
                           R"(51-["a",{"_placeholder":true,"num":-1}])", R"(51-["a",{"_placeholder":true,"num":0.5}])",
                           R"(51-["a",{"_placeholder":true,"num":"0"}])", R"(51-["a",{"_placeholder":true}])",
                           R"(51-["a",[{"deep":[{"_placeholder":true,"num":7}]}]])",
                           R"(51-["a",{"_placeholder":true,"num":[{"_placeholder":true,"num":7}]}])",
                           R"(51-["a",{"\u005fplaceholder":true,"num":3}])",
                           R"(51-["a",{"_placeholder":false,"num":0,"_placeholder":true,"num":1}])",
                           R"(61-8[ { "num" : 1 , "_placeholder" : true } ])"}) {
    EXPECT_FALSE(taken(text)) << text;
  }
  for (const Bytes text :
       {R"(51-["a",{"_placeholder":true,"num":0}])",
        R"(52-["a",{"b":[{"_placeholder":true,"num":1},"}",{}]},{"_placeholder":true,"num":0}])",
        R"(51-["a",{"_placeholder":"true","num":9},{"_placeholder":true,"num":0}])",
        R"(51-["a",{"_placeholder":true,"num":9,"_placeholder":1}])", R"(2["a",{"_placeholder":true,"num":9}])"}) {
    EXPECT_TRUE(taken(text)) << text;
  }
}

TEST(SocketIo, sizes_have_limits) {
  Collect handler;
  socketio::Decoder decoder(socketio::Decoder::Limits{.attachments = 2, .bytes = 40});
  EXPECT_NE(decoder.take_text("2[\"" + std::string(40, 'x') + "\"]", handler), nullptr);
  EXPECT_NE(decoder.take_text(R"(53-["a"])", handler), nullptr);
  EXPECT_EQ(decoder.take_text(R"(52-["a"])", handler), nullptr);
  EXPECT_EQ(decoder.take_binary(std::string(30, 'x'), handler), nullptr);
  EXPECT_NE(decoder.take_binary("123", handler), nullptr);
  EXPECT_TRUE(handler.packets.empty());
}

TEST(SocketIo, a_placeholder_says_its_number) {
  EXPECT_EQ(socketio::placeholder(R"({"_placeholder":true,"num":3})"), 3u);
  EXPECT_EQ(socketio::placeholder(R"({ "num" : 0 , "_placeholder" : true })"), 0u);
  for (const Bytes text :
       {R"({"_placeholder":false,"num":3})", R"({"_placeholder":true})", R"({"_placeholder":true,"num":"3"})",
        R"({"_placeholder":true,"num":-1})", "[]", "3", R"("{\"_placeholder\":true,\"num\":3}")"}) {
    EXPECT_FALSE(socketio::placeholder(text).has_value()) << text;
  }
}

TEST(SocketIo, an_event_is_written_round_its_payload) {
  std::string out;
  socketio::Event("/", "message").append_text(out, "say \"hi\"\n");
  EXPECT_EQ(out, R"(2["message","say \"hi\"\n"])");
  out.clear();
  const socketio::Event event("/chat", "said", R"("room",{"text":)", R"(},5)");
  event.append_text(out, "x", 12);
  EXPECT_EQ(out, R"(2/chat,12["said","room",{"text":"x"},5])");
  out.clear();
  event.append_text(out, "x", std::nullopt, R"("17")");
  EXPECT_EQ(out, R"(2/chat,["said","room",{"text":"x"},5,"17"])");
  out.clear();
  event.append_binary(out, 3);
  EXPECT_EQ(out, R"(51-/chat,3["said","room",{"text":{"_placeholder":true,"num":0}},5])");
}

TEST(SocketIo, headers_of_every_kind) {
  const auto header = [](PacketType type, Bytes name_space, std::optional<std::uint64_t> id, std::size_t attachments) {
    std::string out;
    socketio::append_header(out, type, name_space, id, attachments);
    return out;
  };
  EXPECT_EQ(header(PacketType::kConnect, "/", {}, 0), "0");
  EXPECT_EQ(header(PacketType::kDisconnect, "/admin", {}, 0), "1/admin,");
  EXPECT_EQ(header(PacketType::kAck, "/admin", 13, 0), "3/admin,13");
  EXPECT_EQ(header(PacketType::kBinaryAck, "/", 0, 2), "62-0");
}

TEST(SocketIo, a_message_costs_no_allocation_in_the_steady_state) {
  struct Count final : socketio::Decoder::Handler {
    void on_packet(const socketio::Packet&, std::span<const Bytes> attachments) override {
      count += 1 + attachments.size();
    }
    std::size_t count = 0;
  } handler;
  const socketio::Event event("/", "message");
  socketio::Decoder decoder;
  const std::string payload(200, 'p');
  std::string out;
  const auto round = [&] {
    out.clear();
    event.append_text(out, payload);
    EXPECT_EQ(decoder.take_text(out, handler), nullptr);
    out.clear();
    event.append_binary(out);
    EXPECT_EQ(decoder.take_text(out, handler), nullptr);
    EXPECT_EQ(decoder.take_binary(payload, handler), nullptr);
  };
  round();
  const auto before = allocations();
  for (int i = 0; i < 10; ++i) round();
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(handler.count, 11u * 3);
}

}  // namespace
