// publish.from: subscribers. Every worker speaks for its own subscribers, when their turn in the one open-loop schedule
// comes: over the subscriber's own connection where the technique can, else by POST. A subscriber that is not connected
// when its turn comes does not speak: the message fails, and the schedule goes on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loadgen/run/publishing.h"
#include "net/timer.h"

namespace loadgen {

class Subscriber;
class Worker;

// One worker's share; on its thread except where it says so.
class Speakers final : private net::Timer::Handler {
 public:
  // `on_done`: every message of this share up to the end has been sent, and answered or lost; called once.
  Speakers(Worker& worker, std::uint32_t share, std::uint32_t shares, std::function<void()> on_done);

  void publish_from(wire::Time start);
  void stop_at(std::uint64_t end);  // nothing from this message on, unless it has been sent already
  void close();                     // the worker ends: no timer is left
  // Messages from next() on that other workers have sent and this share's subscribers never tried.
  void miss_until(std::uint64_t end);

  // For its subscribers: what became of a message that was posted.
  void published(std::uint64_t message);
  void post_unpublished(std::uint64_t message);
  void fail(Failure kind, std::string_view detail) { failures_.add(kind, detail); }
  // A subscriber's own connection ended, over which it had spoken since message `first`: whether the server read all of
  // it, only those who receive it can tell.
  void connection_lost(std::uint64_t first);

  std::uint64_t published() const { return live_published_.load(std::memory_order_relaxed); }  // any thread
  // Any thread after on_done; after the worker's end with what came later.
  const std::vector<std::uint64_t>& unpublished() const { return ended_ ? unpublished_ : unpublished_at_end_; }
  std::uint64_t next() const { return next_; }  // own messages below it were tried
  const measure::Histogram& send_lag() const { return send_lag_; }
  const Failures& failures() const { return failures_; }

 private:
  void on_timer(net::Timer& timer) override;
  void speak(std::uint64_t message, Subscriber* speaker, wire::Time intended, wire::Time now);
  void skip_others();
  void check_done();

  Worker& worker_;
  const RunSpec& spec_;
  std::uint32_t share_;
  std::uint32_t shares_;
  std::function<void()> on_done_;
  net::Timer due_timer_;
  wire::Time start_{};
  std::uint64_t next_ = 0;
  std::uint32_t speaker_ = 0;  // of next_, while that is below end_
  std::uint64_t end_;
  std::uint64_t outstanding_ = 0;  // by POST
  std::vector<std::uint64_t> unpublished_;
  std::vector<std::uint64_t> unpublished_at_end_;  // fixed when done
  measure::Histogram send_lag_;
  Failures failures_;
  std::atomic<std::uint64_t> live_published_{0};
  std::string payload_;
  bool publishing_ = false;
  bool ended_ = false;
};

// All workers' shares as one, for the controller.
class SpeakingSubscribers final : public Publishing {
 public:
  SpeakingSubscribers(const RunSpec& spec, std::span<const std::unique_ptr<Worker>> workers, Events events);
  // To be called by every worker's on_done.
  void share_done();

  void start() override { events_.on_ready(); }
  void publish_from(wire::Time start) override;
  void stop() override;
  void finish() override;
  std::uint64_t published() const override;
  std::vector<std::uint64_t> unpublished() const override;
  std::uint64_t next() const override { return end_; }
  measure::Histogram send_lag() const override;
  Failures failures() const override;

 private:
  const RunSpec& spec_;
  std::span<const std::unique_ptr<Worker>> workers_;
  Events events_;
  wire::Time start_ = wire::Time::max();
  std::uint64_t end_;
  std::atomic<std::size_t> done_{0};
};

}  // namespace loadgen
