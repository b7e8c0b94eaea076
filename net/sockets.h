// The sockets of one loop: one epoll set, which libuv watches as a single handle. A uv_tcp_t takes 248 bytes a
// connection and a third of a microsecond an event, for features that nobody here uses; a million idle connections, and
// a message that costs the kernel six microseconds, want neither. libuv stays the loop: timers, wake-ups, signals,
// listeners.
#pragma once

#include <sys/epoll.h>
#include <uv.h>

#include <array>
#include <cstdint>

namespace net {

class Tcp;

class Sockets {
 public:
  explicit Sockets(uv_loop_t* loop) : loop_(loop) {}
  ~Sockets() { close(); }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  void close();  // before the loop closes

  // Changes what `tcp` hears of its descriptor (EPOLLIN, EPOLLOUT; hang-ups and errors come with either, and with
  // neither nothing comes) from `before` to `after`. On the loop's own thread; the first call opens the epoll set. 0 or
  // a negative errno.
  int watch(Tcp& tcp, int descriptor, std::uint32_t before, std::uint32_t after);

 private:
  int open();
  void dispatch();

  // As many as libuv takes at once: what they bring is flushed before the next batch is asked for.
  static constexpr int kBatch = 1024;
  uv_loop_t* loop_;
  uv_poll_t* poll_ = nullptr;  // lives until libuv has closed it
  int descriptor_ = -1;
  std::array<epoll_event, kBatch> events_;
};

}  // namespace net
