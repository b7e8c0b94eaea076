#include "reference-server/log/hub.h"

#include <gtest/gtest.h>

#include <thread>

namespace server {
namespace {

TEST(Hub, PutsEveryPublishIntoEveryInboxInOneOrder) {
  Hub hub(10);
  Inbox one([] {});
  Inbox two([] {});
  hub.add(one);
  hub.add(two);
  constexpr std::uint64_t kEach = 2'000;
  auto publish = [&] {
    for (std::uint64_t i = 0; i < kEach; ++i) hub.publish("t", "x", true, nullptr);
  };
  std::thread other(publish);
  publish();
  other.join();
  for (Inbox* inbox : {&one, &two}) {
    std::vector<Published> items;
    inbox->take(items);
    ASSERT_EQ(items.size(), 2 * kEach);
    for (std::uint64_t i = 0; i < items.size(); ++i) ASSERT_EQ(items[i].message.sequence, i + 1);
  }
}

TEST(Hub, WakesAnInboxOnlyWhenItWasEmptyAndItsOwnerMayBeAsleep) {
  Hub hub(10);
  int own_wakes = 0;
  int other_wakes = 0;
  Inbox own([&] { ++own_wakes; });
  Inbox other([&] { ++other_wakes; });
  hub.add(own);
  hub.add(other);
  for (int i = 0; i < 3; ++i) hub.publish("t", "x", true, &own);
  EXPECT_EQ(own_wakes, 0);
  EXPECT_EQ(other_wakes, 1);
  EXPECT_FALSE(own.empty());
  std::vector<Published> items;
  other.take(items);
  EXPECT_TRUE(other.empty());
  hub.publish("t", "x", true, &own);
  EXPECT_EQ(other_wakes, 2);
}

TEST(Hub, TellsAPublisherToWaitForAnInboxThatIsFullAndWakesItWhenThatIsTaken) {
  Hub hub(10);
  int wakes = 0;
  Inbox own([&] { ++wakes; });
  Inbox other([] {});
  hub.add(own);
  hub.add(other);
  constexpr std::size_t kMessage = 100'000;
  std::size_t messages = 0;
  while (!hub.crowded(&own)) hub.publish("t", std::string(kMessage, 'x'), true, &own), ++messages;
  EXPECT_EQ(messages, 11U) << "a mebibyte";
  EXPECT_TRUE(hub.wait_for_room(own));
  std::vector<Published> items;
  EXPECT_TRUE(other.take(items));
  hub.wake_waiting();
  hub.wake_waiting();
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(hub.crowded(&own));
  EXPECT_FALSE(hub.wait_for_room(own));
}

TEST(Hub, CountsEachTopicByItself) {
  Hub hub(10);
  EXPECT_EQ(hub.publish("a", "x", true, nullptr), 1U);
  EXPECT_EQ(hub.publish("a", "x", true, nullptr), 2U);
  EXPECT_EQ(hub.publish("b", "x", true, nullptr), 1U);
}

TEST(Hub, CarriesTheOriginOfAMessageToEveryThread) {
  Hub hub(10);
  Inbox one([] {});
  Inbox two([] {});
  hub.add(one);
  hub.add(two);
  const std::uint64_t origin = hub.new_origin();
  EXPECT_NE(origin, 0U);
  EXPECT_NE(hub.new_origin(), origin);
  EXPECT_LT(origin, std::uint64_t{1} << 53);
  hub.publish("t", "x", true, &one, origin);
  for (Inbox* inbox : {&one, &two}) {
    std::vector<Published> items;
    inbox->take(items);
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].message.origin, origin);
  }
}

}  // namespace
}  // namespace server
