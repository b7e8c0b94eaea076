#include "net/event_set.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <utility>

#include "net/system_calls.h"

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
  timespec limit{};
  if (timeout && *timeout > wire::Nanos(0)) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(*timeout);
    limit = {whole.count(), (*timeout - whole).count()};
  }
  const int count = wait_for_events(descriptor_, events_, timeout ? &limit : nullptr);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace net
