// Counts the system calls that a thread of the server makes: the functions of libc that make them are this program's
// own, syscall() among them, for libuv too.
#pragma once

#include <cstdint>

namespace server {

struct SystemCalls {
  std::uint64_t writes = 0;     // send, sendmsg, write, writev
  std::uint64_t reads = 0;      // recv, recvmsg, read, readv
  std::uint64_t waits = 0;      // epoll_wait, epoll_pwait, epoll_pwait2
  std::uint64_t interests = 0;  // epoll_ctl
  std::uint64_t timers = 0;     // timerfd_settime
};

void count_calls_of_this_thread();
SystemCalls calls();  // since the last call, of all threads that count

}  // namespace server
