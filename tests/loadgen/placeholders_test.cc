#include "loadgen/scenario/placeholders.h"

#include <gtest/gtest.h>

namespace loadgen {
namespace {

const Placeholders kValues = {{"nginx.port", "40123"}, {"nginx.folder", "/tmp/x"}};

std::string expanded(std::string_view text) {
  const auto result = expand(text, kValues);
  return result ? *result.value : "error: " + result.error;
}

TEST(Placeholders, AreReplacedEverywhere) {
  EXPECT_EQ(expanded(""), "");
  EXPECT_EQ(expanded("a"), "a");
  EXPECT_EQ(expanded("${nginx.port}"), "40123");
  EXPECT_EQ(expanded("${nginx.folder}/a:${nginx.port};${nginx.port}"), "/tmp/x/a:40123;40123");
}

TEST(Placeholders, LeaveOtherDollarsAlone) {
  EXPECT_EQ(expanded("$host $$ {a} $"), "$host $$ {a} $");
  EXPECT_EQ(expanded("a $${host} ${nginx.port}"), "a ${host} 40123");
  EXPECT_EQ(expanded("$${"), "${");
}

TEST(Placeholders, ThatNobodySetAreAnErrorThatNamesThoseThereAre) {
  EXPECT_EQ(expanded("${nginx.prot}"), "error: unknown placeholder ${nginx.prot}: did you mean ${nginx.port}?");
  EXPECT_EQ(expanded("${nope}"), "error: unknown placeholder ${nope}: one of ${nginx.folder}, ${nginx.port}");
  EXPECT_EQ(expanded("a ${nginx.port\nb"),
            "error: '${nginx.port' is not closed: write ${nginx.port}, or $${ for ${ itself");
}

TEST(Placeholders, AreFoundUnlessEscaped) {
  EXPECT_TRUE(names_placeholder("a ${nginx.port}", "nginx.port"));
  EXPECT_TRUE(names_placeholder("$${nginx.port} ${nginx.port}", "nginx.port"));
  EXPECT_FALSE(names_placeholder("$${nginx.port} ${nginx.folder}", "nginx.port"));
}

}  // namespace
}  // namespace loadgen
