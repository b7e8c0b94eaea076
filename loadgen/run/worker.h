// One thread of simulated clients: its loop, its subscribers, its recorder. Nothing is shared with other workers on the
// path of a message.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "loadgen/measure/pacer.h"
#include "loadgen/run/accounting.h"
#include "loadgen/run/interval_recorder.h"
#include "loadgen/run/lag_probe.h"
#include "loadgen/run/read_sample.h"
#include "loadgen/run/recorder.h"
#include "loadgen/run/resolver.h"
#include "loadgen/run/run_spec.h"
#include "loadgen/run/segment_counter.h"
#include "loadgen/run/speakers.h"
#include "loadgen/run/subscriber.h"
#include "net/loop.h"

namespace loadgen {

// What a worker did in a window of time: `measure`, or `idle`.
struct Window {
  SessionCounts counts;
  net::TlsCounts tls;
  std::uint64_t deliveries = 0;  // messages, second copies not included, those of the warm-up that came late are
  net::Segments segments;
  Nanos cpu{0};   // of the thread
  Nanos busy{0};  // of the loop: not waiting for events
  Nanos length{0};
  void add(const Window& other);         // of a worker that ran beside this one
  void subtract(const Window& earlier);  // turns two snapshots into what lies between them
};

// Read by the controller at any time, written by the worker once an iteration.
struct alignas(64) LiveCounters {
  std::atomic<std::uint64_t> started{0};  // subscribers that began to connect
  std::atomic<std::uint64_t> ever_subscribed{0};
  std::atomic<std::uint64_t> subscribed{0};
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::uint64_t> received_bytes{0};
  std::atomic<std::uint64_t> failures{0};
};

class Worker final : private net::Timer::Handler {
 public:
  // `on_ready`: every subscriber that may connect has been subscribed once, for each admit(); `on_drained`: everything
  // entitled has arrived; `on_spoken`: with publish.from: subscribers, Speakers::on_done. Called on the worker's
  // thread, the latter two once. `share` of `shares` workers takes every shares-th subscriber.
  struct Events {
    std::function<void()> on_ready;
    std::function<void()> on_drained;
    std::function<void()> on_spoken;
  };
  Worker(const RunSpec& spec, const std::atomic<std::int64_t>& publish_start, std::uint32_t share, std::uint32_t shares,
         Events events);
  ~Worker();

  // From the controller's thread.
  // Subscribers with a number below `admitted` connect, the others wait for admit().
  void start(std::uint64_t admitted);
  void admit(std::uint64_t admitted);  // more of them; requires that on_ready has come
  void begin_idle();
  void end_idle();
  // begin_measure() is so far ahead: reads by and by what would take long at once. Publishing may go on.
  void prepare_measure();
  static Nanos time_to_prepare(std::uint64_t subscribers);  // for a worker of so many
  void begin_measure(wire::Time begin);                     // not after now
  void end_measure();
  void publish_from(wire::Time start);             // requires publish.from: subscribers
  void stop_publishing_at(std::uint64_t message);  // the same
  // Publishing is over: messages from `end` on were never sent, those of `unpublished` never reached the server.
  void begin_drain(std::uint64_t end, std::vector<std::uint64_t> unpublished);
  void finish();  // closes everything and joins
  void cut();     // ends an interval; slicer() has it soon
  Slicer& slicer() { return slicer_; }
  const LiveCounters& live() const { return live_; }
  std::uint32_t size() const { return size_; }

  // After finish().
  const Window& window() const { return window_; }  // of `measure`
  const Window& idle_window() const { return idle_window_; }
  const std::vector<Receiver>& receivers() const { return receivers_; }
  // From any thread, as far as Speakers allows; null when the publisher publishes.
  Speakers* speakers() { return speakers_.get(); }
  Recorder& recorder() { return recorder_; }

  // For its subscribers, on the worker's thread.
  const RunSpec& spec() const { return spec_; }
  Subscriber* subscriber(std::uint32_t number);  // one of this worker's; null before its turn to connect
  net::Loop& loop() { return loop_; }
  SessionCounts& counts() { return counts_; }
  net::TlsCounts& tls_counts() { return tls_counts_; }
  std::uint64_t random() { return random_(); }
  void set_read_time(wire::Time time) { read_time_ = time; }
  bool samples_reads_of(std::uint32_t number) const { return is_read_sample(number, place_of(number), size_); }
  void note_read_delay(Nanos delay);  // received bytes waited so long in the kernel
  void deliver(Receiver& receiver, Bytes message);
  void count_round_trip(wire::Time begun);
  void count_subscribed(int change);
  void first_attempt_done();  // a subscriber's first attempt to subscribe has succeeded or failed
  void count_failure(Failure kind, std::string_view detail);
  net::Segments& last_segments() { return census_.ends(); }  // of connections that have ended, after that
  // A connection of this subscriber has ended.
  void count_ended_segments(std::uint32_t number, const net::Segments& segments) {
    census_.ended(place_of(number), segments);
  }
  void defer_delete(std::unique_ptr<Link> connection) { deferred_.push_back(std::move(connection)); }
  std::optional<net::Address> source_address(const net::Address& target, std::uint32_t subscriber) const;
  Resolver& resolver() { return resolver_; }
  // The first sequence of `topic` that a subscriber is entitled to when it is subscribed at `now`.
  std::uint64_t first_entitled(std::uint32_t topic, wire::Time now) const;

 private:
  void run();
  void on_timer(net::Timer& timer) override;
  std::uint32_t share_below(std::uint64_t number) const;  // how many of this worker's are numbered below
  void connect_due();
  void probe_lag();
  std::size_t place_of(std::uint32_t number) const { return number / shares_; }  // among this worker's
  enum class Census : std::uint8_t { kBegin, kEnd };                             // of `measure`
  void begin_census(Census census);
  void take_census(std::size_t most);
  void census_slice();
  void end_census();
  net::Segments all_segments();
  void take_counts(Window& window) const;  // all but segments
  void end_iteration();
  void check_drained();
  std::uint64_t outstanding();

  const RunSpec& spec_;
  const std::atomic<std::int64_t>& publish_start_;  // ns of the monotonic clock; kNotStarted before
  std::uint32_t share_;
  std::uint32_t shares_;
  std::uint32_t size_;
  std::uint32_t admitted_ = 0;  // of `size_`: those that may connect
  std::uint32_t at_once_;       // first attempts that may be under way at a time
  Events events_;
  measure::Pacer connect_pacer_;
  net::Loop loop_;
  Recorder recorder_;
  Slicer slicer_;
  SessionCounts counts_;
  net::TlsCounts tls_counts_;
  LiveCounters live_;
  std::mt19937_64 random_;
  Resolver resolver_{loop_};
  std::unique_ptr<Speakers> speakers_;
  std::vector<std::unique_ptr<Link>> deferred_;  // connections dropped inside their own events; emptied each iteration
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<Receiver> receivers_;
  net::Timer connect_timer_;
  net::Timer lag_timer_;
  wire::Time begin_{};
  LagProbe lag_;
  wire::Time read_time_{};
  std::uint64_t subscribed_ = 0;
  std::uint64_t ever_subscribed_ = 0;
  std::uint64_t first_attempt_done_ = 0;  // subscribers whose first attempt is over
  SegmentCounter census_;
  Census census_of_ = Census::kBegin;
  bool census_due_ = false;                // it is not complete
  std::uint64_t drained_at_ = UINT64_MAX;  // value of recorder_.delivered at which the drain may be complete
  std::uint64_t published_end_ = 0;
  std::vector<std::uint64_t> unpublished_;  // and not received by anybody of this thread
  Window begin_window_;
  Window window_;
  Window idle_window_;
  bool measuring_ = false;
  bool draining_ = false;
  std::thread thread_;
};

inline constexpr std::int64_t kNotStarted = INT64_MAX;

}  // namespace loadgen
