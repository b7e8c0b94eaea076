// What fanout_bench times is a whole delivery to everybody.
#include "fanout_path.h"

#include <gtest/gtest.h>

namespace server {
namespace {

class Fanout : public testing::TestWithParam<const char*> {};

TEST_P(Fanout, GivesEverySubscriberEveryMessageInOneWriteAnIteration) {
  constexpr std::size_t kSubscribers = 5;
  for (const std::size_t messages : {1, 16}) {
    FanoutPath path(GetParam(), kSubscribers);
    const std::uint64_t head = path.connections().front()->bytes();
    for (int i = 0; i < 3; ++i) path.publish(messages);
    EXPECT_EQ(path.delivered(), 3 * kSubscribers * messages);
    for (const auto& connection : path.connections()) {
      EXPECT_EQ(connection->writes(), 1U + 3U) << "the answer's head, and one for each iteration";
      EXPECT_GE(connection->bytes() - head, 3 * messages * FanoutPath::kPayload);
      EXPECT_EQ(connection->bytes(), path.connections().front()->bytes());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Streams, Fanout, testing::Values("http-streaming", "sse", "websocket"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace server
