// What a Tcp keeps only while it writes with difficulty or ends. Only tcp.cc and tcp_output.cc see it.
#pragma once

#include <cerrno>
#include <vector>

#include "net/clock.h"
#include "net/tcp.h"

namespace net {

// Output that the kernel refused, in order. A peer that takes none of it for the loop's stall time is given up.
struct Tcp::Backlog final : Timer::Handler {
  explicit Backlog(Tcp& t) : tcp(t) { wait(); }
  void wait() {
    if (tcp.loop_.stall_time_ > wire::Nanos::zero() && tcp.state_ == State::kOpen) {
      timer.start(tcp.loop_.timers(), now() + tcp.loop_.stall_time_, *this);
    }
  }
  void on_timer(Timer&) override {
    if (tcp.state_ == State::kOpen) tcp.end(-ETIMEDOUT);
  }

  Tcp& tcp;
  Timer timer;
  std::vector<wire::SharedBytes> pieces;
  std::size_t first = 0;  // of `pieces` that is not written
  std::size_t skip = 0;   // bytes of it that are
  void shrink() {
    constexpr std::size_t kFew = 64;
    if (first < kFew || first < pieces.size() / 2) return;
    pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
  }
};

// The end of a connection that nobody owns any more.
struct Tcp::Linger final : Timer::Handler {
  explicit Linger(Tcp& t) : tcp(t), slot(t.loop_.lingering_.size()) { t.loop_.lingering_.push_back(&t); }
  ~Linger() {
    std::vector<Tcp*>& all = tcp.loop_.lingering_;
    Tcp* last = all.back();
    all.pop_back();
    if (last == &tcp) return;
    all[slot] = last;
    last->linger_->slot = slot;
  }
  Linger(const Linger&) = delete;
  Linger& operator=(const Linger&) = delete;
  void on_timer(Timer&) override { tcp.destroy(); }

  Tcp& tcp;
  std::size_t slot;  // in the loop's list
  bool peer_first = false;
  SegmentSink sink;
  Timer timer;
};

}  // namespace net
