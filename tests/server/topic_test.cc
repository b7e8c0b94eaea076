#include "reference-server/log/topic.h"

#include <gtest/gtest.h>

namespace server {
namespace {

Topic topic_with(std::size_t count, LogLimits limits, std::size_t payload_size = 10) {
  Topic topic("t", 0, limits);
  for (std::size_t i = 1; i <= count; ++i) {
    std::string payload = std::to_string(i);
    payload.resize(payload_size, '.');
    topic.append({0, std::make_shared<const std::string>(payload), true});
  }
  return topic;
}

TEST(Topic, IsEmptyBeforeTheFirstMessage) {
  const Topic topic = topic_with(0, {});
  EXPECT_EQ(topic.head(), 0U);
  EXPECT_EQ(topic.first(), 1U);
  EXPECT_EQ(topic.bytes_through(0), 0U);
  EXPECT_EQ(topic.cursor_within(0), 0U);
}

TEST(Topic, NumbersMessagesFromOne) {
  const Topic topic = topic_with(3, {});
  EXPECT_EQ(topic.first(), 1U);
  EXPECT_EQ(topic.head(), 3U);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    EXPECT_EQ(topic.message(sequence).sequence, sequence);
    EXPECT_EQ(topic.message(sequence).bytes().substr(0, 1), std::to_string(sequence));
  }
}

TEST(Topic, KeepsTheNewestMessagesWhenThereAreTooMany) {
  for (const std::size_t limit : {1, 2, 15, 16, 17, 100}) {
    const Topic topic = topic_with(1'000, {.messages = limit, .bytes = SIZE_MAX});
    EXPECT_EQ(topic.head(), 1'000U);
    EXPECT_EQ(topic.first(), 1'001 - limit);
    for (std::uint64_t sequence = topic.first(); sequence <= topic.head(); ++sequence) {
      EXPECT_EQ(topic.message(sequence).bytes(),
                std::to_string(sequence) + std::string(10 - std::to_string(sequence).size(), '.'));
    }
  }
}

TEST(Topic, KeepsTheNewestMessagesWhenTheirPayloadIsTooMuch) {
  const Topic topic = topic_with(20, {.messages = 1'000, .bytes = 55});
  EXPECT_EQ(topic.first(), 16U);
}

TEST(Topic, KeepsTheNewestMessageWhateverItsSize) {
  const Topic topic = topic_with(3, {.messages = 1'000, .bytes = 5});
  EXPECT_EQ(topic.first(), 3U);
  EXPECT_EQ(topic.head(), 3U);
}

TEST(Topic, CountsThePayloadBehindACursor) {
  const Topic topic = topic_with(20, {.messages = 5, .bytes = SIZE_MAX});
  EXPECT_EQ(topic.bytes_through(20), 200U);
  EXPECT_EQ(topic.bytes_through(18), 180U);
  EXPECT_EQ(topic.bytes_through(15), 150U);
  EXPECT_EQ(topic.bytes_through(3), 150U) << "before the log: up to where it begins";
}

TEST(Topic, FindsTheCursorThatLeavesNoMoreThanSoMuch) {
  const Topic topic = topic_with(20, {.messages = 5, .bytes = SIZE_MAX});
  EXPECT_EQ(topic.cursor_within(0), 20U);
  EXPECT_EQ(topic.cursor_within(9), 20U);
  EXPECT_EQ(topic.cursor_within(10), 19U);
  EXPECT_EQ(topic.cursor_within(35), 17U);
  EXPECT_EQ(topic.cursor_within(1'000), 15U) << "no earlier than the log";
}

}  // namespace
}  // namespace server
