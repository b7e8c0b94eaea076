#include "net/sockets.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/tcp.h"

namespace net {

int Sockets::open() {
  descriptor_ = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor_ < 0) return -errno;
  poll_ = new uv_poll_t;
  const int status = uv_poll_init(loop_, poll_, descriptor_);
  if (status < 0) return status;
  poll_->data = this;
  return uv_poll_start(poll_, UV_READABLE,
                       [](uv_poll_t* poll, int, int) { static_cast<Sockets*>(poll->data)->dispatch(); });
}

void Sockets::close() {
  if (poll_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(poll_, nullptr)),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  }
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

int Sockets::watch(Tcp& tcp, int descriptor, std::uint32_t before, std::uint32_t after) {
  if (before == after) return 0;
  if (const int error = descriptor_ < 0 ? open() : 0; error != 0) return error;
  epoll_event event{};
  event.events = after;
  event.data.ptr = &tcp;
  const int operation = before == 0 ? EPOLL_CTL_ADD : after == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  return epoll_ctl(descriptor_, operation, descriptor, &event) == 0 ? 0 : -errno;
}

// A connection that an earlier event of the batch has ended is still there (Loop frees it at the end of the iteration)
// and takes no notice.
void Sockets::dispatch() {
  const int count = epoll_wait(descriptor_, events_.data(), kBatch, 0);
  for (int i = 0; i < count; ++i) static_cast<Tcp*>(events_[i].data.ptr)->ready(events_[i].events);
}

}  // namespace net
