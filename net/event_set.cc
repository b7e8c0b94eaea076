#include "net/event_set.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/system_calls.h"

namespace net {

int EventSet::probe() {
  EventSet watched;
  EventSet set;
  if (const int error = watched.open(); error != 0) return error;
  return set.watch(&watched, watched.descriptor_, 0, EPOLLIN);
}

int EventSet::open() {
  if (descriptor_ >= 0) return 0;
  descriptor_ = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor_ < 0) return -errno;
  exact_ = true;
  int count = wait_for_batch(wire::Nanos(0));
  if (count < 0 && errno == ENOSYS) {
    exact_ = false;
    count = wait_for_batch(wire::Nanos(0));
  }
  if (count >= 0) return 0;
  const int error = -errno;
  close();
  return error;
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

int EventSet::wait_for_batch(std::optional<wire::Nanos> timeout) {
  if (!exact_) {
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(timeout.value_or(wire::Nanos(0)));
    const auto limit = std::clamp<std::int64_t>(whole.count(), 0, INT_MAX);
    return wait_for_events_ms(descriptor_, events_, timeout ? static_cast<int>(limit) : -1);
  }
  timespec limit{};
  if (timeout && *timeout > wire::Nanos(0)) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(*timeout);
    limit = {whole.count(), (*timeout - whole).count()};
  }
  return wait_for_events(descriptor_, events_, timeout ? &limit : nullptr);
}

std::span<const epoll_event> EventSet::wait(std::optional<wire::Nanos> timeout) {
  const int count = wait_for_batch(timeout);
  if (count < 0 && errno != EINTR) throw std::runtime_error(std::string("cannot wait for events: ") + strerror(errno));
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace net
