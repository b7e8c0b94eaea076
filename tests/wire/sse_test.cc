// Golden streams are those of the HTML Living Standard, section 9.2.6 "Interpreting an event stream", and one stream a
// rule of its grammar (9.2.5). Every stream is read whole, byte by byte, and cut at every place.
#include "wire/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "allocations.h"
#include "cuts.h"

namespace {

using wire::Bytes;
using wire::sse::Event;
using wire::sse::Parser;
using Log = std::vector<std::string>;

std::string event(const std::string& type, const std::string& data, const std::string& id = "") {
  return "event(" + type + "|" + data + "|" + id + ")";
}

class Recorder : public Parser::Handler {
 public:
  void on_event(const Event& event) override {
    log.push_back(::event(std::string(event.type), std::string(event.data), std::string(event.id)));
  }
  void on_retry(std::uint64_t milliseconds) override { log.push_back("retry(" + std::to_string(milliseconds) + ")"); }
  void on_comment(Bytes text) override { log.push_back("comment(" + std::string(text) + ")"); }
  void on_too_large() override { log.push_back("too large"); }

  Log log;
};

void expect_log(const std::string& stream, const Log& expected, std::size_t max_event = 1 << 20) {
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    Parser parser(max_event);
    Recorder recorder;
    feed_pieces(pieces, [&](Bytes piece) {
      parser.feed(piece, recorder);
      return true;
    });
    EXPECT_EQ(recorder.log, expected);
  });
}

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

TEST(SseLimit, data_up_to_the_limit_is_parsed) {
  expect_log("data: 123456\n\n", {event("", "123456")}, 12);
  expect_log("data: 123\ndata: 45678901\n\n", {event("", "123\n45678901")}, 14);
}

TEST(SseLimit, a_longer_line_ends_the_parsing) {
  expect_log("data: a\n\ndata: 1234567\n\ndata: b\n\n", {event("", "a"), "too large"}, 12);
  expect_log("data: 12345678901234", {"too large"}, 12);
  expect_log(": 12345678901234\n", {"too large"}, 12);
}

TEST(SseLimit, more_data_in_many_lines_ends_the_parsing) {
  expect_log("data: 123456\ndata: 123456\n\ndata: b\n\n", {"too large"}, 12);
}

TEST(SseLimit, reset_makes_the_parser_usable_again) {
  Parser parser(8);
  Recorder recorder;
  parser.feed("data: 1234567890", recorder);
  parser.reset();
  parser.feed("data: a\n\n", recorder);
  EXPECT_EQ(recorder.log, (Log{"too large", event("", "a")}));
}

TEST(SseReset, forgets_that_the_last_line_ended_with_cr) {
  Parser parser;
  Recorder recorder;
  parser.feed("data: a\r", recorder);
  parser.reset();
  parser.feed(
      "\n\xef\xbb\xbf"
      "data: b\n\ndata: c\n\n",
      recorder);  // no mark at the start: no field of a known name
  EXPECT_EQ(recorder.log, (Log{event("", "c")}));
}

// Resets the parser from inside every callback, as a session does whose host closes the connection at once.
class Resetter : public Recorder {
 public:
  void on_event(const Event& event) override {
    Recorder::on_event(event);
    parser.reset();
  }
  void on_retry(std::uint64_t milliseconds) override {
    Recorder::on_retry(milliseconds);
    parser.reset();
  }
  void on_comment(Bytes text) override {
    Recorder::on_comment(text);
    parser.reset();
  }
  Parser parser;
};

TEST(SseReset, inside_a_callback_drops_the_rest_of_the_read) {
  for (const std::string first :
       {"data: a\n\n", "data: a\ndata: b\n\n", "retry: 1\n", "data: a\nretry: 1\n", ": c\n"}) {
    Resetter handler;
    handler.parser.feed(first.substr(0, 3), handler);
    handler.parser.feed(first.substr(3) + "id: 9\ndata: of the old connection", handler);
    EXPECT_EQ(handler.log.size(), 1u);
    handler.parser.feed("data: new\n\n", handler);
    EXPECT_EQ(handler.log.back(), event("", "new"));
    EXPECT_EQ(handler.log.size(), 2u);
  }
}

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

class Counter : public Parser::Handler {
 public:
  void on_event(const Event& event) override {
    ++events;
    inside_read = event.data.data() >= read.data() && event.data.data() < read.data() + read.size();
  }
  void on_retry(std::uint64_t) override {}
  void on_too_large() override {}
  Bytes read;
  bool inside_read = false;
  int events = 0;
};

TEST(SseMemory, whole_events_are_parsed_without_allocation_or_copy) {
  const std::string read = "id: 1234567\ndata: " + std::string(100, 'x') + "\n\n";
  Parser parser;
  Counter counter;
  counter.read = read;
  const std::uint64_t before = allocations();
  for (int i = 0; i < 1000; ++i) parser.feed(read, counter);
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.events, 1000);
  EXPECT_TRUE(counter.inside_read);
}

TEST(SseMemory, events_of_several_lines_are_parsed_without_allocation) {
  const std::string read = "event: long-name-of-a-type\nid: 1\ndata: " + std::string(100, 'x') + "\r\ndata: y\r\n\r\n";
  Parser parser;
  Counter counter;
  parser.feed(read, counter);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 1000; ++i) parser.feed(read, counter);
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.events, 1001);
}

TEST(SseMemory, an_idle_parser_is_small) {
  EXPECT_LE(sizeof(Parser), 64u);
}

}  // namespace
