// One event loop, owned by one thread. What other threads need of it (post) is opened by the constructor; everything
// else opens its descriptors on the loop's own thread, so that a thread can own its descriptor table.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "net/event_set.h"
#include "net/output.h"
#include "net/timer.h"
#include "wire/time.h"

namespace net {

class Tcp;

class Loop {
 public:
  // Throws std::runtime_error, also when this kernel or sandbox would not let run() wait for events.
  Loop();
  ~Loop();  // close() first, if that has not happened
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();    // until stop(), and the end of that iteration
  void stop();   // from the loop's thread
  void close();  // closes every handle that is left, on the loop's thread; posts are dropped from then on
  void post(std::function<void()> task);  // from any thread; runs on the loop's thread, in order of posting

  // Runs `hook` at the end of every iteration, before connections flush what they queued. The first few connections
  // that it alone sends to flush first, then those that the iteration had sent to, then the rest.
  void set_end_of_iteration(std::function<void()> hook) { end_hook_ = std::move(hook); }

  // A connection whose peer takes none of what waits for it for so long ends with -ETIMEDOUT. 0, as at first: never.
  void set_stall_time(wire::Nanos time) { stall_time_ = time; }

  uv_loop_t* uv() { return &loop_; }
  std::size_t connections() const { return connections_; }  // that are open, those that linger included
  Timers& timers() { return timers_; }
  // Time spent waiting for events since the loop began. On the loop's thread.
  wire::Nanos idle_time() const { return idle_; }

 private:
  friend class Tcp;
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBuffer}; }
  std::span<char> plain_buffer();   // what TLS made of one read; in use until the handler has returned
  std::span<char> record_buffer();  // pieces of output on their way into one TLS record
  void flush_later(Tcp& tcp);
  void tell_later(Tcp& tcp, int error);
  void bury(Tcp& tcp);  // it has ended; events that are on their way must find it a little longer
  void free_graves();
  std::optional<wire::Nanos> time_to_wait(wire::Time from, int uv_timeout_ms);
  void dispatch(std::span<const epoll_event> events, wire::Time time, bool uv_due);
  void end_iteration();
  void drain_posts();

  static constexpr std::size_t kReadBuffer = std::size_t{256} << 10;  // one a thread, not a connection
  uv_loop_t loop_;
  uv_async_t async_;
  Timers timers_;
  EventSet events_;
  OutputPool output_;
  std::function<void()> end_hook_;
  std::vector<Tcp*> dirty_;  // have output of this iteration
  struct LateEvent {
    Tcp* tcp;
    int error;
  };
  std::vector<LateEvent> late_;
  std::vector<Tcp*> lingering_;  // nobody else's any more
  std::vector<Tcp*> graves_;
  std::size_t connections_ = 0;
  wire::Nanos idle_{0};
  wire::Nanos stall_time_{0};
  bool stopped_ = false;
  std::optional<wire::Nanos> receive_delay_;  // of the read in hand, where its connection asks for it
  std::unique_ptr<char[]> read_buffer_;
  std::unique_ptr<char[]> tls_buffers_;  // once there is TLS
  std::mutex post_mutex_;
  std::vector<std::function<void()>> posts_;  // guarded by post_mutex_
  bool closed_ = false;                       // guarded by post_mutex_
};

}  // namespace net
