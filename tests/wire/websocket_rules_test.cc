// What section 5 of RFC 6455 forbids is refused, as soon as it can be seen.
#include "websocket_frames.h"

namespace {

using namespace frames;

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

}  // namespace
