#include "system_calls.h"

#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdarg>

namespace server {

namespace {

thread_local bool counting = false;
std::atomic<std::uint64_t> writes, reads, waits, interests, timers;

template <typename... Arguments>
long make(long number, Arguments... arguments) {
  static const auto real = reinterpret_cast<long (*)(long, ...)>(dlsym(RTLD_NEXT, "syscall"));
  return real(number, arguments...);
}

template <typename... Arguments>
long call(std::atomic<std::uint64_t>& kind, long number, Arguments... arguments) {
  if (counting) kind.fetch_add(1);
  return make(number, arguments...);
}

// What is made by its number (net/system_calls.h).
std::atomic<std::uint64_t>* kind_of(long number) {
  switch (number) {
    case SYS_sendto:
      return &writes;
    case SYS_recvfrom:
      return &reads;
    case SYS_epoll_pwait2:
      return &waits;
    default:
      return nullptr;
  }
}

}  // namespace

void count_calls_of_this_thread() {
  counting = true;
}

SystemCalls calls() {
  return {writes.exchange(0), reads.exchange(0), waits.exchange(0), interests.exchange(0), timers.exchange(0)};
}

extern "C" {

long syscall(long number, ...) noexcept {
  std::array<long, 6> arguments{};
  va_list list;
  va_start(list, number);
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  const auto [a, b, c, d, e, f] = arguments;
  auto* kind = kind_of(number);
  return kind != nullptr ? call(*kind, number, a, b, c, d, e, f) : make(number, a, b, c, d, e, f);
}
ssize_t send(int socket, const void* data, size_t size, int flags) {
  return call(writes, SYS_sendto, socket, data, size, flags, nullptr, 0);
}
ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  return call(writes, SYS_sendmsg, socket, message, flags);
}
ssize_t write(int descriptor, const void* data, size_t size) {
  return call(writes, SYS_write, descriptor, data, size);
}
ssize_t writev(int descriptor, const iovec* pieces, int count) {
  return call(writes, SYS_writev, descriptor, pieces, count);
}
ssize_t recv(int socket, void* data, size_t size, int flags) {
  return call(reads, SYS_recvfrom, socket, data, size, flags, nullptr, nullptr);
}
ssize_t recvmsg(int socket, msghdr* message, int flags) {
  return call(reads, SYS_recvmsg, socket, message, flags);
}
ssize_t read(int descriptor, void* data, size_t size) {
  return call(reads, SYS_read, descriptor, data, size);
}
ssize_t readv(int descriptor, const iovec* pieces, int count) {
  return call(reads, SYS_readv, descriptor, pieces, count);
}
int epoll_wait(int set, epoll_event* events, int most, int timeout) {
  return static_cast<int>(call(waits, SYS_epoll_wait, set, events, most, timeout));
}
int epoll_pwait(int set, epoll_event* events, int most, int timeout, const sigset_t* mask) {
  constexpr std::size_t kKernelsMask = 8;
  return static_cast<int>(call(waits, SYS_epoll_pwait, set, events, most, timeout, mask, kKernelsMask));
}
int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
  return static_cast<int>(call(interests, SYS_epoll_ctl, set, operation, descriptor, event));
}
int timerfd_settime(int descriptor, int flags, const itimerspec* value, itimerspec* old) noexcept {
  return static_cast<int>(call(timers, SYS_timerfd_settime, descriptor, flags, value, old));
}

}  // extern "C"

}  // namespace server
