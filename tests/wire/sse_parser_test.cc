// The parser of event streams beside its grammar: limits, resets from inside its callbacks, and memory.
#include "wire/sse.h"

#include <string>

#include "allocations.h"
#include "sse_streams.h"

namespace {

using namespace sse_test;

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

TEST(SseParser, tells_exactly_how_many_bytes_say_nothing) {
  struct Filler final : Parser::Handler {
    void on_event(const Event&) override {}
    void on_retry(std::uint64_t) override {}
    void on_too_large() override {}
    void on_filler(std::size_t size) override { bytes += size; }
    std::size_t bytes = 0;
  };
  const auto expect_filler = [](const std::string& stream, std::size_t bytes) {
    for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
      Parser parser(1 << 20);
      Filler filler;
      for (const Bytes piece : pieces) parser.feed(piece, filler);
      EXPECT_EQ(filler.bytes, bytes) << stream;
    });
  };
  expect_filler(":\n\n", 3);
  expect_filler(":ka\n\n", 5);
  expect_filler(": ka\n\n", 6);
  expect_filler(":ka\r\n\r\n", 7);
  expect_filler(":ka\r\r", 5);
  expect_filler(":ka\ndata: x\n\n", 4);
  expect_filler("data: x\r\n:ka\r\n\r\n", 5);
  expect_filler("data: x\n\n:ka\n:ka\n\ndata: x\r\n\r\n", 9);
  expect_filler("retry: 1\n\n\n", 0);
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
