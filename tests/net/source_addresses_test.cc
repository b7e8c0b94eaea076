#include "net/source_addresses.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace net {
namespace {

std::string hosts(const SourceAddresses& sources) {
  std::string out;
  for (const Address& address : sources.given()) out += (out.empty() ? "" : " ") + address.host();
  return out;
}

std::string from(const SourceAddresses& sources, std::uint32_t connection, const char* target = "192.0.2.1:80") {
  const auto address = sources.of(connection, resolve(target));
  return address ? address->host() : "any";
}

TEST(SourceAddresses, OneARangeANetworkAndIPv6AreTaken) {
  SourceAddresses sources;
  for (const char* text : {"10.0.0.5", "10.0.0.254-10.0.1.1", "10.0.1.9/29", "fd00::5"})
    EXPECT_EQ(sources.add(text), "") << text;
  EXPECT_EQ(hosts(sources),
            "10.0.0.5 10.0.0.254 10.0.0.255 10.0.1.0 10.0.1.1 10.0.1.9 10.0.1.10 10.0.1.11 10.0.1.12 10.0.1.13 "
            "10.0.1.14 [fd00::5]");
}

TEST(SourceAddresses, WhatIsNoneIsRefusedAndAddsNothing) {
  SourceAddresses sources;
  for (const char* text : {"", "localhost", "10.0.0", "10.0.0.5:80", "10.0.0.5-", "10.0.0.5-10.0.0.4", "10.0.0.0/31",
                           "10.0.0.0/7", "10.0.0.0/x", "fd00::/64", "fd00::1-fd00::2"})
    EXPECT_NE(sources.add(text).find(": write an address, a range such as"), std::string::npos) << text;
  EXPECT_EQ(sources.add("10.0.0.0/8"), "more than 4096 source addresses in all");
  EXPECT_EQ(hosts(sources), "");
  EXPECT_EQ(sources.add("10.0.0.1-10.0.16.0"), "");
  EXPECT_EQ(sources.given().size(), SourceAddresses::kMost);
  EXPECT_EQ(sources.add("fd00::5"), "more than 4096 source addresses in all");
}

TEST(SourceAddresses, EachServesFourteenThousandConnectionsAndThenTheFirstAgain) {
  SourceAddresses sources;
  EXPECT_EQ(sources.add("127.0.0.7-127.0.0.8"), "");
  EXPECT_EQ(from(sources, 0), "127.0.0.7");
  EXPECT_EQ(from(sources, 13'999), "127.0.0.7");
  EXPECT_EQ(from(sources, 14'000), "127.0.0.8");
  EXPECT_EQ(from(sources, 28'000), "127.0.0.7");
  EXPECT_EQ(sources.count_for(14'000, false), 1u);
  EXPECT_EQ(sources.count_for(14'001, false), 2u);
  EXPECT_EQ(sources.count_for(1'000'000, true), 2u);
  EXPECT_EQ(sources.text(20'000), "127.0.0.7 to 127.0.0.8");
}

TEST(SourceAddresses, WithoutAnyTheyAreOfLoopbackAndTheKernelsChoiceElsewhere) {
  const SourceAddresses sources;
  EXPECT_EQ(from(sources, 13'999, "127.0.0.1:80"), "any");
  EXPECT_EQ(from(sources, 14'000, "127.0.0.1:80"), "127.0.0.2");
  EXPECT_EQ(from(sources, 14'000, "192.0.2.1:80"), "any");
  EXPECT_EQ(from(sources, 14'000, "[::1]:80"), "any");
  EXPECT_EQ(sources.count_for(0, true), 1u);
  EXPECT_EQ(sources.count_for(28'000, true), 2u);
  EXPECT_EQ(sources.count_for(28'001, true), 3u);
  EXPECT_EQ(sources.count_for(28'001, false), 1u);
  EXPECT_EQ(sources.text(28'001), "127.0.0.1 to 127.0.0.3");
  EXPECT_EQ(sources.text(1), "127.0.0.1");
}

TEST(SourceAddresses, OneThatThisMachineDoesNotHaveIsFoundBeforeTheRun) {
  EXPECT_EQ(bind_error(resolve("127.0.0.9:0")), 0);
  EXPECT_EQ(bind_error(resolve("192.0.2.77:0")), EADDRNOTAVAIL);
}

}  // namespace
}  // namespace net
