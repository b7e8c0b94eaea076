#include "wire/engineio.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"
#include "wire/base64.h"

namespace {

namespace engineio = wire::engineio;
using engineio::PacketType;
using wire::Bytes;

struct Collect final : engineio::PayloadParser::Handler {
  void on_packet(const engineio::Packet& packet) override {
    std::string text = packet.binary ? "b:" : std::to_string(static_cast<int>(packet.type)) + ":";
    packets.push_back(text.append(packet.data));
    if (stop_at == packets.size()) parser->stop();
  }
  std::vector<std::string> packets;
  engineio::PayloadParser* parser = nullptr;
  std::size_t stop_at = 0;
};

struct Result {
  std::vector<std::string> packets;
  std::string mistake;
};

Result parse(const std::vector<Bytes>& pieces, std::size_t limit = 1000) {
  Collect handler;
  engineio::PayloadParser parser(limit);
  const char* mistake = nullptr;
  feed_pieces(pieces, [&](Bytes piece) { return (mistake = parser.feed(piece, handler)) == nullptr; });
  if (mistake == nullptr) mistake = parser.finish(handler);
  return {handler.packets, mistake != nullptr ? mistake : ""};
}

void expect_packets(Bytes payload, const std::vector<std::string>& packets) {
  for_every_cut(payload, [&](const std::vector<Bytes>& pieces) {
    const Result result = parse(pieces);
    EXPECT_EQ(result.packets, packets);
    EXPECT_EQ(result.mistake, "");
  });
  Collect handler;
  engineio::PayloadParser parser(1000);
  EXPECT_EQ(parser.take_whole(payload, handler), nullptr);
  EXPECT_EQ(handler.packets, packets);
}

// Examples of the protocol's text.
TEST(EngineIo, packets_of_the_specification) {
  const auto hello = engineio::parse_packet("4hello");
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->type, PacketType::kMessage);
  EXPECT_EQ(hello->data, "hello");
  EXPECT_FALSE(hello->binary);
  EXPECT_EQ(engineio::parse_packet("2probe")->type, PacketType::kPing);
  EXPECT_EQ(engineio::parse_packet("2probe")->data, engineio::kProbe);
  EXPECT_EQ(engineio::parse_packet("0")->type, PacketType::kOpen);
  EXPECT_EQ(engineio::parse_packet("1")->type, PacketType::kClose);
  EXPECT_EQ(engineio::parse_packet("3")->type, PacketType::kPong);
  EXPECT_EQ(engineio::parse_packet("5")->type, PacketType::kUpgrade);
  EXPECT_EQ(engineio::parse_packet("6")->type, PacketType::kNoop);
}

TEST(EngineIo, what_is_no_packet_is_refused) {
  for (const Bytes text : {"", "7", "abc", "b", " 4", "-1", "\x1e"}) {
    EXPECT_FALSE(engineio::parse_packet(text).has_value()) << text;
  }
}

TEST(EngineIo, a_payload_of_the_specification_in_any_pieces) {
  expect_packets(
      "4hello\x1e"
      "2\x1e"
      "4world",
      {"4:hello", "2:", "4:world"});
  expect_packets(
      "4hello\x1e"
      "bAQIDBA==",
      {"4:hello", "b:\x01\x02\x03\x04"});
  expect_packets(
      "bAQIDBA==\x1e"
      "b\x1e"
      "4",
      {"b:\x01\x02\x03\x04", "b:", "4:"});
  expect_packets("4\xe2\x82\xac", {"4:\xe2\x82\xac"});
  expect_packets("6", {"6:"});
}

TEST(EngineIo, a_payload_with_a_mistake_is_refused_where_it_lies) {
  const auto expect_mistake = [](Bytes payload, std::size_t packets_before) {
    for_every_cut(payload, [&](const std::vector<Bytes>& pieces) {
      const Result result = parse(pieces, 12);
      EXPECT_NE(result.mistake, "");
      EXPECT_EQ(result.packets.size(), packets_before);
    });
  };
  expect_mistake("abc", 0);
  expect_mistake("4a\x1e", 1);  // an empty packet at the end
  expect_mistake(
      "\x1e"
      "4a",
      0);  // and at the beginning
  expect_mistake(
      "4a\x1e\x1e"
      "4b",
      1);
  expect_mistake(
      "4a\x1e"
      "bAQID!A==",
      1);  // no base64
  expect_mistake(
      "4a\x1e"
      "bAQI",
      1);
  expect_mistake(
      "4a\x1e"
      "4234567890123\x1e"
      "4b",
      1);  // above the limit
  EXPECT_NE(parse({}).mistake, "");
}

TEST(EngineIo, nothing_follows_what_a_handler_stops_at) {
  Collect handler;
  engineio::PayloadParser parser(100);
  handler.parser = &parser;
  handler.stop_at = 1;
  EXPECT_EQ(parser.take_whole("1\x1e"
                              "4a\x1e"
                              "4b",
                              handler),
            nullptr);
  EXPECT_EQ(handler.packets, (std::vector<std::string>{"1:"}));
  parser.reset();
  EXPECT_EQ(parser.take_whole("4b", handler), nullptr);
  EXPECT_EQ(handler.packets.size(), 2u);
}

TEST(EngineIo, a_whole_payload_costs_no_allocation) {
  struct Count final : engineio::PayloadParser::Handler {
    void on_packet(const engineio::Packet& packet) override { size += packet.data.size(); }
    std::size_t size = 0;
  } count;
  std::string payload;
  const std::string data(300, 'x');
  for (int i = 0; i < 3; ++i) {
    engineio::begin_packet(payload);
    engineio::append_packet(payload, PacketType::kMessage, data);
    engineio::begin_packet(payload);
    engineio::append_base64_packet(payload, data);
  }
  engineio::PayloadParser parser(1000);
  EXPECT_EQ(parser.take_whole(payload, count), nullptr);  // the thread's buffer is made
  const auto before = allocations();
  EXPECT_EQ(parser.take_whole(payload, count), nullptr);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(count.size, 2u * 6 * 300);
}

TEST(EngineIo, packets_are_written_as_the_specification_shows_them) {
  std::string payload;
  engineio::begin_packet(payload);
  engineio::append_packet(payload, PacketType::kMessage, "hello");
  engineio::begin_packet(payload);
  engineio::append_packet(payload, PacketType::kPing);
  engineio::begin_packet(payload);
  engineio::append_base64_packet(payload, "\x01\x02\x03\x04");
  EXPECT_EQ(payload,
            "4hello\x1e"
            "2\x1e"
            "bAQIDBA==");
}

TEST(EngineIo, the_open_packet_of_the_specification_both_ways) {
  using std::chrono::milliseconds;
  const std::string text =
      R"({"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
  const auto open = engineio::parse_open(text);
  ASSERT_TRUE(open.has_value());
  EXPECT_EQ(open->sid, "lv_VI97HAXpY6yYWAAAC");
  EXPECT_TRUE(open->upgrade_to_websocket);
  EXPECT_EQ(open->ping_interval, milliseconds(25'000));
  EXPECT_EQ(open->ping_timeout, milliseconds(20'000));
  EXPECT_EQ(open->max_payload, 1'000'000u);
  std::string written;
  engineio::append_open(written, *open);
  EXPECT_EQ(written, text);
}

TEST(EngineIo, an_open_packet_that_lacks_something_is_refused) {
  EXPECT_TRUE(engineio::parse_open(R"({"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":2})").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":2)").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":"","upgrades":[],"pingInterval":1,"pingTimeout":2})").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":5,"upgrades":[],"pingInterval":1,"pingTimeout":2})").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":"a","upgrades":"ws","pingInterval":1,"pingTimeout":2})").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":"a","upgrades":[],"pingInterval":-1,"pingTimeout":2})").has_value());
  EXPECT_FALSE(engineio::parse_open(R"({"sid":"a","upgrades":[],"pingInterval":1})").has_value());
  EXPECT_FALSE(engineio::parse_open("[]").has_value());
}

TEST(Base64, is_read_strictly) {
  const auto decode = [](Bytes text) {
    std::string out = "x";
    const bool good = wire::append_from_base64(out, text);
    return good ? out : out + "!";
  };
  EXPECT_EQ(decode(""), "x");
  EXPECT_EQ(decode("Zg=="), "xf");
  EXPECT_EQ(decode("Zm8="), "xfo");
  EXPECT_EQ(decode("Zm9v"), "xfoo");
  EXPECT_EQ(decode("Zm9vYmFy"), "xfoobar");
  EXPECT_EQ(decode("+/8="), "x\xfb\xff");
  for (const Bytes text : {"Z", "Zg", "Zg=", "Zg===", "=g==", "Z===", "Zg==Zg==", "Zm=v", "Zm9 ", " m9v", "Zm\n9",
                           "Zm-_", "Zm9\x80", "Zg==\n"}) {
    EXPECT_EQ(decode(text), "x!") << text;
  }
  const std::string big((5u << 20) + 1, '\x7f');
  EXPECT_EQ(decode(wire::base64(big)), "x" + big);
}

}  // namespace
