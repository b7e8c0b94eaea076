#include "net/loop.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/clock.h"
#include "net/tcp.h"

namespace net {

namespace {

// Connections that the end of an iteration sends to, and that flush before those which it answers: few enough that an
// answer is not late.
constexpr std::size_t kUrgent = 16;
// Of many thousand connections each is cold when its turn comes: its memory is asked for while those so many before it
// are served.
constexpr std::size_t kAhead = 4;

void check(int status, const char* what) {
  if (status < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(-status));
}

}  // namespace

Loop::Loop() : read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBuffer)) {
  // What run() needs is asked for where a refusal can still be told: the threads of loops have nobody who catches.
  check(EventSet::probe(), "cannot wait for events");
  check(uv_loop_init(&loop_), "cannot create an event loop");
  loop_.data = this;
  async_.data = this;
  check(uv_async_init(&loop_, &async_, [](uv_async_t* async) { static_cast<Loop*>(async->data)->drain_posts(); }),
        "cannot create a loop's wake-up descriptor");
}

Loop::~Loop() {
  close();
  free_graves();
  uv_loop_close(&loop_);
}

void Loop::close() {
  {
    const std::lock_guard lock(post_mutex_);
    if (std::exchange(closed_, true)) return;
    posts_.clear();
  }
  while (!lingering_.empty()) lingering_.back()->destroy();
  free_graves();
  timers_.close();
  events_.close();
  auto close = [](uv_handle_t* handle, void*) {
    if (!uv_is_closing(handle)) uv_close(handle, nullptr);
  };
  uv_walk(&loop_, close, nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::run() {
  check(events_.open(), "cannot wait for events");
  timers_.open(events_);
  const int uv = uv_backend_fd(&loop_);
  check(events_.watch(&loop_, uv, 0, EPOLLIN), "cannot watch an event loop");
  while (true) {
    end_iteration();
    if (std::exchange(stopped_, false)) break;
    const wire::Time before = now();
    const int uv_timeout = uv_backend_timeout(&loop_);  // 0: a handle was started since libuv's last turn
    const std::span<const epoll_event> events = events_.wait(time_to_wait(before, uv_timeout));
    const wire::Time after = now();
    idle_ += after - before;
    dispatch(events, after, uv_timeout >= 0);
  }
  events_.watch(&loop_, uv, EPOLLIN, 0);
}

// Until the first of the deadlines, libuv's (-1: none) included; nothing: until something happens.
std::optional<wire::Nanos> Loop::time_to_wait(wire::Time from, int uv_timeout_ms) {
  if (!late_.empty()) return wire::Nanos(0);
  const std::optional<wire::Nanos> ours = timers_.wait_from(from, events_.exact());
  if (uv_timeout_ms < 0) return ours;
  const wire::Nanos uvs = std::chrono::milliseconds(uv_timeout_ms);
  return ours ? std::min(*ours, uvs) : uvs;
}

// A connection that an earlier event of the batch has ended is still there (the end of the iteration frees it) and
// takes no notice.
void Loop::dispatch(std::span<const epoll_event> events, wire::Time time, bool uv_due) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    const epoll_event& event = events[i];
    if (i + kAhead < events.size()) __builtin_prefetch(events[i + kAhead].data.ptr);
    if (event.data.ptr == &loop_) {
      uv_due = true;
    } else if (event.data.ptr == &timers_) {
      timers_.alarm();
    } else {
      static_cast<Tcp*>(event.data.ptr)->ready(event.events);
    }
  }
  timers_.fire(time);
  if (uv_due) uv_run(&loop_, UV_RUN_NOWAIT);
}

void Loop::stop() {
  stopped_ = true;
}

void Loop::post(std::function<void()> task) {
  const std::lock_guard lock(post_mutex_);
  if (closed_) return;
  posts_.push_back(std::move(task));
  if (posts_.size() == 1) uv_async_send(&async_);  // under the lock: close() must not come in between
}

void Loop::drain_posts() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(post_mutex_);
    tasks.swap(posts_);
  }
  for (auto& task : tasks) task();
}

std::span<char> Loop::plain_buffer() {
  constexpr std::size_t kPlain = kReadBuffer + Tls::kSlack;
  if (tls_buffers_ == nullptr) tls_buffers_ = std::make_unique_for_overwrite<char[]>(kPlain + Tls::kRecord);
  return {tls_buffers_.get(), kPlain};
}

std::span<char> Loop::record_buffer() {
  const std::span<char> plain = plain_buffer();
  return {plain.data() + plain.size(), Tls::kRecord};
}

void Loop::flush_later(Tcp& tcp) {
  if (std::exchange(tcp.dirty_, true)) return;
  dirty_.push_back(&tcp);
}

void Loop::tell_later(Tcp& tcp, int error) {
  late_.push_back({&tcp, error});
}

void Loop::bury(Tcp& tcp) {
  --connections_;
  graves_.push_back(&tcp);
}

void Loop::free_graves() {
  if (graves_.empty()) return;
  std::erase_if(late_, [](const LateEvent& event) { return event.tcp->state_ == Tcp::State::kClosing; });
  for (Tcp* tcp : graves_) delete tcp;
  graves_.clear();
}

void Loop::end_iteration() {
  const std::size_t answers = dirty_.size();
  if (end_hook_) end_hook_();
  // To wake the publisher first would delay a message's only subscriber more than the wait delays the publisher.
  const std::size_t urgent = std::min(dirty_.size() - answers, kUrgent);
  const auto hooked = dirty_.begin() + static_cast<std::ptrdiff_t>(answers);
  std::rotate(dirty_.begin(), hooked, hooked + static_cast<std::ptrdiff_t>(urgent));
  // What is told here may start the next connection, which may fail at once too: that one waits for the next
  // iteration.
  const std::size_t late = late_.size();
  for (std::size_t i = 0; i < late; ++i) late_[i].tcp->come_late(late_[i].error);
  late_.erase(late_.begin(), late_.begin() + static_cast<std::ptrdiff_t>(late));
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    if (i + kAhead < dirty_.size()) __builtin_prefetch(dirty_[i + kAhead]);
    dirty_[i]->dirty_ = false;
    dirty_[i]->flush();
  }
  dirty_.clear();
  output_.clear();
  free_graves();
}

}  // namespace net
