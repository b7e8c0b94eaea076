#include "loadgen/run/publisher.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/clock.h"

namespace loadgen {

namespace {

constexpr Nanos kReconnect = std::chrono::milliseconds(100);
constexpr std::size_t kMaxUnsent = std::size_t{64} << 20;  // a server that reads nothing: messages fail from here on

}  // namespace

Publisher::Publisher(const RunSpec& spec, Events events)
    : spec_(spec), events_(std::move(events)), posting_(spec, loop_, *this, nullptr, tls_counts_), end_(spec.end) {}

Publisher::~Publisher() {
  finish();
}

void Publisher::start() {
  thread_ = std::thread([this] {
    prctl(PR_SET_TIMERSLACK, 1);
    // The schedule must hold while the subscribers keep the processors busy. Needs a privilege; without it send lag
    // tells.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10);
    loop_.post([this] { posting_.connect(std::nullopt); });
    loop_.run();
    posting_.give_up();
    std::sort(unpublished_.begin(), unpublished_.end());
    due_timer_.stop();
    reconnect_timer_.stop();
    loop_.close();
  });
}

void Publisher::publish_from(wire::Time start) {
  loop_.post([this, start] {
    start_ = start;
    publishing_ = true;
    publish_due();
  });
}

void Publisher::stop() {
  loop_.post([this] {
    end_ = next_;
    publishing_ = true;  // also when it had not begun
    due_timer_.stop();
    check_done();
  });
}

void Publisher::finish() {
  if (!thread_.joinable()) return;
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

void Publisher::on_posting_open() {
  if (auto hook = std::exchange(events_.on_ready, nullptr)) hook();
}

void Publisher::on_timer(net::Timer& timer) {
  if (&timer == &reconnect_timer_) {
    posting_.connect(std::nullopt);
  } else {
    publish_due();
  }
}

void Publisher::publish_due() {
  wire::Time now = net::now();
  for (int turn = 0; turn < kInARow && next_ < end_ && start_ + spec_.pacer.due(next_) <= now; ++turn) {
    send(next_++, now);
    now = net::now();
  }
  if (next_ < end_) {
    due_timer_.start(loop_.timers(), std::max(start_ + spec_.pacer.due(next_), now), *this);
  } else {
    check_done();
  }
}

// A connection that the server has ended because it was idle is made again when it is needed; one that has failed, a
// little later.
void Publisher::send(std::uint64_t message, wire::Time now) {
  if (!posting_.is_open() && !posting_.is_connecting() && !reconnect_timer_.active()) posting_.connect(std::nullopt);
  const bool open = posting_.is_open() || posting_.is_connecting();
  if (!open || posting_.unsent_bytes() > kMaxUnsent) {
    failures_.add(open ? Failure::kTimeout : Failure::kClosed,
                  open ? "the server does not read what is published" : "no connection to publish on");
    unpublished_.push_back(message);
    return;
  }
  const wire::Time intended = start_ + spec_.pacer.due(message);
  payload_.clear();
  wire::append_payload(payload_, spec_.marker_of(message, intended, now));
  posting_.post(message, payload_);
  if (spec_.is_measured(message)) send_lag_.record(now - intended);
}

void Publisher::on_published(std::uint64_t) {
  live_published_.fetch_add(1, std::memory_order_relaxed);
  check_done();
}

void Publisher::on_unpublished(std::uint64_t message) {
  unpublished_.push_back(message);
  if (posting_.is_open()) check_done();  // else there are more of them
}

void Publisher::on_posting_closed() {
  reconnect_timer_.start(loop_.timers(), net::now() + kReconnect, *this);
  check_done();
}

void Publisher::check_done() {
  if (done_ || !publishing_ || next_ < end_ || posting_.outstanding() != 0) return;
  done_ = true;
  std::sort(unpublished_.begin(), unpublished_.end());
  events_.on_done();
}

}  // namespace loadgen
