#include "net/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/event_set.h"

namespace net {

namespace {

constexpr wire::Nanos kNear = std::chrono::milliseconds(1);

}  // namespace

void Timer::start(Timers& timers, wire::Time deadline, Handler& handler) {
  stop();
  handler_ = &handler;
  timers.insert(*this, deadline);
}

void Timer::stop() {
  if (timers_ != nullptr) timers_->remove(*this);
}

Timers::~Timers() {
  for (Entry& entry : heap_) entry.timer->timers_ = nullptr;
}

void Timers::open(EventSet& events) {
  if (descriptor_ >= 0) return;
  descriptor_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  const int error = descriptor_ < 0 ? -errno : events.watch(this, descriptor_, 0, EPOLLIN);
  if (error != 0) throw std::runtime_error(std::string("cannot create a timer: ") + std::strerror(-error));
}

void Timers::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Timers::insert(Timer& timer, wire::Time deadline) {
  timer.timers_ = this;
  heap_.push_back({deadline, &timer});
  timer.slot_ = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(timer.slot_);
}

void Timers::remove(Timer& timer) {
  const std::size_t slot = timer.slot_;
  timer.timers_ = nullptr;
  const Entry moved = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size()) return;
  place(slot, moved);
  sift_up(slot);
  sift_down(moved.timer->slot_);
}

void Timers::place(std::size_t slot, Entry entry) {
  heap_[slot] = entry;
  entry.timer->slot_ = static_cast<std::uint32_t>(slot);
}

void Timers::sift_up(std::size_t slot) {
  const Entry entry = heap_[slot];
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / kArity;
    if (heap_[parent].deadline <= entry.deadline) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, entry);
}

void Timers::sift_down(std::size_t slot) {
  const Entry entry = heap_[slot];
  for (;;) {
    const std::size_t first = slot * kArity + 1;
    if (first >= heap_.size()) break;
    std::size_t least = first;
    const std::size_t end = std::min(first + kArity, heap_.size());
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].deadline < heap_[least].deadline) least = child;
    }
    if (heap_[least].deadline >= entry.deadline) break;
    place(slot, heap_[least]);
    slot = least;
  }
  place(slot, entry);
}

// How long to wait for the next deadline; nothing: the timerfd will tell. Called once an iteration, so that any number
// of starts and stops costs one system call at most, and a deadline that is near none. A deadline that moved away is
// left armed: one early wake-up is cheaper than re-arming for every stop. Without an `exact_wait` no deadline is near.
std::optional<wire::Nanos> Timers::wait_from(wire::Time now, bool exact_wait) {
  if (heap_.empty() || heap_.front().deadline >= armed_ || descriptor_ < 0) return std::nullopt;
  const wire::Nanos wait = heap_.front().deadline - now;
  if (wait <= (exact_wait ? kNear : wire::Nanos(0))) return std::max(wait, wire::Nanos(0));
  armed_ = heap_.front().deadline;
  const auto ns = armed_.time_since_epoch().count();
  itimerspec spec{};
  spec.it_value = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  timerfd_settime(descriptor_, TFD_TIMER_ABSTIME, &spec, nullptr);
  return std::nullopt;
}

// The timerfd has something to read.
void Timers::alarm() {
  std::uint64_t expirations = 0;
  if (read(descriptor_, &expirations, sizeof expirations) > 0) armed_ = wire::Time::max();
}

// A handler that starts its timer anew in the past must not keep the loop from its sockets: each fires once a round at
// most.
void Timers::fire(wire::Time now) {
  for (std::size_t left = heap_.size(); left > 0 && !heap_.empty() && heap_.front().deadline <= now; --left) {
    Timer& timer = *heap_.front().timer;
    remove(timer);
    timer.handler_->on_timer(timer);
  }
}

}  // namespace net
