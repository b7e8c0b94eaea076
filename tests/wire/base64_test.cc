#include "wire/base64.h"

#include <gtest/gtest.h>

namespace {

using wire::base64;

TEST(Base64, vectors_of_rfc_4648_section_10) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
}

TEST(Base64, is_appended_and_goes_on_over_a_block_of_three_mebibytes) {
  std::string out = "data:";
  wire::append_base64(out, std::string((3u << 20) + 1, '\0'));
  EXPECT_EQ(out.size(), 5 + (4u << 20) + 4);
  EXPECT_EQ(out.substr(0, 9), "data:AAAA");
  EXPECT_TRUE(out.ends_with("AAAAAA=="));
  EXPECT_EQ(out.find('\0'), std::string::npos);
}

}  // namespace
