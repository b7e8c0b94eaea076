// A connection that goes from one loop to another.
#include <unistd.h>

#include <utility>

#include "net/tcp_secure.h"

namespace net {

Tcp::Moving::Moving(int socket, std::unique_ptr<Secure> secure) : socket_(socket), secure_(std::move(secure)) {}

Tcp::Moving::Moving(Moving&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), secure_(std::move(other.secure_)) {}

Tcp::Moving::~Moving() {
  if (socket_ >= 0) ::close(socket_);
}

Tcp::Moving Tcp::depart(Ptr tcp) {
  tcp->want(0);
  return {std::exchange(tcp->socket_, -1), std::move(tcp->secure_)};
}

Tcp::Ptr Tcp::arrive(Loop& loop, Moving moving, TlsCounts* counts) {
  Ptr tcp(new Tcp(loop, std::exchange(moving.socket_, -1)));
  tcp->secure_ = std::move(moving.secure_);
  if (tcp->secure_ != nullptr) tcp->secure_->tls.count_into(*counts);
  return tcp;
}

}  // namespace net
