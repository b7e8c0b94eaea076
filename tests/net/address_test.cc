#include "net/address.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace net {
namespace {

TEST(Address, KeepsHostAndPort) {
  EXPECT_EQ(resolve("127.0.0.1:8080").text(), "127.0.0.1:8080");
  EXPECT_EQ(resolve("[::1]:80").text(), "[::1]:80");
  EXPECT_EQ(resolve(":0").text(), "0.0.0.0:0");
}

TEST(Address, KnowsLoopback) {
  EXPECT_TRUE(resolve("127.8.9.10:1").is_loopback());
  EXPECT_TRUE(resolve("[::1]:1").is_loopback());
  EXPECT_FALSE(resolve("192.0.2.1:1").is_loopback());
}

TEST(Address, RefusesWhatIsNoAddressAndNamesIt) {
  for (const char* text :
       {"", "localhost", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:-1", "[::1:80"}) {
    try {
      resolve(text);
      ADD_FAILURE() << "accepted '" << text << "'";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(std::string("'") + text + "'"), std::string::npos) << error.what();
    }
  }
}

TEST(Address, LoopbackSourcesDifferAndAvoidNetworkAndBroadcastAddresses) {
  std::set<std::string> seen;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    const Address address = loopback_source(i);
    EXPECT_TRUE(address.is_loopback());
    EXPECT_TRUE(seen.insert(address.text()).second) << address.text();
    const std::string text = address.text();
    EXPECT_EQ(text.find(".255:"), std::string::npos);
    EXPECT_EQ(text.find(".0:0", text.find('.', 6)), std::string::npos) << text;
  }
  EXPECT_EQ(loopback_source(0).text(), "127.0.0.1:0");
}

}  // namespace
}  // namespace net
