// The boundaries of every row of table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
#include "wire/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cuts.h"

namespace {

using wire::Bytes;
using wire::Utf8Validator;

const std::vector<std::string> kWellFormed = {
    bytes(""),
    bytes("\0"),
    bytes("\x7F"),
    bytes("plain ASCII that is longer than one machine word, and then some"),
    bytes("\xC2\x80"),
    bytes("\xDF\xBF"),
    bytes("\xE0\xA0\x80"),
    bytes("\xE0\xBF\xBF"),
    bytes("\xE1\x80\x80"),
    bytes("\xEC\xBF\xBF"),
    bytes("\xED\x80\x80"),
    bytes("\xED\x9F\xBF"),
    bytes("\xEE\x80\x80"),
    bytes("\xEF\xBF\xBF"),
    bytes("\xF0\x90\x80\x80"),
    bytes("\xF0\xBF\xBF\xBF"),
    bytes("\xF1\x80\x80\x80"),
    bytes("\xF3\xBF\xBF\xBF"),
    bytes("\xF4\x80\x80\x80"),
    bytes("\xF4\x8F\xBF\xBF"),
    bytes("sixteen bytes ..\xE2\x82\xAC, then ASCII again until another \xF0\x9F\x98\x80"),
};

struct IllFormed {
  std::string text;
  std::size_t bad;  // index of the first byte that cannot be there
};

const std::vector<IllFormed> kIllFormed = {
    {bytes("\x80"), 0},
    {bytes("\xBF"), 0},
    {bytes("\xC0\x80"), 0},
    {bytes("\xC1\xBF"), 0},
    {bytes("\xC2\x7F"), 1},
    {bytes("\xC2\xC0"), 1},
    {bytes("\xDF\x41"), 1},
    {bytes("\xE0\x9F\xBF"), 1},
    {bytes("\xE0\x80\x80"), 1},
    {bytes("\xE0\xA0\x7F"), 2},
    {bytes("\xE0\xA0\xC0"), 2},
    {bytes("\xE1\x7F\x80"), 1},
    {bytes("\xEC\xC0\x80"), 1},
    {bytes("\xED\xA0\x80"), 1},
    {bytes("\xED\xBF\xBF"), 1},
    {bytes("\xEF\xBF\x20"), 2},
    {bytes("\xF0\x8F\xBF\xBF"), 1},
    {bytes("\xF0\x90\x80\x7F"), 3},
    {bytes("\xF1\x80\x80\xC0"), 3},
    {bytes("\xF3\x80\x7F\x80"), 2},
    {bytes("\xF4\x90\x80\x80"), 1},
    {bytes("\xF5\x80\x80\x80"), 0},
    {bytes("\xFE"), 0},
    {bytes("\xFF"), 0},
    {bytes("0123456789abcde\xFF"), 15},
    {bytes("0123456789abcdef\xC3(and more text here)"), 17},
};

TEST(Utf8, well_formed_text_is_accepted_however_it_is_cut) {
  for (const std::string& text : kWellFormed) {
    EXPECT_TRUE(wire::is_utf8(text));
    for_every_cut(text, [](const std::vector<Bytes>& pieces) {
      Utf8Validator validator;
      for (const Bytes piece : pieces) ASSERT_TRUE(validator.feed(piece));
      ASSERT_TRUE(validator.complete());
    });
  }
}

TEST(Utf8, ill_formed_text_is_refused_at_the_first_byte_that_cannot_be_there) {
  for (const IllFormed& row : kIllFormed) {
    SCOPED_TRACE(testing::PrintToString(row.text));
    EXPECT_FALSE(wire::is_utf8(row.text));
    Utf8Validator validator;
    for (std::size_t i = 0; i < row.text.size(); ++i) {
      EXPECT_EQ(validator.feed(Bytes(row.text).substr(i, 1)), i < row.bad) << "byte " << i;
    }
  }
}

TEST(Utf8, a_prefix_of_a_character_is_valid_so_far_and_incomplete) {
  for (const char* text : {"\xC3", "\xE2", "\xE2\x82", "\xF0", "\xF0\x9F", "\xF0\x9F\x98"}) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(text));
    EXPECT_FALSE(validator.complete());
    EXPECT_FALSE(wire::is_utf8(text));
  }
}

TEST(Utf8, stays_invalid_until_reset) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.feed("\xFF"));
  EXPECT_FALSE(validator.feed("good text"));
  EXPECT_FALSE(validator.feed(""));
  EXPECT_FALSE(validator.complete());
  validator.reset();
  EXPECT_TRUE(validator.feed("good text"));
  EXPECT_TRUE(validator.complete());
}

// Independent of the tables: encode every code point by arithmetic, and compare every pair of first and second byte.
TEST(Utf8, agrees_with_the_encoding_of_all_code_points_on_the_first_two_bytes) {
  std::vector<bool> valid(0x10000);
  for (unsigned code_point = 0x80; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point < 0xE000) continue;  // surrogates
    const unsigned size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    const unsigned mark = size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0;
    const unsigned first = mark | code_point >> (6 * (size - 1));
    const unsigned second = 0x80 | (code_point >> (6 * (size - 2)) & 0x3F);
    valid[first << 8 | second] = true;
  }
  for (unsigned pair = 0x8000; pair < 0x10000; ++pair) {
    Utf8Validator validator;
    const char text[] = {static_cast<char>(pair >> 8), static_cast<char>(pair)};
    ASSERT_EQ(validator.feed(Bytes(text, 2)), valid[pair]) << std::hex << pair;
  }
}

}  // namespace
