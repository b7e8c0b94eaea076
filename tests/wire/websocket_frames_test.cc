// Frames: the examples of RFC 6455 section 5.7, and the rules of section 5, each however the stream is cut.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"
#include "wire/websocket.h"

namespace {

using namespace wire::websocket;
using wire::Bytes;
using Role = Reader::Role;

class Recorder : public Reader::Handler {
 public:
  void on_message(Opcode type, Bytes payload) override { add(type == Opcode::kText ? "text" : "binary", payload); }
  void on_ping(Bytes payload) override { add("ping", payload); }
  void on_pong(Bytes payload) override { add("pong", payload); }
  void on_close(std::uint16_t code, Bytes reason) override { add("close " + std::to_string(code), reason); }

  std::vector<std::string> log;

 private:
  void add(const std::string& what, Bytes payload) { log.push_back(what + "(" + std::string(payload) + ")"); }
};

using Log = std::vector<std::string>;

void expect_read(Role role, const std::string& stream, const Log& log, std::uint16_t code = 0,
                 std::size_t max_message = 1 << 20) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 60)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    Reader reader(role, max_message);
    Recorder recorder;
    std::uint16_t result = 0;
    feed_pieces(pieces, [&](Bytes bytes) { return (result = reader.feed(bytes, recorder)) == 0; });
    ASSERT_EQ(result, code) << reader.error_text();
    ASSERT_EQ(recorder.log, log);
    ASSERT_EQ(std::string(reader.error_text()).empty(), code == 0);
    ASSERT_FALSE(code == 0 && reader.mid_message());
  });
}

void expect_refused(Role role, const std::string& stream, std::uint16_t code, const Log& log = {}) {
  expect_read(role, stream, log, code);
}

// An unmasked frame with any first byte.
std::string frame(unsigned first, const std::string& payload) {
  std::string out;
  append_header(out, Opcode::kText, payload.size());
  out[0] = static_cast<char>(first);
  return out + payload;
}

std::string message(const std::string& payload) {
  return frame(0x82, payload);
}

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
  append_header(out, Opcode::kText, 3, false);
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
    append_masked_frame(out, Opcode::kBinary, payload, 0xA100FF5C, size % 2 == 0);
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

TEST(WebSocketFrames, masking_is_required_or_forbidden_by_role) {
  expect_refused(Role::kServer, bytes("\x81\x05Hello"), kProtocolError);
  expect_refused(Role::kServer, bytes("\x81\x00"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x89\x80\x37\xfa\x21\x3d"), kProtocolError);
}

TEST(WebSocketFrames, reserved_bits_and_unknown_opcodes_are_refused) {
  for (const unsigned bit : {0x40u, 0x20u, 0x10u})
    expect_refused(Role::kClient, frame(0x81 | bit, "x"), kProtocolError);
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    expect_refused(Role::kClient, frame(0x80 | opcode, "x"), kProtocolError);
  }
}

TEST(WebSocketFrames, long_or_fragmented_control_frames_are_refused) {
  for (const unsigned opcode : {8u, 9u, 10u}) {
    expect_refused(Role::kClient, frame(0x80 | opcode, std::string(126, 'x')), kProtocolError);
    expect_refused(Role::kClient, frame(opcode, "xx"), kProtocolError);
  }
  expect_read(Role::kClient, frame(0x89, std::string(125, 'x')), {"ping(" + std::string(125, 'x') + ")"});
}

TEST(WebSocketFrames, wrong_order_of_fragments_is_refused) {
  expect_refused(Role::kClient, frame(0x80, "x"), kProtocolError);
  expect_refused(Role::kClient, frame(0x00, "x"), kProtocolError);
  expect_refused(Role::kClient, frame(0x81, "x") + frame(0x80, "y"), kProtocolError, {"text(x)"});
  expect_refused(Role::kClient, frame(0x01, "x") + frame(0x81, "y"), kProtocolError);
  expect_refused(Role::kClient, frame(0x02, "") + frame(0x02, "y"), kProtocolError);
}

TEST(WebSocketFrames, lengths_that_section_5_2_forbids_are_refused) {
  expect_refused(Role::kClient, bytes("\x82\x7E\x00\x7D"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x82\x7E\x00\x00"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x82\x7F\0\0\0\0\0\0\xFF\xFF"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x82\x7F\x80\0\0\0\0\0\0\0"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), kProtocolError);
}

TEST(WebSocketFrames, a_frame_to_be_refused_is_refused_at_the_end_of_its_header) {
  expect_read(Role::kClient, bytes("\x82\x0B"), {}, kTooBig, 10);
  expect_read(Role::kClient, bytes("\x82\x7E\x01\x00"), {}, kTooBig, 10);
  expect_read(Role::kClient, bytes("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), {}, kTooBig, 10);
  expect_read(Role::kServer, bytes("\x82\xFF\0\0\0\0\x01\0\0\0\x01\x02\x03\x04"), {}, kTooBig, 10);
  expect_refused(Role::kClient, bytes("\xC1\x05"), kProtocolError);
  expect_refused(Role::kClient, bytes("\x83\x05"), kProtocolError);
  expect_refused(Role::kServer, bytes("\x81\x05"), kProtocolError);
  expect_refused(Role::kClient, message("good") + bytes("\xC1\x05"), kProtocolError, {"binary(good)"});
}

TEST(WebSocketFrames, the_limit_holds_for_the_whole_message) {
  expect_read(Role::kClient, message("0123456789"), {"binary(0123456789)"}, 0, 10);
  expect_read(Role::kClient, frame(0x02, "01234") + frame(0x80, "56789"), {"binary(0123456789)"}, 0, 10);
  expect_read(Role::kClient, message("0123456789a"), {}, kTooBig, 10);
  expect_read(Role::kClient, frame(0x02, "01234") + bytes("\x80\x06"), {}, kTooBig, 10);
  expect_read(Role::kClient, frame(0x89, std::string(125, 'p')), {"ping(" + std::string(125, 'p') + ")"}, 0, 10);
}

TEST(WebSocketFrames, text_is_checked_across_fragments) {
  expect_read(Role::kClient, frame(0x81, "\xCE\xBA\xE1\xBD\xB9"), {"text(\xCE\xBA\xE1\xBD\xB9)"});
  expect_read(Role::kClient, frame(0x01, "\xF0\x9F") + frame(0x89, "\xFF") + frame(0x00, "\x98") + frame(0x80, "\x80"),
              {"ping(\xFF)", "text(\xF0\x9F\x98\x80)"});
  expect_refused(Role::kClient, frame(0x81, "a\xFF"), kInvalidPayload);
  expect_refused(Role::kClient, frame(0x81, "a\xE2\x82"), kInvalidPayload);
  expect_refused(Role::kClient, frame(0x01, "a\xE2\x82") + frame(0x80, ""), kInvalidPayload);
  expect_refused(Role::kClient, frame(0x01, "a\xE2\x82") + frame(0x80, "x"), kInvalidPayload);
  expect_read(Role::kClient, frame(0x82, "\xFF\xE2"), {"binary(\xFF\xE2)"});
}

TEST(WebSocketFrames, bad_text_is_refused_in_the_middle_of_a_frame) {
  expect_refused(Role::kClient, frame(0x81, std::string(100, 'x')).substr(0, 50) + "\xFF", kInvalidPayload);
  expect_refused(Role::kClient, frame(0x81, std::string(100, 'x')).substr(0, 50) + "\xED\xA0", kInvalidPayload);
}

TEST(WebSocketFrames, close_frames_carry_code_and_reason) {
  expect_read(Role::kClient, frame(0x88, ""), {"close 1005()"});
  expect_read(Role::kClient, frame(0x88, bytes("\x03\xE8")), {"close 1000()"});
  expect_read(Role::kClient, frame(0x88, bytes("\x03\xE9going")), {"close 1001(going)"});
  expect_refused(Role::kClient, frame(0x88, "\x03"), kProtocolError);
  expect_refused(Role::kClient, frame(0x88, bytes("\x03\xE8\xFF")), kInvalidPayload);
  expect_refused(Role::kClient, frame(0x88, bytes("\x03\xE8\xE2\x82")), kInvalidPayload);
}

TEST(WebSocketFrames, close_codes_are_those_of_section_7_4_and_of_the_registry) {
  for (const std::uint16_t code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    EXPECT_TRUE(is_sendable_close_code(code)) << code;
    expect_read(Role::kClient, frame(0x88, close_payload(code, "r")), {"close " + std::to_string(code) + "(r)"});
  }
  for (const std::uint16_t code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_FALSE(is_sendable_close_code(code)) << code;
    const std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    expect_refused(Role::kClient, frame(0x88, payload), kProtocolError);
  }
}

TEST(WebSocketFrames, nothing_follows_a_close_frame) {
  expect_read(Role::kClient, message("a") + frame(0x88, bytes("\x03\xE8")) + message("b") + "nonsense",
              {"binary(a)", "close 1000()"});
  expect_read(Role::kClient, frame(0x01, "unfinished") + frame(0x88, ""), {"close 1005()"});
}

TEST(WebSocketFrames, close_payload_is_cut_at_a_character_and_fits_a_control_frame) {
  EXPECT_EQ(close_payload(kNoStatus, "ignored"), "");
  EXPECT_EQ(close_payload(kNormal, "bye"), bytes("\x03\xE8"
                                                 "bye"));
  EXPECT_EQ(close_payload(kTooBig, std::string(123, 'x')), bytes("\x03\xF1") + std::string(123, 'x'));
  EXPECT_EQ(close_payload(kTooBig, std::string(124, 'x')), bytes("\x03\xF1") + std::string(123, 'x'));
  EXPECT_EQ(close_payload(kTooBig, std::string(122, 'x') + "\xC3\xA9"), bytes("\x03\xF1") + std::string(122, 'x'));
  EXPECT_EQ(close_payload(kTooBig, std::string(121, 'x') + "\xC3\xA9y"),
            bytes("\x03\xF1") + std::string(121, 'x') + "\xC3\xA9");
  EXPECT_EQ(close_payload(kTooBig, std::string(120, 'x') + "\xF0\x9F\x98\x80"),
            bytes("\x03\xF1") + std::string(120, 'x'));
}

class Stopper : public Recorder {
 public:
  explicit Stopper(Reader& reader) : reader_(reader) {}
  void on_message(Opcode type, Bytes payload) override {
    Recorder::on_message(type, payload);
    if (payload == "stop") reader_.stop();
  }

 private:
  Reader& reader_;
};

TEST(WebSocketFrames, stop_ends_the_reading_after_the_callback_and_for_good) {
  for_every_cut(message("a") + message("stop") + message("b"), [](const std::vector<Bytes>& pieces) {
    Reader reader(Role::kClient);
    Stopper stopper(reader);
    for (const Bytes piece : pieces) ASSERT_EQ(reader.feed(piece, stopper), 0);
    ASSERT_TRUE(reader.stopped());
    ASSERT_EQ(stopper.log, (Log{"binary(a)", "binary(stop)"}));
  });
}

TEST(WebSocketFrames, what_a_stopped_or_failed_reader_left_behind_reaches_no_other_reader) {
  for (const std::string& stream : {message("stop") + message("left"), message("a") + bytes("\xC1\x01x\x82\x04left"),
                                    frame(0x88, "") + message("left"), frame(0x81, "\xFFxx") + message("left")}) {
    Reader first(Role::kClient);
    Stopper stopper(first);
    first.feed(stream, stopper);
    Reader second(Role::kClient);
    Recorder recorder;
    ASSERT_EQ(second.feed(message("mine"), recorder), 0);
    ASSERT_EQ(recorder.log, Log{"binary(mine)"});
  }
}

// Two ends in one thread, each answering the other from inside its callback.
class Echo : public Recorder {
 public:
  explicit Echo(Role role) : reader(role) {}
  void on_message(Opcode type, Bytes payload) override {
    Recorder::on_message(type, payload);
    if (peer == nullptr) return;
    EXPECT_EQ(peer->reader.feed(message(std::string(payload) + "!"), *peer), 0);
  }
  Reader reader;
  Echo* peer = nullptr;
};

TEST(WebSocketFrames, a_handler_may_feed_another_reader) {
  Echo a(Role::kClient);
  Echo b(Role::kClient);
  a.peer = &b;
  ASSERT_EQ(a.reader.feed(message("1") + message("2") + message("3").substr(0, 2), a), 0);
  ASSERT_EQ(a.reader.feed("3", a), 0);
  EXPECT_EQ(a.log, (Log{"binary(1)", "binary(2)", "binary(3)"}));
  EXPECT_EQ(b.log, (Log{"binary(1!)", "binary(2!)", "binary(3!)"}));
}

TEST(WebSocketFrames, interleaved_readers_with_incomplete_frames_do_not_mix) {
  const std::string streams[] = {message("first") + frame(0x02, "fr") + frame(0x80, "ag"),
                                 message("SECOND") + message("more")};
  Reader readers[] = {Reader(Role::kClient), Reader(Role::kClient)};
  Recorder recorders[2];
  for (std::size_t at = 0; at < 20; ++at) {
    for (int i = 0; i < 2; ++i) {
      if (at >= streams[i].size()) continue;
      ASSERT_EQ(readers[i].feed(Bytes(streams[i]).substr(at, 1), recorders[i]), 0);
    }
  }
  EXPECT_EQ(recorders[0].log, (Log{"binary(first)", "binary(frag)"}));
  EXPECT_EQ(recorders[1].log, (Log{"binary(SECOND)", "binary(more)"}));
}

class Counter final : public Reader::Handler {
 public:
  void on_message(Opcode, Bytes payload) override { bytes += payload.size(); }
  void on_ping(Bytes) override {}
  void on_pong(Bytes) override {}
  void on_close(std::uint16_t, Bytes) override {}
  std::size_t bytes = 0;
};

TEST(WebSocketFrames, are_read_without_operator_new_once_the_thread_is_warm) {
  std::string stream;
  for (int i = 0; i < 100; ++i) stream += frame(0x81, std::string(100, 'x'));
  Counter counter;
  const auto read_all = [&](Reader& reader) {
    ASSERT_EQ(reader.feed(stream, counter), 0);
    ASSERT_EQ(reader.feed(Bytes(stream).substr(0, 5000), counter), 0) << "ends inside a frame";
    ASSERT_EQ(reader.feed(Bytes(stream).substr(5000), counter), 0);
  };
  Reader warm(Role::kClient);
  read_all(warm);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 10; ++i) {
    Reader fresh(Role::kClient);
    read_all(warm);
    read_all(fresh);
  }
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.bytes, 21u * 2 * 100 * 100);
}

}  // namespace
