// A listening socket of loopback for servers that a test writes out by hand: blocking calls, one after the other.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/address.h"

namespace loadgen {

class BlockingListener {
 public:
  explicit BlockingListener(int backlog) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, backlog), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = net::resolve("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  }
  ~BlockingListener() { close(socket_); }
  BlockingListener(const BlockingListener&) = delete;
  BlockingListener& operator=(const BlockingListener&) = delete;

  // Of connections that are accepted from now on.
  void set_receive_buffer(int bytes) { setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }
  void set_backlog(int backlog) { EXPECT_EQ(listen(socket_, backlog), 0); }
  // Connects until nobody else can: the kernel drops what does not fit into the queue. They are the caller's.
  std::vector<int> fill_backlog() const {
    std::vector<int> connections;
    for (pollfd last{}; last.fd == 0 || poll(&last, 1, 200) == 1;) {
      last = {socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), POLLOUT, 0};
      connections.push_back(last.fd);
      connect(last.fd, address_.get(), address_.size());
    }
    return connections;
  }

  const net::Address& address() const { return address_; }
  int accept_one() { return accept(socket_, nullptr, nullptr); }  // the caller's; negative after end()
  // Somebody connects; false when nobody does for longer than any test may take.
  bool is_asked() const {
    pollfd queue{socket_, POLLIN, 0};
    return poll(&queue, 1, 30'000) == 1;
  }
  void end() { shutdown(socket_, SHUT_RDWR); }  // from another thread

 private:
  const int socket_ = socket(AF_INET, SOCK_STREAM, 0);
  net::Address address_;
};

}  // namespace loadgen
