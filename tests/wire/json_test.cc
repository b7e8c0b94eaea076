#include "wire/json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"

namespace {

namespace json = wire::json;
using wire::Bytes;

std::vector<std::string> elements(Bytes text, bool& failed) {
  std::vector<std::string> found;
  json::Array array(text);
  Bytes element;
  while (array.next(element)) found.emplace_back(element);
  failed = array.failed();
  return found;
}

std::string text_of(Bytes literal) {
  std::string scratch;
  EXPECT_EQ(json::string_length(literal), literal.size()) << literal;
  return std::string(json::string_of(literal, scratch));
}

std::string literal(Bytes text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

TEST(Json, values_of_rfc_8259_are_taken) {
  for (const Bytes text : {"0",
                           "-0",
                           "10",
                           "-1.5",
                           "1e5",
                           "1E+5",
                           "0.1e-10",
                           "true",
                           "false",
                           "null",
                           "\"\"",
                           "\"a\"",
                           "[]",
                           "[ ]",
                           "{}",
                           "{ }",
                           "[1,2]",
                           " [ 1 , 2 ] ",
                           "{\"a\":1}",
                           "{ \"a\" : [ { } ] , \"b\" : null }",
                           "\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                           "\t\n\r 1"}) {
    EXPECT_TRUE(json::is_value(text)) << text;
  }
}

TEST(Json, what_is_no_value_is_refused) {
  for (const Bytes text :
       {"",       " ",       "01",       "+1",         "1.",      ".5",      "1e",          "1e+",        "-",
        "tru",    "nul",     "True",     "\"",         "\"\\\"",  "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"", "\"\n\"",
        "\"\t\"", "[",       "[1",       "[1,",        "[1,]",    "[,1]",    "[1 2]",       "[1]]",       "{",
        "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",   "{1:1}",   "{\"a\" 1}",   "{,}",        "1 2",
        "[1}",    "'a'",     "//",       "NaN",        "Infinity"}) {
    EXPECT_FALSE(json::is_value(text)) << text;
  }
  EXPECT_FALSE(json::is_value(Bytes("\"a\0b\"", 5)));
}

TEST(Json, no_beginning_of_a_value_is_read_past_its_end) {
  const Bytes text = R"(["a\u00e9\n",-1.5e+3,{"k":[true,false,null]},"0123456789abcdef"])";
  ASSERT_TRUE(json::is_value(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(json::is_value(Bytes(cut.data(), cut.size()))) << size;
  }
}

TEST(Json, nesting_has_a_limit) {
  const std::string deepest = std::string(json::kMaxDepth, '[') + std::string(json::kMaxDepth, ']');
  EXPECT_TRUE(json::is_value(deepest));
  EXPECT_FALSE(json::is_value("[" + deepest + "]"));
  EXPECT_FALSE(json::is_value(std::string(1'000'000, '[')));
  bool failed = false;
  elements(deepest, failed);
  EXPECT_FALSE(failed);
  elements("[" + deepest + "]", failed);
  EXPECT_TRUE(failed);
}

TEST(Json, elements_of_an_array_are_found_where_they_lie) {
  bool failed = true;
  EXPECT_EQ(elements(R"( [ "a,]" , [1,2] ,{"b":"]"}, -1 ] )", failed),
            (std::vector<std::string>{"\"a,]\"", "[1,2]", "{\"b\":\"]\"}", "-1"}));
  EXPECT_FALSE(failed);
  EXPECT_TRUE(elements("[]", failed).empty());
  EXPECT_FALSE(failed);
  EXPECT_EQ(elements("[1,2", failed).size(), 2u);
  EXPECT_TRUE(failed);
  elements("[1] 2", failed);
  EXPECT_TRUE(failed);
  elements("{}", failed);
  EXPECT_TRUE(failed);
}

TEST(Json, a_member_is_found_by_its_name_and_not_by_a_value_of_that_text) {
  const Bytes text = R"({"x":{"a":0},"\u0061":"one","a":2,"b" : "a"})";
  EXPECT_EQ(json::member(text, "a"), "\"one\"");
  EXPECT_EQ(json::member(text, "b"), "\"a\"");
  EXPECT_EQ(json::member(text, "c"), "");
  EXPECT_EQ(json::member("[1]", "a"), "");
}

TEST(Json, a_string_is_unescaped) {
  EXPECT_EQ(text_of(R"("plain")"), "plain");
  EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text_of(R"("\u0041\u00e9\u20ac\uD83D\uDE00")"), "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(text_of(R"("a\u0000b")"), bytes("a\0b"));
  EXPECT_EQ(text_of(R"("\ud83d")"), "\xef\xbf\xbd");
  EXPECT_EQ(text_of(R"("\ud83dx")"), "\xef\xbf\xbdx");
  EXPECT_EQ(text_of(R"("\ude00\ud83d\ud83d\ude00")"), "\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
  EXPECT_EQ(text_of(R"("\ud83d\n")"), "\xef\xbf\xbd\n");
}

TEST(Json, a_string_without_escapes_is_a_view_of_the_literal) {
  const std::string text = "\"0123456789 0123456789 0123456789\"";
  std::string scratch;
  const auto before = allocations();
  const Bytes value = json::string_of(text, scratch);
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(value.data(), text.data() + 1);
  EXPECT_EQ(value.size(), text.size() - 2);
}

TEST(Json, a_string_is_written_as_json_stringify_writes_it) {
  EXPECT_EQ(literal(""), R"("")");
  EXPECT_EQ(literal("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(literal("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(literal(bytes("\0\x01\x0b\x1f\x7f")), "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
  EXPECT_EQ(literal("\xc3\xa9\xe2\x80\xa8"), "\"\xc3\xa9\xe2\x80\xa8\"");
}

TEST(Json, every_byte_at_every_place_of_a_word_comes_back) {
  for (int c = 0; c < 0x80; ++c) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(c);
      EXPECT_EQ(text_of(literal(text)), text);
    }
  }
}

TEST(Json, a_whole_number_is_one_that_javascript_counts_exactly) {
  EXPECT_EQ(json::whole_number("0"), 0u);
  EXPECT_EQ(json::whole_number("9007199254740991"), 9007199254740991u);
  for (const Bytes text : {"", "9007199254740992", "-1", "1.0", "1e3", "\"1\"", "null"}) {
    EXPECT_FALSE(json::whole_number(text).has_value()) << text;
  }
}

}  // namespace
