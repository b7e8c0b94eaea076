// Golden streams are those of the HTML Living Standard, section 9.2.6 "Interpreting an event stream", and one stream a
// rule of its grammar (9.2.5). Every stream is read whole, byte by byte, and cut at every place.
#include "wire/sse.h"

#include <string>

#include "sse_streams.h"

namespace {

using namespace sse_test;

std::string replace_line_ends(const std::string& stream, const std::string& by) {
  std::string result;
  for (const char byte : stream) result += byte == '\n' ? by : std::string(1, byte);
  return result;
}

TEST(SseStandard, stock_ticker_lines_are_joined_by_line_feeds) {
  expect_log("data: YHOO\ndata: +2\ndata: 10\n\n", {event("", "YHOO\n+2\n10")});
}

TEST(SseStandard, test_stream_with_comment_ids_and_an_event_cut_off_at_the_end) {
  const std::string stream =
      ": test stream\n\n"
      "data: first event\nid: 1\n\n"
      "data:second event\nid\n\n"
      "data:  third event\n";
  expect_log(stream, {"comment(test stream)", event("", "first event", "1"), event("", "second event", "")});
  expect_log(stream + "\n", {"comment(test stream)", event("", "first event", "1"), event("", "second event", ""),
                             event("", " third event", "")});
}

TEST(SseStandard, data_fields_without_values_make_one_empty_and_one_line_feed_event) {
  expect_log("data\n\ndata\ndata\n\ndata:", {event("", ""), event("", "\n")});
}

TEST(SseStandard, one_space_after_the_colon_is_optional) {
  expect_log("data:test\n\ndata: test\n\n", {event("", "test"), event("", "test")});
}

TEST(SseStandard, event_types_of_the_introduction_are_named) {
  expect_log("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
             {event("add", "73857293"), event("remove", "2153"), event("add", "113411")});
  expect_log(
      "data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n"
      "data: This is the third message.\n\n",
      {event("", "This is the first message."), event("", "This is the second message, it\nhas two lines."),
       event("", "This is the third message.")});
}

TEST(SseLineEnds, cr_lf_and_crlf_mean_the_same) {
  const std::string stream = ": c\nid: 1\ndata: a\ndata: b\n\ndata: c\n\nretry: 7\n";
  const Log expected = {"comment(c)", event("", "a\nb", "1"), event("", "c", "1"), "retry(7)"};
  for (const std::string end : {"\n", "\r", "\r\n"}) expect_log(replace_line_ends(stream, end), expected);
}

TEST(SseLineEnds, may_be_mixed_in_one_stream) {
  expect_log("data: a\r\ndata: b\rdata: c\n\r\ndata: d\n\rdata: e\r\r\ndata: f\r\n\n",
             {event("", "a\nb\nc"), event("", "d"), event("", "e"), event("", "f")});
}

TEST(SseLineEnds, a_line_feed_after_cr_of_the_last_read_is_no_blank_line) {
  expect_log("data: a\r\ndata: b\r\n\r\n", {event("", "a\nb")});
}

TEST(SseLineEnds, other_unicode_line_ends_are_ordinary_characters) {
  expect_log("data: a\xe2\x80\xa8\x0b\x0c\x85z\n\n", {event("", "a\xe2\x80\xa8\x0b\x0c\x85z")});
}

TEST(SseByteOrderMark, one_at_the_start_is_skipped) {
  expect_log(
      "\xef\xbb\xbf"
      "data: a\n\n",
      {event("", "a")});
}

TEST(SseByteOrderMark, a_second_one_and_later_ones_belong_to_the_field_name) {
  expect_log(
      "\xef\xbb\xbf\xef\xbb\xbf"
      "data: a\n\n\xef\xbb\xbf"
      "data: b\n\ndata: c\n\n",
      {event("", "c")});
}

TEST(SseByteOrderMark, a_part_of_one_belongs_to_the_first_line) {
  expect_log(
      "\xef\xbb"
      "data: a\ndata: b\n\n",
      {event("", "b")});
  expect_log(
      "\xef"
      "\n\ndata: b\n\n",
      {event("", "b")});
  expect_log("\xef\xbb\n", {});
}

TEST(SseFields, comments_are_handed_out_and_break_no_event) {
  expect_log(":\n: heartbeat\n:  two spaces\ndata: a\n:data: no\ndata: b\n\n",
             {"comment()", "comment(heartbeat)", "comment( two spaces)", "comment(data: no)", event("", "a\nb")});
}

TEST(SseFields, only_the_first_colon_divides_and_only_one_space_is_taken) {
  expect_log("data: a: b\n\ndata::c\n\ndata:   d \n\n", {event("", "a: b"), event("", ":c"), event("", "  d ")});
}

TEST(SseFields, unknown_names_other_cases_and_spaces_before_a_name_are_ignored) {
  expect_log(
      "Data: a\nDATA: b\n data: c\ndata : d\ndat: e\ndata2: f\nevents: g\nretrying\nunknown-name: h\nx\ndata: i\n\n",
      {event("", "i")});
}

TEST(SseFields, the_last_event_type_wins_and_an_empty_one_is_the_default) {
  expect_log("event: a\nevent: b\ndata: 1\n\nevent: a\nevent\ndata: 2\n\n", {event("b", "1"), event("", "2")});
}

TEST(SseFields, an_event_type_without_data_is_forgotten_at_the_blank_line) {
  expect_log("event: a\n\ndata: 1\n\n", {event("", "1")});
}

TEST(SseFields, data_keeps_bytes_that_are_no_text) {
  const std::string data("\0\xff\xfe{}", 5);
  expect_log("data: " + data + "\n\n", {event("", data)});
}

TEST(SseIds, stay_in_force_until_the_next_one) {
  expect_log("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
             {event("", "a", "1"), event("", "b", "1"), event("", "c", "2")});
}

TEST(SseIds, an_empty_one_resets) {
  for (const std::string empty : {"id\n", "id:\n", "id: \n"}) {
    expect_log("id: 1\ndata: a\n\n" + empty + "data: b\n\n", {event("", "a", "1"), event("", "b", "")});
  }
}

TEST(SseIds, one_that_contains_nul_is_ignored) {
  const std::string nul("\0", 1);
  expect_log("id: 1\ndata: a\n\nid: 2" + nul + "\ndata: b\n\n", {event("", "a", "1"), event("", "b", "1")});
}

TEST(SseIds, take_force_at_a_blank_line_without_data) {
  Parser parser;
  Recorder recorder;
  parser.feed("id: 7\n", recorder);
  EXPECT_EQ(parser.last_event_id(), "");
  parser.feed("\n", recorder);
  EXPECT_EQ(parser.last_event_id(), "7");
  EXPECT_EQ(recorder.log, Log());
}

TEST(SseIds, of_an_unfinished_event_are_forgotten_with_it) {
  for_every_cut("id: 1\ndata: a\n\nid: 2\ndata: b\n", [](const std::vector<Bytes>& pieces) {
    Parser parser;
    Recorder recorder;
    feed_pieces(pieces, [&](Bytes piece) {
      parser.feed(piece, recorder);
      return true;
    });
    EXPECT_EQ(parser.last_event_id(), "1");
    parser.reset();
    EXPECT_EQ(parser.last_event_id(), "1");
    parser.feed(
        "\xef\xbb\xbf"
        "data: c\n\n",
        recorder);
    EXPECT_EQ(recorder.log, (Log{event("", "a", "1"), event("", "c", "1")}));
  });
}

TEST(SseRetry, takes_ascii_digits_only) {
  expect_log("retry: 0\nretry: 3000\nretry:0012\n", {"retry(0)", "retry(3000)", "retry(12)"});
  expect_log("retry\nretry:\nretry: 1s\nretry: -1\nretry: +1\nretry: 1.5\nretry:  1\nretry: 1 \nretry: 0x1\n", {});
}

TEST(SseRetry, ignores_what_no_clock_can_wait_for) {
  expect_log("retry: 1000000000000\nretry: 1000000000001\nretry: 99999999999999999999999999\n",
             {"retry(1000000000000)"});
}

TEST(SseRetry, takes_effect_inside_an_unfinished_event) {
  expect_log("data: a\nretry: 5\ndata: b\n\n", {"retry(5)", event("", "a\nb")});
}

}  // namespace
