// Frames: the examples of RFC 6455 section 5.7, lengths and fragments, each however the stream is cut.
#include "websocket_frames.h"

namespace {

using namespace frames;

TEST(WebSocketFrames, examples_of_section_5_7_are_read) {
  expect_read(Role::kClient, bytes("\x81\x05\x48\x65\x6c\x6c\x6f"), {"text(Hello)"});
  expect_read(Role::kServer, bytes("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), {"text(Hello)"});
  expect_read(Role::kClient, bytes("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"), {"text(Hello)"});
  expect_read(Role::kClient, bytes("\x89\x05\x48\x65\x6c\x6c\x6f"), {"ping(Hello)"});
  expect_read(Role::kServer, bytes("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), {"pong(Hello)"});
  const std::string small(256, 'b');
  expect_read(Role::kClient, bytes("\x82\x7E\x01\x00") + small, {"binary(" + small + ")"});
}

TEST(WebSocketFrames, the_64_kib_example_of_section_5_7_is_read_in_any_piece_size) {
  const std::string large(65536, 'b');
  const std::string stream = bytes("\x82\x7F\0\0\0\0\0\x01\0\0") + large;
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{4096}, std::size_t{65536}, stream.size()}) {
    Reader reader(Role::kClient);
    Recorder recorder;
    for (std::size_t at = 0; at < stream.size(); at += size)
      ASSERT_EQ(reader.feed(Bytes(stream).substr(at, size), recorder), 0);
    ASSERT_EQ(recorder.log, Log{"binary(" + large + ")"});
  }
}

TEST(WebSocketFrames, examples_of_section_5_7_are_written) {
  std::string out;
  append_frame(out, Opcode::kText, "Hello");
  EXPECT_EQ(out, bytes("\x81\x05\x48\x65\x6c\x6c\x6f"));
  out.clear();
  append_masked_frame(out, Opcode::kText, "Hello", 0x37fa213d);
  EXPECT_EQ(out, bytes("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
  out.clear();
  append_header(out, Opcode::kText, 3, {.fin = false});
  out += "Hel";
  append_header(out, Opcode::kContinuation, 2);
  out += "lo";
  EXPECT_EQ(out, bytes("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"));
  out.clear();
  append_masked_frame(out, Opcode::kPong, "Hello", 0x37fa213d);
  EXPECT_EQ(out, bytes("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
  out.clear();
  append_header(out, Opcode::kBinary, 256);
  EXPECT_EQ(out, bytes("\x82\x7E\x01\x00"));
  out.clear();
  append_header(out, Opcode::kBinary, 65536);
  EXPECT_EQ(out, bytes("\x82\x7F\0\0\0\0\0\x01\0\0"));
}

TEST(WebSocketFrames, lengths_are_written_in_their_shortest_form) {
  for (const auto& [size, header] : std::vector<std::pair<std::uint64_t, std::string>>{
           {0, bytes("\x82\x00")},
           {125, bytes("\x82\x7D")},
           {126, bytes("\x82\x7E\x00\x7E")},
           {65535, bytes("\x82\x7E\xFF\xFF")},
           {65536, bytes("\x82\x7F\0\0\0\0\0\x01\0\0")},
           {0x0123456789ABCDEF, bytes("\x82\x7F\x01\x23\x45\x67\x89\xAB\xCD\xEF")}}) {
    std::string out;
    append_header(out, Opcode::kBinary, size);
    EXPECT_EQ(out, header) << size;
  }
}

TEST(WebSocketFrames, masking_is_byte_by_byte_that_of_section_5_3_at_every_length) {
  const unsigned char key[] = {0xA1, 0x00, 0xFF, 0x5C};
  for (std::size_t size = 0; size < 140; ++size) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>(i * 7));
    std::string out = "before";
    append_masked_frame(out, Opcode::kBinary, payload, 0xA100FF5C, {.fin = size % 2 == 0});
    std::string expected = "before";
    expected.push_back(static_cast<char>(size % 2 == 0 ? 0x82 : 0x02));
    expected.push_back(static_cast<char>(0x80 | (size < 126 ? size : 126)));
    if (size >= 126) expected += {'\0', static_cast<char>(size)};
    expected.append(reinterpret_cast<const char*>(key), 4);
    for (std::size_t i = 0; i < size; ++i)
      expected.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ key[i % 4]));
    ASSERT_EQ(out, expected) << size;
  }
}

TEST(WebSocketFrames, empty_messages_and_fragments_are_read) {
  expect_read(Role::kClient, frame(0x81, "") + frame(0x82, "") + frame(0x89, ""), {"text()", "binary()", "ping()"});
  expect_read(Role::kClient, frame(0x01, "") + frame(0x00, "") + frame(0x80, ""), {"text()"});
  expect_read(Role::kServer, bytes("\x81\x80\x01\x02\x03\x04\x82\x80\x01\x02\x03\x04"), {"text()", "binary()"});
}

TEST(WebSocketFrames, control_frames_come_between_fragments) {
  expect_read(Role::kClient,
              frame(0x02, "one ") + frame(0x89, "p1") + frame(0x00, "two ") + frame(0x8A, "p2") + frame(0x80, "three") +
                  frame(0x81, "next"),
              {"ping(p1)", "pong(p2)", "binary(one two three)", "text(next)"});
}

TEST(WebSocketFrames, many_messages_in_one_read_larger_than_wslays_buffer_come_out_whole) {
  std::string stream;
  Log log;
  for (int i = 0; i < 300; ++i) {
    const std::string payload = std::to_string(i) + std::string(static_cast<std::size_t>(i * 37 % 400), 'x');
    stream += frame(i % 2 == 0 ? 0x81 : 0x82, payload);
    log.push_back((i % 2 == 0 ? "text(" : "binary(") + payload + ")");
  }
  for (const std::size_t size : {stream.size(), std::size_t{4096}, std::size_t{1500}, std::size_t{1}}) {
    Reader reader(Role::kClient);
    Recorder recorder;
    for (std::size_t at = 0; at < stream.size(); at += size)
      ASSERT_EQ(reader.feed(Bytes(stream).substr(at, size), recorder), 0);
    ASSERT_EQ(recorder.log, log);
    ASSERT_FALSE(reader.mid_message());
  }
}

}  // namespace
