#include "net/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/clock.h"

namespace net {

namespace {

constexpr int kBacklog = 65'535;        // the kernel cuts it to net.core.somaxconn
constexpr int kAcceptsPerWakeUp = 128;  // then sockets that are open get their turn
constexpr auto kRest = std::chrono::milliseconds(100);

[[noreturn]] void fail(const char* what, const Address& address, int error) {
  throw std::runtime_error(std::string(what) + " " + address.text() + ": " + std::strerror(error));
}

int bound_socket(const Address& address, bool reuse_port) {
  const int socket = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) fail("cannot create a socket for", address, errno);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(socket, address.get(), address.size()) != 0) {
    const int error = errno;
    close(socket);
    fail("cannot listen on", address, error);
  }
  return socket;
}

Address name_of(int socket) {
  Address address;
  socklen_t size = sizeof address.storage;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address.storage), &size);
  return address;
}

}  // namespace

int reserve_port(Address& address) {
  if (address.port() != 0) {
    // SO_REUSEPORT would silently share the port with another server of the same user: ask without it first, listening
    // included.
    const int probe = bound_socket(address, false);
    const int error = listen(probe, 1) == 0 ? 0 : errno;
    close(probe);
    if (error != 0) fail("cannot listen on", address, error);
  }
  const int socket = bound_socket(address, true);
  address = name_of(socket);
  return socket;
}

int reserve_port_for_another(std::uint16_t& port) {
  const Address any = resolve(":0");
  const int socket = bound_socket(any, false);
  port = name_of(socket).port();
  return socket;
}

void Listener::open(const Address& address, bool reuse_port) {
  socket_ = bound_socket(address, reuse_port);
  if (listen(socket_, kBacklog) != 0) fail("cannot listen on", address, errno);
  poll_ = new uv_poll_t;
  if (const int error = uv_poll_init(loop_.uv(), poll_, socket_); error != 0) {
    delete std::exchange(poll_, nullptr);
    fail("cannot listen on", address, -error);
  }
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<Listener*>(poll->data)->accept_all(); });
}

Address Listener::address() const {
  return name_of(socket_);
}

void Listener::accept_all() {
  for (int i = 0; i < kAcceptsPerWakeUp && socket_ >= 0; ++i) {
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      handler_.on_accept(Tcp::adopt(loop_, connection, tls_));
      continue;
    }
    const int error = errno;
    if (error == EINTR || error == ECONNABORTED) continue;
    if (error != EAGAIN && error != EWOULDBLOCK) {
      uv_poll_stop(poll_);
      rest_.start(loop_.timers(), now() + kRest, *this);
      handler_.on_accept_error(-error);
    }
    return;
  }
}

void Listener::on_timer(Timer&) {
  uv_poll_start(poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<Listener*>(poll->data)->accept_all(); });
}

void Listener::close() {
  rest_.stop();
  if (poll_ != nullptr) {
    uv_poll_stop(poll_);
    uv_close(reinterpret_cast<uv_handle_t*>(poll_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    poll_ = nullptr;
  }
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

}  // namespace net
