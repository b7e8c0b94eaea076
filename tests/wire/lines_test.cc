#include "wire/lines.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "allocations.h"
#include "cuts.h"

namespace {

using wire::Bytes;
using wire::lines::Gap;
using wire::lines::Splitter;
using Log = std::vector<std::string>;

class Recorder : public Splitter::Handler {
 public:
  void on_message(Bytes payload) override { log.push_back("message(" + std::string(payload) + ")"); }
  void on_gap(Gap gap) override {
    log.push_back("gap(" + std::to_string(gap.first) + ".." + std::to_string(gap.last) + ")");
  }
  void on_bad_line(Bytes line) override { log.push_back("bad(" + std::string(line) + ")"); }

  Log log;
};

void expect_log(const std::string& body, const Log& expected, std::size_t max_line = 1 << 20) {
  for_every_cut(body, [&](const std::vector<Bytes>& pieces) {
    Splitter splitter(max_line);
    Recorder recorder;
    feed_pieces(pieces, [&](Bytes piece) {
      splitter.feed(piece, recorder);
      return true;
    });
    EXPECT_EQ(recorder.log, expected);
    EXPECT_EQ(splitter.mid_line(), !body.empty() && body.back() != '\n');
  });
}

std::string line_of(Bytes payload) {
  std::string out;
  wire::lines::append_message(out, payload);
  return out;
}

TEST(LinesWriter, text_is_sent_as_it_is) {
  EXPECT_EQ(line_of("hello"), "hello\n");
  EXPECT_EQ(line_of(""), "\n");
  EXPECT_EQ(line_of("caf\xc3\xa9 \r\t"), "caf\xc3\xa9 \r\t\n");
}

TEST(LinesWriter, line_feeds_and_dle_are_escaped) {
  EXPECT_EQ(line_of("a\nb"), "a\x10nb\n");
  EXPECT_EQ(line_of("\x10"),
            "\x10"
            "d\n");
  EXPECT_EQ(line_of("\n\n\x10\x10\n"),
            "\x10n\x10n\x10"
            "d\x10"
            "d\x10n\n");
  EXPECT_EQ(line_of("\x10gap 1 2"),
            "\x10"
            "dgap 1 2\n");
}

TEST(LinesWriter, a_gap_is_a_notice) {
  std::string out;
  wire::lines::append_gap(out, {5, 9});
  wire::lines::append_gap(out, {1, 18446744073709551615u});
  EXPECT_EQ(out, "\x10gap 5 9\n\x10gap 1 18446744073709551615\n");
}

TEST(Lines, messages_are_split_at_line_feeds) {
  expect_log("one\ntwo\n\nthree\r\nunfinished", {"message(one)", "message(two)", "message()", "message(three\r)"});
}

TEST(Lines, escapes_are_undone) {
  expect_log(
      "a\x10nb\n\x10"
      "d\nplain\n\x10n\n",
      {"message(a\nb)", "message(\x10)", "message(plain)", "message(\n)"});
}

TEST(Lines, every_byte_survives) {
  std::string payload;
  for (int first = 0; first < 256; ++first) payload += {static_cast<char>(first), '\n', '\x10', 'n', 'd', 'g'};
  std::string body = line_of(payload);
  EXPECT_EQ(body.find('\n'), body.size() - 1);
  body += line_of("next");
  expect_log(body, {"message(" + payload + ")", "message(next)"});
}

TEST(Lines, gap_notices_are_told_apart_from_messages) {
  expect_log(
      "a\n\x10gap 5 9\nb\n\x10"
      "dgap 5 9\n",
      {"message(a)", "gap(5..9)", "message(b)", "message(\x10gap 5 9)"});
}

TEST(Lines, unknown_notices_and_escapes_are_bad) {
  for (const std::string line : {"\x10", "a\x10", "\x10x", "a\x10gap 1 2", "a\x10z", "\x10gap", "\x10gap ", "\x10gap 1",
                                 "\x10gap 1 ", "\x10gap 1  2", "\x10gap 1 2 ", "\x10gap 2 1", "\x10gap -1 2",
                                 "\x10gap a b", "\x10gone 1 2", "\x10gap 1 18446744073709551616", "\x10n\x10n\x10"}) {
    expect_log("a\n" + line + "\nb\n", {"message(a)", "bad(" + line + ")", "message(b)"});
  }
}

TEST(Lines, a_gap_can_be_read_outside_a_body) {
  const auto gap = wire::lines::parse_gap(wire::lines::gap_text({5, 9}));
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->first, 5u);
  EXPECT_EQ(gap->last, 9u);
  EXPECT_FALSE(wire::lines::parse_gap("\x10gap 5 9").has_value());
  EXPECT_FALSE(wire::lines::parse_gap("").has_value());
}

TEST(Lines, a_line_over_the_limit_is_reported_once_by_its_beginning) {
  expect_log("12345\n123456\n1234567890\n1\n", {"message(12345)", "bad(12345)", "bad(12345)", "message(1)"}, 5);
  expect_log("1234567890", {"bad(12345)"}, 5);
}

TEST(Lines, reset_forgets_an_unfinished_line) {
  Splitter splitter(5);
  Recorder recorder;
  for (const Bytes old : {"old", "too long"}) {
    splitter.feed(old, recorder);
    EXPECT_TRUE(splitter.mid_line());
    splitter.reset();
    EXPECT_FALSE(splitter.mid_line());
    splitter.feed("new\n", recorder);
  }
  EXPECT_EQ(recorder.log, (Log{"message(new)", "bad(too l)", "message(new)"}));
}

class Resetter : public Recorder {
 public:
  void on_message(Bytes payload) override {
    Recorder::on_message(payload);
    splitter.reset();
  }
  void on_bad_line(Bytes line) override {
    Recorder::on_bad_line(line);
    splitter.reset();
  }
  Splitter splitter{10};
};

TEST(Lines, reset_inside_a_callback_drops_the_rest_of_the_read) {
  for (const std::string line : {"abc\n", "a\x10nbc\n",
                                 "a\x10"
                                 "zbc\n",
                                 "0123456789abcdef\n"}) {
    for (std::size_t cut = 0; cut < line.size(); ++cut) {
      Resetter handler;
      handler.splitter.feed(line.substr(0, cut), handler);
      if (handler.log.empty()) handler.splitter.feed(line.substr(cut) + "of the old\nconnection", handler);
      handler.splitter.feed("new\n", handler);
      ASSERT_EQ(handler.log.size(), 2u);
      EXPECT_EQ(handler.log[1], "message(new)");
    }
  }
}

// Splits what it is given once more: the unescaped payload must not move under its feet.
class Nester : public Recorder {
 public:
  void on_message(Bytes payload) override {
    Recorder inner;
    Splitter splitter;
    splitter.feed("x\x10ny\n", inner);
    Recorder::on_message(payload);
  }
};

TEST(Lines, a_handler_may_feed_another_splitter) {
  Splitter splitter;
  Nester nester;
  splitter.feed("a\x10nb\nc\x10nd\n", nester);
  EXPECT_EQ(nester.log, (Log{"message(a\nb)", "message(c\nd)"}));
}

class Counter : public Splitter::Handler {
 public:
  void on_message(Bytes) override { ++messages; }
  void on_gap(Gap) override {}
  void on_bad_line(Bytes) override {}
  int messages = 0;
};

TEST(LinesMemory, whole_lines_are_split_without_allocation) {
  const std::string body = line_of(std::string(100, 'x')) + line_of(std::string(100, '\n'));
  Splitter splitter;
  Counter counter;
  splitter.feed(body, counter);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 1000; ++i) splitter.feed(body, counter);
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.messages, 2002);
}

}  // namespace
