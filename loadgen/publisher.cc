#include "loadgen/publisher.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "net/clock.h"
#include "wire/message.h"

namespace loadgen {

namespace {

constexpr Nanos kReconnect = std::chrono::milliseconds(100);
constexpr std::size_t kMaxUnsent = std::size_t{64} << 20;  // a server that reads nothing: messages fail from here on

}  // namespace

Publisher::Publisher(const RunSpec& spec, Events events) : spec_(spec), events_(std::move(events)), end_(spec.end) {}

Publisher::~Publisher() {
  finish();
}

void Publisher::start() {
  thread_ = std::thread([this] {
    prctl(PR_SET_TIMERSLACK, 1);
    // The schedule must hold while the subscribers keep the processors busy. Needs a privilege; without it send lag
    // tells.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -10);
    loop_.post([this] { connect(); });
    loop_.run();
    tcp_.reset();
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
  loop_.post([this] {
    lose_outstanding();
    std::sort(unpublished_.begin(), unpublished_.end());
    loop_.stop();
  });
  thread_.join();
}

void Publisher::connect() {
  std::optional<net::Address> source;
  tcp_ = net::Tcp::connect(loop_, spec_.target, source, *this);
}

void Publisher::on_open(net::Tcp&) {
  open_ = true;
  parser_.reset();
  if (auto hook = std::exchange(events_.on_connected, nullptr)) hook();
}

void Publisher::on_timer(net::Timer& timer) {
  if (&timer == &reconnect_timer_) {
    connect();
  } else {
    publish_due();
  }
}

void Publisher::publish_due() {
  wire::Time now = net::now();
  while (next_ < end_ && start_ + spec_.pacer.due(next_) <= now) {
    send(next_++, now);
    now = net::now();
  }
  schedule();
}

void Publisher::schedule() {
  if (next_ < end_) {
    due_timer_.start(loop_.timers(), start_ + spec_.pacer.due(next_), *this);
  } else {
    check_done();
  }
}

void Publisher::send(std::uint64_t message, wire::Time now) {
  if (!open_ || tcp_->unsent_bytes() > kMaxUnsent) {
    failures_.add(open_ ? Failure::kTimeout : Failure::kClosed,
                  open_ ? "the server does not read what is published" : "no connection to publish on");
    lost(message);
    return;
  }
  const wire::Time intended = start_ + spec_.pacer.due(message);
  const PublishPlan& plan = spec_.scenario.publish;
  const std::uint64_t topic = spec_.topic_of(message);
  payload_.clear();
  wire::append_payload(payload_, {.publisher = static_cast<std::uint32_t>(topic),
                                  .sequence = spec_.sequence_of(message),
                                  .intended = intended,
                                  .sent = now,
                                  .length = static_cast<std::uint32_t>(plan.payload)});
  request_.clear();
  fmt::format_to(std::back_inserter(request_),
                 "POST {}/publish?topic={} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                 spec_.plan.base_path, spec_.plan.topics[topic], spec_.plan.authority,
                 plan.binary ? "application/octet-stream" : "text/plain", payload_.size());
  request_ += payload_;
  tcp_->send(wire::Bytes(request_));
  outstanding_.push_back(message);
  if (spec_.is_measured(message)) send_lag_.record(now - intended);
}

void Publisher::on_bytes(net::Tcp&, wire::Bytes bytes) {
  while (!bytes.empty() && open_) {
    std::size_t consumed = 0;
    const wire::http1::Parsed parsed = parser_.feed(bytes, consumed, *this);
    if (parsed == wire::http1::Parsed::kError) {
      disconnected(Failure::kProtocol, "bad answer to a publish: " + parser_.error_text());
      return;
    }
    if (parsed == wire::http1::Parsed::kNeedMore) return;
    bytes.remove_prefix(consumed);
    parser_.reset();
  }
}

void Publisher::on_head(const wire::http1::Response& response) {
  accepted_ = response.status >= 200 && response.status < 300;
  if (!accepted_) failures_.add(Failure::kStatus, fmt::format("publish: HTTP {} {}", response.status, response.reason));
}

void Publisher::on_end() {
  if (outstanding_.empty()) return;
  const std::uint64_t message = outstanding_.front();
  outstanding_.pop_front();
  if (accepted_) {
    live_published_.fetch_add(1, std::memory_order_relaxed);
  } else {
    lost(message);
  }
  check_done();
}

void Publisher::on_close(net::Tcp&, int error) {
  const std::string detail =
      "publish to " + spec_.target.text() + ": " + (error == 0 ? "closed by the server" : std::strerror(-error));
  disconnected(error == 0 ? Failure::kClosed : error == -ECONNREFUSED ? Failure::kRefused : Failure::kReset, detail);
}

void Publisher::disconnected(Failure kind, std::string_view detail) {
  open_ = false;
  tcp_.reset();
  failures_.add(kind, detail);
  lose_outstanding();
  reconnect_timer_.start(loop_.timers(), net::now() + kReconnect, *this);
  check_done();
}

// Whether the server took them is unknown; if a subscriber receives one after all, the account takes it back.
void Publisher::lose_outstanding() {
  for (const std::uint64_t message : outstanding_) lost(message);
  outstanding_.clear();
}

void Publisher::lost(std::uint64_t message) {
  unpublished_.push_back(message);
}

void Publisher::check_done() {
  if (done_ || !publishing_ || next_ < end_ || !outstanding_.empty()) return;
  done_ = true;
  std::sort(unpublished_.begin(), unpublished_.end());
  events_.on_done();
}

}  // namespace loadgen
