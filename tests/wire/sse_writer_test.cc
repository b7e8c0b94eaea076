// What the server writes, byte for byte.
#include "wire/sse.h"

#include <string>
#include <utility>

#include "sse_streams.h"

namespace {

using namespace sse_test;

TEST(SseWriter, writes_the_fields_an_event_has) {
  std::string out;
  wire::sse::append_event(out, {"", "hello", ""});
  wire::sse::append_event(out, {"gap", "{}", ""});
  wire::sse::append_event(out, {"", "x", "12"});
  EXPECT_EQ(out, "data: hello\n\nevent: gap\ndata: {}\n\nid: 12\ndata: x\n\n");
}

TEST(SseWriter, writes_a_data_line_for_each_line) {
  const std::pair<Bytes, Bytes> cases[] = {
      {"", "data: \n\n"},
      {"a\nb", "data: a\ndata: b\n\n"},
      {"a\rb\r\nc", "data: a\ndata: b\ndata: c\n\n"},
      {"\n", "data: \ndata: \n\n"},
      {"a\r", "data: a\ndata: \n\n"},
      {"\n\r\r\n", "data: \ndata: \ndata: \ndata: \n\n"},
      {" lead", "data:  lead\n\n"},
  };
  for (const auto& [data, expected] : cases) {
    std::string out;
    wire::sse::append_event(out, {"", data, ""});
    EXPECT_EQ(out, expected);
  }
}

TEST(SseWriter, writes_comments_and_retry_times_that_end_with_a_blank_line) {
  std::string out;
  wire::sse::append_comment(out, "heartbeat");
  wire::sse::append_comment(out, "");
  wire::sse::append_comment(out, "two\nlines");
  wire::sse::append_retry(out, 2500);
  EXPECT_EQ(out, ": heartbeat\n\n: \n\n: two\n: lines\n\nretry: 2500\n\n");
}

TEST(SseWriter, output_reads_back) {
  std::string out;
  wire::sse::append_retry(out, 1);
  wire::sse::append_event(out, {"t", "one\n\ntwo\n", "5"});
  wire::sse::append_comment(out, "x");
  wire::sse::append_event(out, {"", "", "6"});
  expect_log(out, {"retry(1)", event("t", "one\n\ntwo\n", "5"), "comment(x)", event("", "", "6")});
}

}  // namespace
