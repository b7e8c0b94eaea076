#include "wire/printable.h"

#include <gtest/gtest.h>

namespace wire {
namespace {

constexpr std::size_t kAll = 1'000;

TEST(Printable, TextOfAnyLanguageStaysAsItIs) {
  for (const char* text : {"", "Not Found", "a\\b \"c\"", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"})
    EXPECT_EQ(printable(text, kAll), text);
}

TEST(Printable, ControlCharactersAreWritten) {
  EXPECT_EQ(printable("\x1b]0;owned\x07", kAll), "\\x1b]0;owned\\x07");
  EXPECT_EQ(printable("ok\r\nrun 1 of 1: passed\t.", kAll), "ok\\r\\nrun 1 of 1: passed\\t.");
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2), kAll), "\\x00\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m",
                      kAll),
            "\\u009b31m")
      << "a terminal takes C1's CSI for ESC [";
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt\xe2\x80\xa8",
                      kAll),
            "\\u202etxt\\u2028");
}

TEST(Printable, BytesThatAreNoUtf8AreWritten) {
  EXPECT_EQ(printable("\xff", kAll), "\\xff");
  EXPECT_EQ(printable("\x9b"
                      "31m",
                      kAll),
            "\\x9b31m")
      << "CSI as a terminal without UTF-8 has it";
  EXPECT_EQ(printable("\xc3", kAll), "\\xc3") << "cut off";
  EXPECT_EQ(printable("\xc0\x8a", kAll), "\\xc0\\x8a") << "overlong";
  EXPECT_EQ(printable("\xe2\x82x", kAll), "\\xe2\\x82x");
  EXPECT_EQ(printable("\xed\xa0\x80", kAll), "\\xed\\xa0\\x80") << "half of a pair";
}

TEST(Printable, ALongTextIsCutBetweenTwoCharacters) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable("ab\xe2\x82\xac", 4), "ab…");
  EXPECT_EQ(printable("\r\n", 1), "\\r…") << "the limit is one of the text, not of what is written for it";
}

}  // namespace
}  // namespace wire
