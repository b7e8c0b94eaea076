#include "net/event_set.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <utility>

namespace net {

int EventSet::open() {
  if (descriptor_ < 0) descriptor_ = epoll_create1(EPOLL_CLOEXEC);
  return descriptor_ < 0 ? -errno : 0;
}

void EventSet::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

int EventSet::watch(void* who, int descriptor, std::uint32_t before, std::uint32_t after) {
  if (before == after) return 0;
  if (const int error = open(); error != 0) return error;
  epoll_event event{};
  event.events = after;
  event.data.ptr = who;
  const int operation = before == 0 ? EPOLL_CTL_ADD : after == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  return epoll_ctl(descriptor_, operation, descriptor, &event) == 0 ? 0 : -errno;
}

std::span<const epoll_event> EventSet::wait(std::optional<wire::Nanos> timeout) {
  int count = 0;
  if (!timeout || *timeout <= wire::Nanos(0)) {
    count = epoll_wait(descriptor_, events_.data(), kBatch, timeout ? 0 : -1);
  } else {
    const auto whole = std::chrono::floor<std::chrono::seconds>(*timeout);
    const timespec limit{whole.count(), (*timeout - whole).count()};
    count = epoll_pwait2(descriptor_, events_.data(), kBatch, &limit, nullptr);
  }
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace net
