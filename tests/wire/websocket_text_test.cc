// UTF-8 of messages (RFC 6455 section 8.1), and what close frames say (sections 5.5.1 and 7.4).
#include "websocket_frames.h"

namespace {

using namespace frames;

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

TEST(WebSocketFrames, close_codes_that_a_server_says_of_itself_are_no_clients) {
  for (const std::uint16_t code : {1012, 1013, 1014}) {
    std::string stream;
    append_masked_frame(stream, Opcode::kClose, close_payload(code, "r"), 0x12345678);
    expect_refused(Role::kServer, stream, kProtocolError);
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

}  // namespace
