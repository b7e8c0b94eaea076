// The descriptors that one loop waits for, in an epoll set of its own: its sockets, its timers' and libuv's, which is
// nested in it (uv_backend_fd). A message is then one wait and one read, without a turn of libuv around it; and a
// uv_tcp_t takes 248 bytes a connection, for features that nobody here uses. libuv has what is rare: wake-ups, signals,
// processes, listeners.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/time.h"

namespace net {

class EventSet {
 public:
  EventSet() = default;
  ~EventSet() { close(); }
  EventSet(const EventSet&) = delete;
  EventSet& operator=(const EventSet&) = delete;

  // Whether this process may watch descriptors and wait for them: 0 or a negative errno. From any thread.
  static int probe();

  // On the loop's own thread, if watch() has not. 0, or a negative errno when the kernel has no memory for it or does
  // not let this process wait.
  int open();
  void close();

  // Changes what `who` hears of its descriptor (events of epoll_ctl(2); hang-ups and errors come with any, and with
  // none nothing comes) from `before` to `after`. On the loop's own thread. 0 or a negative errno.
  int watch(void* who, int descriptor, std::uint32_t before, std::uint32_t after);

  // The next events, each with its `who` in data.ptr; none when the time is over or a signal came in between. No
  // `timeout` waits for ever; one above 0 may last a thousandth longer, or a millisecond where it is not exact().
  // They stand until the next call. Throws std::runtime_error when the kernel refuses to wait.
  std::span<const epoll_event> wait(std::optional<wire::Nanos> timeout);
  // Whether the kernel waits by the nanosecond. Else, before Linux 5.11 and in some sandboxes, by the millisecond.
  bool exact() const { return exact_; }

 private:
  int wait_for_batch(std::optional<wire::Nanos> timeout);
  // As many as libuv takes at once: what they bring is flushed before the next batch is asked for.
  static constexpr int kBatch = 1024;
  int descriptor_ = -1;
  bool exact_ = true;
  std::array<epoll_event, kBatch> events_;
};

}  // namespace net
