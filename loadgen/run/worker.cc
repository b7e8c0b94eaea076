#include "loadgen/run/worker.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>

#include "loadgen/run/accounting.h"
#include "net/clock.h"
#include "net/limits.h"

namespace loadgen {

namespace {

constexpr Nanos kConnectBatch = std::chrono::milliseconds(1);
// PreviousRuns of all workers that may be under way: less than any listen queue holds (net.core.somaxconn is 4096), so
// that the ramp goes as fast as the server takes it and no connection waits for a SYN to be sent again.
constexpr std::uint32_t kAttempts = 2048;
constexpr std::uint32_t kLeastAttempts = 16;
// PreviousRuns that begin in one iteration of the loop: few enough that what the kernel keeps for them is still in the
// cache when the request is sent and when the answer is read.
constexpr std::uint32_t kAttemptsInARow = 64;

measure::Pacer share_of(const wire::Rate& rate, std::uint32_t shares) {
  return measure::Pacer::constant({static_cast<std::uint64_t>(rate.count), rate.period * shares});
}

}  // namespace

Worker::Worker(const RunSpec& spec, const std::atomic<std::int64_t>& publish_start, std::uint32_t share,
               std::uint32_t shares, Events events)
    : spec_(spec),
      publish_start_(publish_start),
      share_(share),
      shares_(shares),
      size_(share_below(static_cast<std::uint64_t>(spec.scenario.subscribers))),
      at_once_(std::max(kAttempts / shares, kLeastAttempts)),
      events_(std::move(events)),
      connect_pacer_(share_of(spec.scenario.connect.rate, shares)),
      recorder_(spec),
      random_(spec.seed + 0x9e3779b97f4a7c15ULL * (share + 1)) {
  loop_.set_end_of_iteration([this] { end_iteration(); });
  if (spec.scenario.publish.from == PublishFrom::kSubscribers)
    speakers_ = std::make_unique<Speakers>(*this, share, shares, events_.on_spoken);
}

Worker::~Worker() {
  finish();
}

void Worker::start(std::uint64_t admitted) {
  admitted_ = share_below(admitted);
  thread_ = std::thread([this] { run(); });
}

// The rate of connecting goes on from here: the pause is not made up for.
void Worker::admit(std::uint64_t admitted) {
  loop_.post([this, admitted] {
    admitted_ = share_below(admitted);
    begin_ = net::now() - connect_pacer_.due(subscribers_.size());
    connect_due();
    if (ever_subscribed_ == admitted_) events_.on_ready();
  });
}

std::uint32_t Worker::share_below(std::uint64_t number) const {
  return static_cast<std::uint32_t>((number + shares_ - 1 - share_) / shares_);
}

void Worker::run() {
  if (spec_.own_tables) net::own_descriptor_table();
  prctl(PR_SET_TIMERSLACK, 1);
  subscribers_.reserve(size_);
  begin_ = net::now();
  slicer_.start(begin_, loop_.idle_time());
  loop_.post([this] {
    connect_due();
    if (admitted_ == 0) events_.on_ready();
  });
  loop_.run();
  if (census_due_) end_census();
  receivers_.reserve(subscribers_.size());
  for (auto& subscriber : subscribers_) receivers_.push_back(subscriber->take_receiver());
  slicer_.finish(recorder_.delivery_latency, net::now(), loop_.idle_time());
  subscribers_.clear();
  if (speakers_ != nullptr) speakers_->close();
  deferred_.clear();
  connect_timer_.stop();
  lag_timer_.stop();
  loop_.close();
}

void Worker::finish() {
  if (!thread_.joinable()) return;
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

void Worker::cut() {
  loop_.post([this] { slicer_.cut(recorder_.delivery_latency, net::now(), loop_.idle_time()); });
}

void Worker::on_timer(net::Timer& timer) {
  if (&timer == &connect_timer_) {
    connect_due();
  } else {
    probe_lag();
  }
}

void Worker::connect_due() {
  const wire::Time now = net::now();
  const auto may_connect = [this] {
    return subscribers_.size() < admitted_ && subscribers_.size() - first_attempt_done_ < at_once_;
  };
  for (std::uint32_t i = 0; i < kAttemptsInARow && may_connect(); ++i) {
    if (connect_pacer_.due(subscribers_.size()) > now - begin_) break;
    const std::uint32_t number = share_ + static_cast<std::uint32_t>(subscribers_.size()) * shares_;
    subscribers_.push_back(std::make_unique<Subscriber>(*this, number));
    subscribers_.back()->begin(now);
  }
  if (!may_connect()) return;  // the last one is on its way, or first_attempt_done() goes on
  const wire::Time due = begin_ + connect_pacer_.due(subscribers_.size());
  connect_timer_.start(loop_.timers(), due <= now ? now : std::max(due, now + kConnectBatch), *this);
}

void Worker::first_attempt_done() {
  ++first_attempt_done_;
  if (subscribers_.size() < admitted_ && !connect_timer_.active())
    connect_timer_.start(loop_.timers(), net::now(), *this);
}

void Worker::probe_lag() {
  const wire::Time now = net::now();
  slicer_.note_lag(lag_.came(now, recorder_.loop_lag));
  if (measuring_) lag_timer_.start(loop_.timers(), lag_.due(), *this);
}

std::optional<net::Address> Worker::source_address(const net::Address& target, std::uint32_t subscriber) const {
  return spec_.source_address(target, subscriber);
}

std::uint64_t Worker::first_entitled(std::uint32_t topic, wire::Time now) const {
  const std::int64_t start = publish_start_.load(std::memory_order_acquire);
  const std::int64_t offset = now.time_since_epoch().count() - start;
  if (start == kNotStarted || offset <= 0) return 1;
  return spec_.first_sequence(topic, std::min(spec_.pacer.first_at_or_after(Nanos(offset)), spec_.end));
}

void Worker::deliver(Receiver& receiver, Bytes message) {
  recorder_.message(spec_, receiver, message, read_time_);
}

void Worker::count_round_trip(wire::Time begun) {
  if (measuring_) recorder_.round_trip.record(read_time_ - begun);
}

void Worker::note_read_delay(Nanos delay) {
  if (measuring_) recorder_.read_delay.record(delay);
}

void Worker::count_subscribed(int change) {
  subscribed_ += static_cast<std::uint64_t>(change);
  if (change < 0 || ever_subscribed_ == admitted_) return;
  // Counted by readiness: each subscriber's first subscription, once.
  ever_subscribed_ = recorder_.readiness.count();
  if (ever_subscribed_ == admitted_) events_.on_ready();
}

void Worker::count_failure(Failure kind, std::string_view detail) {
  recorder_.failures.add(kind, detail);
}

void Worker::publish_from(wire::Time start) {
  loop_.post([this, start] { speakers_->publish_from(start); });
}

void Worker::stop_publishing_at(std::uint64_t message) {
  loop_.post([this, message] { speakers_->stop_at(message); });
}

Subscriber* Worker::subscriber(std::uint32_t number) {
  const std::size_t place = place_of(number);
  return place < subscribers_.size() ? subscribers_[place].get() : nullptr;
}

void Worker::begin_drain(std::uint64_t end, std::vector<std::uint64_t> unpublished) {
  loop_.post([this, end, list = std::move(unpublished)]() mutable {
    published_end_ = end;
    unpublished_ = std::move(list);
    draining_ = true;
    drained_at_ = recorder_.delivered;
  });
}

// Measured messages that subscribers of this thread are entitled to and have not received. Linear in the subscribers,
// so it is asked only when the count of deliveries says that nothing may be left.
std::uint64_t Worker::outstanding() {
  unpublished_ = lost_messages(spec_, std::move(unpublished_), published_end_, recorder_.fanout);
  const Unpublished unpublished(spec_, unpublished_);
  std::uint64_t missing = 0;
  for (const auto& subscriber : subscribers_)
    missing += account_of(spec_, subscriber->receiver(), published_end_, unpublished).missing;
  return missing;
}

void Worker::check_drained() {
  const std::uint64_t left = outstanding();
  drained_at_ = left == 0 ? UINT64_MAX : recorder_.delivered + left;
  if (left == 0 && std::exchange(draining_, false)) events_.on_drained();
}

void Worker::end_iteration() {
  deferred_.clear();
  if (recorder_.delivered >= drained_at_) check_drained();
  live_.started.store(subscribers_.size(), std::memory_order_relaxed);
  live_.ever_subscribed.store(ever_subscribed_, std::memory_order_relaxed);
  live_.subscribed.store(subscribed_, std::memory_order_relaxed);
  live_.delivered.store(recorder_.delivered_any, std::memory_order_relaxed);
  live_.received_bytes.store(counts_.received.total, std::memory_order_relaxed);
  live_.failures.store(recorder_.failures.total(), std::memory_order_relaxed);
}

void Window::add(const Window& other) {
  counts.add(other.counts);
  tls.add(other.tls);
  deliveries += other.deliveries;
  segments += other.segments;
  cpu += other.cpu;
  busy += other.busy;
  length = std::max(length, other.length);
}

void Window::subtract(const Window& earlier) {
  counts.subtract(earlier.counts);
  tls.subtract(earlier.tls);
  deliveries -= earlier.deliveries;
  segments -= earlier.segments;
  cpu -= earlier.cpu;
  busy -= earlier.busy;
  length -= earlier.length;
}

void Worker::take_counts(Window& window) const {
  window.counts = counts_;
  window.tls = tls_counts_;
  window.deliveries = recorder_.delivered_any;
  window.length = net::now().time_since_epoch();
  window.cpu = net::thread_cpu();
  window.busy = window.length - loop_.idle_time();
}

void Worker::begin_census(Census census) {
  census_.start();
  census_of_ = census;
  census_due_ = true;
  census_slice();
}

// The subscribers that are next in the census, at most so many.
void Worker::take_census(std::size_t most) {
  const double seconds = std::chrono::duration<double>(window_.length).count();
  census_.read(subscribers_.size(), most, [this, seconds](std::size_t place, net::Segments& sum) {
    Subscriber& subscriber = *subscribers_[place];
    subscriber.add_segments(sum);
    const auto bytes = static_cast<double>(subscriber.take_received_bytes());
    if (census_of_ == Census::kEnd) recorder_.subscriber_bandwidth.record(static_cast<std::int64_t>(bytes / seconds));
  });
}

// One slice in each iteration of the loop, so that no message waits for more than that.
void Worker::census_slice() {
  if (!census_due_) return;
  take_census(SegmentCounter::kSlice);
  if (!census_.complete(subscribers_.size())) {
    loop_.post([this] { census_slice(); });
  } else if (census_of_ == Census::kEnd) {
    end_census();
  }
}

// What is left of it, at once.
void Worker::end_census() {
  take_census(subscribers_.size());
  census_due_ = false;
  if (census_of_ == Census::kBegin) return;
  window_.segments = census_.total();
  window_.segments -= begin_window_.segments;
}

net::Segments Worker::all_segments() {
  census_.start();
  census_.read(subscribers_.size(), subscribers_.size(),
               [this](std::size_t place, net::Segments& sum) { subscribers_[place]->add_segments(sum); });
  return census_.total();
}

// Nothing is published in this phase: there is no message that could wait.
void Worker::begin_idle() {
  loop_.post([this] {
    begin_window_.segments = all_segments();
    take_counts(begin_window_);
  });
}

void Worker::end_idle() {
  loop_.post([this] {
    take_counts(idle_window_);
    idle_window_.segments = all_segments();
    idle_window_.subtract(begin_window_);
  });
}

Nanos Worker::time_to_prepare(std::uint64_t subscribers) {
  constexpr Nanos kEach = std::chrono::microseconds(2);
  return subscribers <= SegmentCounter::kSlice ? Nanos(0) : kEach * static_cast<std::int64_t>(subscribers);
}

void Worker::prepare_measure() {
  loop_.post([this] { begin_census(Census::kBegin); });
}

// What the census costs lies before the baseline, and behind what is read at the end.
void Worker::begin_measure(wire::Time begin) {
  loop_.post([this, begin] {
    end_census();
    begin_window_.segments = census_.total();
    measuring_ = true;
    lag_.start(begin);
    lag_timer_.start(loop_.timers(), lag_.due(), *this);
    take_counts(begin_window_);
  });
}

void Worker::end_measure() {
  loop_.post([this] {
    if (!measuring_) return;
    measuring_ = false;
    take_counts(window_);
    window_.subtract(begin_window_);
    begin_census(Census::kEnd);
  });
}

}  // namespace loadgen
