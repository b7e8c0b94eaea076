// The system calls of every message, without glibc's wrappers. In a process with threads those are cancellation points
// (pthreads(7)): around the call they change the thread's state with two locked instructions, 1.5 % of an echo's CPU
// time (perf). Nobody here cancels a thread. Results and errno are those of the wrappers.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <span>

#include "wire/bytes.h"

namespace net {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)  // which look into what the wrappers are given

inline ssize_t receive(int socket, std::span<char> buffer) {
  return ::recv(socket, buffer.data(), buffer.size(), 0);
}
inline ssize_t transmit(int socket, wire::Bytes bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}
inline int wait_for_events(int set, std::span<epoll_event> events, const timespec* limit) {
  return epoll_pwait2(set, events.data(), static_cast<int>(events.size()), limit, nullptr);
}
inline int wait_for_events_ms(int set, std::span<epoll_event> events, int limit_ms) {
  return epoll_pwait(set, events.data(), static_cast<int>(events.size()), limit_ms, nullptr);
}

#else

inline ssize_t receive(int socket, std::span<char> buffer) {
  return syscall(SYS_recvfrom, socket, buffer.data(), buffer.size(), 0, nullptr, nullptr);
}
// Without SIGPIPE.
inline ssize_t transmit(int socket, wire::Bytes bytes) {
  return syscall(SYS_sendto, socket, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}
// `limit`: null waits for ever. Linux has it since 5.11.
inline int wait_for_events(int set, std::span<epoll_event> events, const timespec* limit) {
  return static_cast<int>(syscall(SYS_epoll_pwait2, set, events.data(), events.size(), limit, nullptr, 0));
}
// The same for kernels that lack it; -1 waits for ever.
inline int wait_for_events_ms(int set, std::span<epoll_event> events, int limit_ms) {
  return static_cast<int>(syscall(SYS_epoll_pwait, set, events.data(), events.size(), limit_ms, nullptr, 0));
}

#endif

}  // namespace net
