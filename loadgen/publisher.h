// The publisher: a thread of its own that publishes by POST on an open-loop schedule. It never waits for an answer:
// requests are pipelined on one connection, so a stalled server delays answers and never the schedule.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "loadgen/recorder.h"
#include "loadgen/run_spec.h"
#include "measure/histogram.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "wire/http1.h"

namespace loadgen {

class Publisher final : private net::Timer::Handler,
                        private net::Tcp::Handler,
                        private wire::http1::ResponseParser::Handler {
 public:
  // `on_connected`: its first connection is open. `on_done`: every message up to the end has been answered or has
  // failed. Both once, on the publisher's thread.
  struct Events {
    std::function<void()> on_connected;
    std::function<void()> on_done;
  };
  Publisher(const RunSpec& spec, Events events);
  ~Publisher();

  void start();
  void publish_from(wire::Time start);  // message n is sent at start + pacer.due(n)
  void stop();                          // no message from now on; on_done follows when what is out has been answered
  void finish();                        // gives up what is outstanding, and joins
  std::uint64_t published() const { return live_published_.load(std::memory_order_relaxed); }

  // After on_done or finish(): messages of [0, next) that the server did not accept, sorted.
  const std::vector<std::uint64_t>& unpublished() const { return unpublished_; }
  std::uint64_t next() const { return next_; }  // the first message that was never tried
  const measure::Histogram& send_lag() const { return send_lag_; }
  const Failures& failures() const { return failures_; }

 private:
  void connect();
  void publish_due();
  void send(std::uint64_t message, wire::Time now);
  void schedule();
  void lose_outstanding();
  void lost(std::uint64_t message);
  void check_done();
  void on_timer(net::Timer& timer) override;
  void on_open(net::Tcp& tcp) override;
  void on_bytes(net::Tcp& tcp, wire::Bytes bytes) override;
  void on_close(net::Tcp& tcp, int error) override;
  void disconnected(Failure kind, std::string_view detail);
  void on_head(const wire::http1::Response& response) override;
  void on_body(wire::Bytes) override {}
  void on_end() override;

  const RunSpec& spec_;
  Events events_;
  net::Loop loop_;
  net::Tcp::Ptr tcp_;
  wire::http1::ResponseParser parser_;
  net::Timer due_timer_;
  net::Timer reconnect_timer_;
  wire::Time start_{};
  std::uint64_t next_ = 0;
  std::uint64_t end_;
  std::deque<std::uint64_t> outstanding_;  // sent and not answered, in order
  std::vector<std::uint64_t> unpublished_;
  measure::Histogram send_lag_;  // sent - intended, of measured messages
  Failures failures_;
  std::atomic<std::uint64_t> live_published_{0};
  std::string request_;
  std::string payload_;
  bool open_ = false;
  bool publishing_ = false;
  bool accepted_ = false;  // the answer in hand is 2xx
  bool done_ = false;
  std::thread thread_;
};

}  // namespace loadgen
