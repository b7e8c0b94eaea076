#include "net/receive_delay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace net {
namespace {

struct Pair {  // over loopback: the kernel stamps nothing between UNIX sockets
  Pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener, 1);
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    reader = socket(AF_INET, SOCK_STREAM, 0);
    connect(reader, reinterpret_cast<sockaddr*>(&address), size);
    writer = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~Pair() {
    close(reader);
    close(writer);
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(write(writer, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    pollfd wait{reader, POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 10'000), 1);
  }
  int reader = -1;
  int writer = -1;
};

TEST(ReceiveDelay, IsKnownForWhatWaitsAndLeavesItThere) {
  Pair pair;
  ASSERT_TRUE(stamp_receives(pair.reader));
  EXPECT_FALSE(oldest_unread(pair.reader)) << "nothing has come";
  char bytes[16];
  pair.send("hello");
  auto first = oldest_unread(pair.reader);
  // Linux turns stamping on in a work queue, a moment after the machine's first socket has asked for it.
  for (int tries = 0; !first && tries < 10'000; ++tries) {
    ASSERT_EQ(read(pair.reader, bytes, sizeof bytes), 5);
    pair.send("hello");
    first = oldest_unread(pair.reader);
  }
  ASSERT_TRUE(first);
  const auto second = oldest_unread(pair.reader);
  ASSERT_TRUE(second);
  EXPECT_GE(*second, *first) << "it grows older";
  EXPECT_EQ(read(pair.reader, bytes, sizeof bytes), 5);
  EXPECT_FALSE(oldest_unread(pair.reader));
}

TEST(ReceiveDelay, IsUnknownWithoutStampsAndWithoutASocket) {
  Pair pair;
  pair.send("hello");
  EXPECT_FALSE(oldest_unread(pair.reader));
  EXPECT_FALSE(stamp_receives(-1));
  EXPECT_FALSE(oldest_unread(-1));
}

}  // namespace
}  // namespace net
