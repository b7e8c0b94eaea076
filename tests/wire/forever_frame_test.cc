#include "wire/forever_frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"

namespace {

using wire::Bytes;
using wire::forever_frame::Parser;
using Log = std::vector<std::string>;

class Recorder : public Parser::Handler {
 public:
  void on_message(std::uint64_t sequence, Bytes payload) override {
    log.push_back(std::to_string(sequence) + "(" + std::string(payload) + ")");
  }
  void on_gap(wire::lines::Gap gap) override {
    log.push_back("gap(" + std::to_string(gap.first) + ".." + std::to_string(gap.last) + ")");
  }
  void on_bad_script(Bytes script) override { log.push_back("bad(" + std::string(script) + ")"); }
  void on_too_large() override { log.push_back("too large"); }

  Log log;
};

void expect_log(const std::string& page, const Log& expected, std::size_t max_message = 1 << 20) {
  for_every_cut(page, [&](const std::vector<Bytes>& pieces) {
    Parser parser(max_message);
    Recorder recorder;
    feed_pieces(pieces, [&](Bytes piece) {
      parser.feed(piece, recorder);
      return true;
    });
    EXPECT_EQ(recorder.log, expected);
  });
}

std::string call(const std::string& arguments) {
  return "<script>parent.pushbench&&parent.pushbench(" + arguments + ")</script>\n";
}

std::string text_of(Bytes payload) {
  std::string out;
  wire::forever_frame::append_message(out, 7, payload, true);
  return out;
}

std::string bytes_of(Bytes payload) {
  std::string out;
  wire::forever_frame::append_message(out, 7, payload, false);
  return out;
}

TEST(ForeverFrameWriter, text_is_a_string_literal_in_a_call_of_the_parents_function) {
  EXPECT_EQ(text_of("hello"), call(R"(7,"hello")"));
  EXPECT_EQ(text_of(""), call(R"(7,"")"));
  EXPECT_EQ(text_of("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 'a' & b > c"),
            call("7,\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 'a' & b > c\""));
}

TEST(ForeverFrameWriter, what_html_or_javascript_would_take_amiss_is_escaped) {
  EXPECT_EQ(text_of("</script>"), call(R"(7,"\x3c/script>")"));
  EXPECT_EQ(text_of("<!-- <script> -->"), call(R"(7,"\x3c!-- \x3cscript> -->")"));
  EXPECT_EQ(text_of(R"(say "\n")"), call(R"(7,"say \"\\n\"")"));
  EXPECT_EQ(text_of(bytes("\0\1\r\n\t\x1f\x7f")), call(R"(7,"\x00\x01\x0d\n\x09\x1f\x7f")"));
  EXPECT_EQ(text_of("a\xe2\x80\xa8"
                    "b\xe2\x80\xa9"
                    "c\xe2\x80\xaa"),
            call("7,\"a\\u2028b\\u2029c\xe2\x80\xaa\""));
}

TEST(ForeverFrameWriter, bytes_are_one_character_each) {
  EXPECT_EQ(bytes_of("\x89PNG\r\n"), call(R"(7,"\x89PNG\x0d\n","bytes")"));
  EXPECT_EQ(bytes_of("\xe2\x80\xa8<\xff"), call(R"(7,"\xe2\x80\xa8\x3c\xff","bytes")"));
}

TEST(ForeverFrameWriter, a_gap_names_its_last_and_its_first) {
  std::string out;
  wire::forever_frame::append_gap(out, {5, 9});
  EXPECT_EQ(out, call(R"(9,5,"gap")"));
}

TEST(ForeverFrameWriter, the_page_begins_with_padding) {
  std::string out;
  wire::forever_frame::append_preamble(out);
  EXPECT_GT(out.size(), wire::forever_frame::kPadding);
  EXPECT_TRUE(out.starts_with("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n"));
  EXPECT_TRUE(out.ends_with(". -->\n"));
}

TEST(ForeverFrame, a_page_is_read) {
  std::string page = "<!DOCTYPE html>\n<meta charset=\"utf-8\"><!-- padding <script>--->\n\n";
  page += call(R"(1,"one")") + call(R"(2,"")") + "\n" + call(R"(9,3,"gap")") + call(R"(10,"\x89","bytes")") + "<scr";
  expect_log(page, {"1(one)", "2()", "gap(3..9)", "10(\x89)"});
}

TEST(ForeverFrame, the_preamble_holds_no_message) {
  std::string page;
  wire::forever_frame::append_preamble(page);
  expect_log(page + call(R"(1,"one")"), {"1(one)"});
}

TEST(ForeverFrame, escapes_are_undone) {
  expect_log(call(R"(1,"\"\\\n\x00\x3C\u2028\u2029")"), {bytes("1(\"\\\n\0<\xe2\x80\xa8\xe2\x80\xa9)")});
  expect_log(call(R"(1,"\\\"\\")"), {R"(1(\"\))"});
  expect_log(call(R"(1,"\",\"bytes\\")"), {R"(1(","bytes\))"});
}

TEST(ForeverFrame, every_byte_survives_as_bytes_and_every_ascii_byte_as_text) {
  std::string payload;
  for (int byte = 0; byte < 256; ++byte) payload += static_cast<char>(byte);
  const std::string ascii = payload.substr(0, 128);
  const std::string page = bytes_of(payload) + text_of(ascii);
  EXPECT_EQ(page.find('\n'), page.find("</script>") + 9) << "nothing but a script's end ends a line";
  expect_log(page, {"7(" + payload + ")", "7(" + ascii + ")"});
}

TEST(ForeverFrame, hostile_text_survives) {
  for (const std::string text : {"</script>", "</SCRIPT >", "<!--<script>", "-->", "\xe2\x80\xa8", "\xe2\x80", "\xe2",
                                 "\"", "\\", "\\\"", "\",\"bytes\")", "\")</script>", "9,5,\"gap\")", "\r\n\r", "<",
                                 "<script>parent.pushbench&&parent.pushbench(1,\"x\")</script>", "]]>", "&lt;&#0;"}) {
    expect_log(text_of(text) + text_of("next"), {"7(" + text + ")", "7(next)"});
  }
}

TEST(ForeverFrame, other_scripts_and_markup_are_skipped) {
  expect_log("<script>var a = '<b>';</script><p><s><script src=x></script><script></script>" + call(R"(1,"one")"),
             {"1(one)"});
}

TEST(ForeverFrame, a_call_that_no_writer_makes_is_bad) {
  for (const std::string arguments : {R"()",
                                      R"(1)",
                                      R"(1,)",
                                      R"(,"a")",
                                      R"(-1,"a")",
                                      R"(1,"a)",
                                      R"(1,a)",
                                      R"(1,"a"b")",
                                      R"(1,"\q")",
                                      R"(1,"\x8")",
                                      R"(1,"\xg0")",
                                      R"(1,"\x80")",
                                      R"(1,"\u2027")",
                                      R"(1,"\u202")",
                                      R"(1,"a\")",
                                      R"(1,"\u2028","bytes")",
                                      "1,\"\xc3\xa9\",\"bytes\"",
                                      R"(1,2,"gap")",
                                      R"(2,,"gap")",
                                      R"(2,1,"gape")",
                                      R"(18446744073709551616,"a")"}) {
    expect_log(call(arguments) + call(R"(1,"one")"),
               {"bad(parent.pushbench&&parent.pushbench(" + arguments + "))", "1(one)"});
  }
}

TEST(ForeverFrame, a_script_that_no_message_needs_is_too_large_and_ends_the_parsing) {
  const std::string largest = std::string(5, '\x01');
  expect_log(text_of(largest) + text_of(std::string(200, 'x')) + text_of("y"), {"7(" + largest + ")", "too large"}, 5);
  expect_log("<script>" + std::string(300, ' '), {"too large"}, 5);
}

TEST(ForeverFrame, reset_forgets_an_unfinished_page) {
  for (const Bytes old : {"<scri", "<!-- <", "<script>parent", "<script>0123456789"}) {
    Parser parser;
    Recorder recorder;
    parser.feed(old, recorder);
    parser.reset();
    EXPECT_FALSE(parser.mid_script());
    parser.feed(call(R"(1,"one")"), recorder);
    EXPECT_EQ(recorder.log, Log{"1(one)"});
  }
}

class Resetter : public Recorder {
 public:
  void on_message(std::uint64_t sequence, Bytes payload) override {
    Recorder::on_message(sequence, payload);
    parser.reset();
  }
  Parser parser;
};

TEST(ForeverFrame, reset_inside_a_callback_drops_the_rest_of_the_read) {
  const std::string page = call(R"(1,"a\"b")");
  for (std::size_t cut = 0; cut < page.size(); ++cut) {
    Resetter handler;
    handler.parser.feed(page.substr(0, cut), handler);
    if (handler.log.empty()) handler.parser.feed(page.substr(cut) + call(R"(2,"old")") + "<scr", handler);
    handler.parser.feed(call(R"(1,"new")"), handler);
    EXPECT_EQ(handler.log, (Log{"1(a\"b)", "1(new)"})) << cut;
  }
}

class Counter : public Parser::Handler {
 public:
  void on_message(std::uint64_t, Bytes) override { ++messages; }
  void on_gap(wire::lines::Gap) override {}
  void on_bad_script(Bytes) override {}
  void on_too_large() override {}
  int messages = 0;
};

TEST(ForeverFrameMemory, whole_scripts_are_read_without_allocation) {
  const std::string page = text_of(std::string(100, 'x')) + text_of(std::string(100, '"'));
  Parser parser;
  Counter counter;
  parser.feed(page, counter);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 1000; ++i) parser.feed(page, counter);
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.messages, 2002);
}

}  // namespace
