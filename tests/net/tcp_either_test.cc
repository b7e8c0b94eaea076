// What holds for a connection whether TLS is in it or not.
#include <gtest/gtest.h>

#include <string>

#include "pair.h"

namespace net {
namespace {

class EitherTcp : public testing::TestWithParam<bool> {
 protected:
  const bool tls = GetParam();
};

INSTANTIATE_TEST_SUITE_P(, EitherTcp, testing::Bool(),
                         [](const auto& with) { return with.param ? "WithTls" : "Plain"; });

TEST_P(EitherTcp, FinishSendsWhatIsQueuedThenTheEnd) {
  Pair pair(tls, tls);
  const std::string block(4 << 20, 'y');
  pair.client.on_opened = [&] {
    pair.client.tcp->send(wire::Bytes(block));
    Tcp::finish(std::move(pair.client.tcp));
  };
  pair.server.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.received.size(), block.size());
  EXPECT_EQ(pair.server.close_error, 0);
  EXPECT_FALSE(pair.server.truncated);
  EXPECT_EQ(pair.client.closed, 0);  // no event after finish()
}

void drop_inside(int event, Pair& pair) {
  pair.client.on_opened = [&pair, event] {
    pair.client.tcp->send(wire::Bytes("x"));
    if (event == 0) pair.client.tcp.reset();
  };
  pair.server.on_received = [&pair, event] {
    pair.server.tcp->send(wire::Bytes("y"));
    if (event == 1) pair.server.tcp.reset();
  };
  pair.server.on_closed = [&pair] {
    pair.server.tcp.reset();
    pair.loop.stop();
  };
  pair.client.on_received = [&pair] { pair.client.tcp.reset(); };
  pair.client.on_closed = [&pair] {
    pair.client.tcp.reset();
    pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_TRUE(pair.client.tcp == nullptr || pair.server.tcp == nullptr);
}

TEST_P(EitherTcp, AHandlerMayDropItsConnectionInsideAnyEvent) {
  for (const int event : {0, 1, 2}) {
    Pair pair(tls, tls);
    drop_inside(event, pair);
  }
}

}  // namespace
}  // namespace net
