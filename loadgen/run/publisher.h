// publish.from: publisher. A thread of its own that publishes by POST on an open-loop schedule.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "loadgen/run/post_connection.h"
#include "loadgen/run/publishing.h"
#include "net/loop.h"
#include "net/timer.h"

namespace loadgen {

class Publisher final : public Publishing, private net::Timer::Handler, private PostConnection::Owner {
 public:
  Publisher(const RunSpec& spec, Events events);
  ~Publisher() override;

  void start() override;
  void publish_from(wire::Time start) override;
  void stop() override;
  void finish() override;
  std::uint64_t published() const override { return live_published_.load(std::memory_order_relaxed); }
  std::vector<std::uint64_t> unpublished() const override { return unpublished_; }
  std::uint64_t next() const override { return next_; }
  measure::Histogram send_lag() const override { return send_lag_; }
  Failures failures() const override { return failures_; }

 private:
  void publish_due();
  void send(std::uint64_t message, wire::Time now);
  void check_done();
  void on_timer(net::Timer& timer) override;
  void on_posting_open() override;
  void on_published(std::uint64_t message) override;
  void on_unpublished(std::uint64_t message) override;
  void on_posting_failure(Failure kind, std::string_view detail) override { failures_.add(kind, detail); }
  void on_posting_closed() override;

  const RunSpec& spec_;
  Events events_;
  net::Loop loop_;
  net::TlsCounts tls_counts_;  // nobody's: what publishing costs is not the subscribers'
  PostConnection posting_;
  net::Timer due_timer_;
  net::Timer reconnect_timer_;
  wire::Time start_{};
  std::uint64_t next_ = 0;
  std::uint64_t end_;
  std::vector<std::uint64_t> unpublished_;
  measure::Histogram send_lag_;
  Failures failures_;
  std::atomic<std::uint64_t> live_published_{0};
  std::string payload_;
  bool publishing_ = false;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace loadgen
