#include "net/loop.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "net/tcp.h"

namespace net {

namespace {

void check(int status, const char* what) {
  if (status < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(status));
}

}  // namespace

Loop::Loop() : timers_(&loop_), read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBuffer)) {
  check(uv_loop_init(&loop_), "cannot create an event loop");
  loop_.data = this;
  check(uv_loop_configure(&loop_, UV_METRICS_IDLE_TIME), "cannot measure a loop's idle time");
  async_.data = this;
  check(uv_async_init(&loop_, &async_, [](uv_async_t* async) { static_cast<Loop*>(async->data)->drain_posts(); }),
        "cannot create a loop's wake-up descriptor");
  prepare_.data = this;
  check(uv_prepare_init(&loop_, &prepare_), "cannot hook into a loop");
  check(uv_prepare_start(&prepare_, [](uv_prepare_t* prepare) { static_cast<Loop*>(prepare->data)->end_iteration(); }),
        "cannot hook into a loop");
}

Loop::~Loop() {
  close();
  uv_loop_close(&loop_);
}

void Loop::close() {
  {
    const std::lock_guard lock(post_mutex_);
    if (std::exchange(closed_, true)) return;
    posts_.clear();
  }
  timers_.close();
  auto close = [](uv_handle_t* handle, void*) {
    if (uv_is_closing(handle)) return;
    if (handle->type == UV_TCP && handle->data != nullptr) {
      static_cast<Tcp*>(handle->data)->destroy();
    } else {
      uv_close(handle, nullptr);
    }
  };
  uv_walk(&loop_, close, nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::run() {
  timers_.open();
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::stop() {
  uv_stop(&loop_);
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

wire::Nanos Loop::idle_time() const {
  return wire::Nanos(uv_metrics_idle_time(const_cast<uv_loop_t*>(&loop_)));
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
  if (tcp.dirty_slot_ != Tcp::kNone) return;
  tcp.dirty_slot_ = static_cast<std::uint32_t>(dirty_.size());
  dirty_.push_back(&tcp);
}

void Loop::forget(Tcp& tcp) {
  if (tcp.dirty_slot_ != Tcp::kNone) dirty_[tcp.dirty_slot_] = nullptr;
  for (LateFailure& failure : late_failures_) {
    if (failure.tcp == &tcp) failure.tcp = nullptr;
  }
}

void Loop::fail_later(Tcp& tcp, int error) {
  late_failures_.push_back({&tcp, error});
}

void Loop::end_iteration() {
  if (end_hook_) end_hook_();
  // A failure told here may start the next connection, which may fail at once too: that one waits for the next
  // iteration.
  const std::size_t failures = late_failures_.size();
  for (std::size_t i = 0; i < failures; ++i) {
    const LateFailure failure = late_failures_[i];
    if (failure.tcp != nullptr) failure.tcp->end(failure.error);
  }
  late_failures_.erase(late_failures_.begin(), late_failures_.begin() + static_cast<std::ptrdiff_t>(failures));
  if (!late_failures_.empty()) uv_async_send(&async_);
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Tcp* tcp = dirty_[i];
    if (tcp == nullptr) continue;
    tcp->dirty_slot_ = Tcp::kNone;
    dirty_[i] = nullptr;
    tcp->flush();
  }
  dirty_.clear();
  output_.clear();
  timers_.rearm();
}

}  // namespace net
