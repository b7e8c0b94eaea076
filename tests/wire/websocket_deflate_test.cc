// permessage-deflate in frames (RFC 7692 section 7.2): RSV1, fragments, control frames between them, limits.
#include <random>

#include "allocations.h"
#include "websocket_frames.h"
#include "wire/websocket/permessage_deflate.h"

namespace {

using namespace frames;

constexpr unsigned kText = 0x41;  // RSV1 and the opcode; | 0x80 for FIN
constexpr unsigned kBinary = 0x42;
const Deflate::Direction kTakeover{.takeover = true, .window_bits = 15};
const Deflate::Direction kAlone{.takeover = false, .window_bits = 15};

void expect_inflated(const std::string& stream, const Log& log, std::uint16_t code = 0,
                     Deflate::Direction direction = kTakeover, std::size_t max_message = 1 << 20) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 60)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    Reader reader(Role::kClient, max_message);
    reader.expect_compressed(direction);
    Recorder recorder;
    std::uint16_t result = 0;
    feed_pieces(pieces, [&](Bytes bytes) { return (result = reader.feed(bytes, recorder)) == 0; });
    ASSERT_EQ(result, code) << reader.error_text();
    ASSERT_EQ(recorder.log, log);
    ASSERT_FALSE(code == 0 && reader.mid_message());
  });
}

std::string deflated(const std::string& message) {
  std::string out;
  append_deflated(out, message, 15);
  return out;
}

TEST(WebSocketDeflate, examples_of_rfc_7692_section_7_2_3_are_read_in_frames) {
  const std::string hello = bytes("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
  const Log one = {"text(Hello)"};
  expect_inflated(hello, one);
  expect_inflated(bytes("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"), one);  // 7.2.3.1, in two fragments
  expect_inflated(hello + bytes("\xc1\x05\xf2\x00\x11\x00\x00"), {"text(Hello)", "text(Hello)"});
  expect_inflated(hello + hello, {"text(Hello)", "text(Hello)"}, 0, kAlone);
  expect_inflated(bytes("\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), one);
  expect_inflated(bytes("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), one);
  expect_inflated(bytes("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), one);
  expect_inflated(bytes("\xc1\x01\x00"), {"text()"});
}

TEST(WebSocketDeflate, messages_may_be_compressed_or_not_one_by_one) {
  expect_inflated(frame(0x80 | kText, deflated("one")) + frame(0x81, "two") + frame(0x80 | kBinary, deflated("\xff")),
                  {"text(one)", "text(two)", "binary(\xff)"});
  expect_inflated(frame(0x81, "Hello") + bytes("\xc1\x05\xf2\x00\x11\x00\x00"), {"text(Hello)"}, kInvalidPayload);
}

TEST(WebSocketDeflate, control_frames_come_between_compressed_fragments) {
  const std::string payload = deflated("compressed in pieces");
  expect_inflated(frame(kText, payload.substr(0, 5)) + frame(0x89, "p") + frame(0x00, "") +
                      frame(0x00, payload.substr(5, 1)) + frame(0x8A, "") + frame(0x80, payload.substr(6)),
                  {"ping(p)", "pong()", "text(compressed in pieces)"});
  expect_inflated(frame(kBinary, payload) + frame(0x80, ""), {"binary(compressed in pieces)"});
}

TEST(WebSocketDeflate, rsv1_is_for_first_frames_of_messages_once_agreed) {
  const std::string payload = deflated("xyz");
  expect_inflated(frame(kText, payload.substr(0, 2)) + frame(0xC0, payload.substr(2)), {}, kProtocolError);
  expect_inflated(frame(0xC9, "p"), {}, kProtocolError);
  expect_inflated(frame(0xCA, ""), {}, kProtocolError);
  expect_inflated(frame(0xC8, ""), {}, kProtocolError);
  for (const unsigned bit : {0x20u, 0x10u, 0x60u, 0x50u, 0x30u, 0x70u}) {
    expect_inflated(frame(0x81 | bit, payload), {}, kProtocolError);
  }
  expect_refused(Role::kClient, frame(0x80 | kText, payload), kProtocolError);
}

TEST(WebSocketDeflate, without_context_takeover_a_message_stands_alone) {
  const std::string stream = bytes("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00") + bytes("\xc1\x05\xf2\x00\x11\x00\x00");
  expect_inflated(stream, {"text(Hello)"}, kInvalidPayload, kAlone);
}

TEST(WebSocketDeflate, corrupt_and_cut_off_messages_end_with_1007) {
  expect_inflated(frame(0x80 | kBinary, bytes("\xff\xff\xff")), {}, kInvalidPayload);
  expect_inflated(frame(0x80 | kBinary, bytes("\xf2\x48\xcd")), {}, kInvalidPayload);
  expect_inflated(frame(0x80 | kBinary, ""), {}, kInvalidPayload);
}

TEST(WebSocketDeflate, text_is_checked_after_inflating_and_in_the_middle_of_a_frame) {
  const std::string good =
      "gr\xC3\xBC\xC3\x9F"
      "e \xF0\x9F\x98\x80";
  expect_inflated(frame(0x80 | kText, deflated(good)), {"text(" + good + ")"});
  expect_inflated(frame(0x80 | kText, deflated("\xE2\x82")), {}, kInvalidPayload);
  std::string payload;
  Deflater deflater(15);
  deflater.append(payload, "bad \xFF");  // ends at a byte, so that the reader can see it all
  expect_inflated(frame(0x80 | kText, payload + bytes("\x00\x00\xff\xff") + std::string(90, 'x')).substr(0, 40), {},
                  kInvalidPayload);
}

TEST(WebSocketDeflate, the_limit_is_that_of_the_inflated_message) {
  expect_inflated(frame(0x80 | kBinary, deflated(std::string(1'000, 'x'))), {"binary(" + std::string(1'000, 'x') + ")"},
                  0, kTakeover, 1'000);
  expect_inflated(frame(0x80 | kBinary, deflated(std::string(1'001, 'x'))), {}, kTooBig, kTakeover, 1'000);
  std::mt19937 random(3);
  std::string noise;
  while (noise.size() < 1'000) noise.push_back(static_cast<char>(random()));
  ASSERT_GT(deflated(noise).size(), noise.size());
  expect_inflated(frame(0x80 | kBinary, deflated(noise)), {"binary(" + noise + ")"}, 0, kTakeover, 1'000);
}

TEST(WebSocketDeflate, a_bomb_ends_with_1009_before_it_has_taken_memory) {
  const std::string stream = frame(0x80 | kBinary, deflated(std::string(64u << 20, '\0')));
  Reader reader(Role::kClient, 1 << 20);
  reader.expect_compressed(kTakeover);
  Recorder recorder;
  EXPECT_EQ(reader.feed(stream, recorder), kTooBig);
  EXPECT_TRUE(recorder.log.empty());
}

TEST(WebSocketDeflate, masked_frames_are_inflated_by_a_server) {
  std::string stream;
  append_masked_frame(stream, Opcode::kText, deflated("to the server"), 0x12345678, {.compressed = true});
  Reader reader(Role::kServer);
  reader.expect_compressed(kAlone);
  Recorder recorder;
  EXPECT_EQ(reader.feed(stream, recorder), 0);
  EXPECT_EQ(recorder.log, Log{"text(to the server)"});
}

class Sizes final : public Recorder {
 public:
  void on_compressed(std::size_t payload_bytes) override { log.push_back(std::to_string(payload_bytes)); }
};

TEST(WebSocketDeflate, the_size_on_the_wire_is_told_before_each_compressed_message) {
  const std::string payload = deflated("Hello");
  Reader reader(Role::kClient);
  reader.expect_compressed(kTakeover);
  Sizes sizes;
  reader.feed(frame(kText, payload.substr(0, 3)) + frame(0x80, payload.substr(3)) + frame(0x81, "plain"), sizes);
  EXPECT_EQ(sizes.log, (Log{"7", "text(Hello)", "text(plain)"}));
}

TEST(WebSocketDeflate, is_read_without_operator_new_once_the_thread_is_warm_and_nothing_is_kept_between_messages) {
  const std::string stream = frame(0x80 | kBinary, deflated(std::string(500, 'x')));
  Counter counter;
  const auto read = [&](Reader& reader) {
    reader.expect_compressed(kAlone);
    ASSERT_EQ(reader.feed(Bytes(stream).substr(0, 4), counter), 0);
    ASSERT_EQ(reader.feed(Bytes(stream).substr(4), counter), 0);
    ASSERT_FALSE(reader.mid_message());
  };
  Reader warm(Role::kClient);
  read(warm);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    Reader fresh(Role::kClient);
    read(fresh);
    read(warm);
  }
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(counter.bytes, 201U * 500);
}

}  // namespace
