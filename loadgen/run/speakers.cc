#include "loadgen/run/speakers.h"

#include <algorithm>
#include <utility>

#include "loadgen/run/worker.h"
#include "net/clock.h"

namespace loadgen {

Speakers::Speakers(Worker& worker, std::uint32_t share, std::uint32_t shares, std::function<void()> on_done)
    : worker_(worker),
      spec_(worker.spec()),
      share_(share),
      shares_(shares),
      on_done_(std::move(on_done)),
      end_(spec_.end) {}

void Speakers::publish_from(wire::Time start) {
  start_ = start;
  publishing_ = true;
  skip_others();
  on_timer(due_timer_);
}

void Speakers::stop_at(std::uint64_t end) {
  end_ = std::max(next_, end);
  publishing_ = true;  // also when it had not begun
  on_timer(due_timer_);
}

void Speakers::on_timer(net::Timer&) {
  wire::Time now = net::now();
  wire::Time due{};
  for (int turn = 0; next_ < end_ && (due = start_ + spec_.pacer.due(next_)) <= now; ++turn) {
    if (turn == Publishing::kInARow) break;
    const std::uint64_t message = next_++;
    Subscriber* speaker = worker_.subscriber(speaker_);
    skip_others();
    speak(message, speaker, due, now);
    now = net::now();
  }
  if (next_ < end_) {
    due_timer_.start(worker_.loop().timers(), std::max(due, now), *this);
  } else {
    due_timer_.stop();
    check_done();
  }
}

void Speakers::skip_others() {
  while (next_ < end_ && (speaker_ = spec_.speaker_of(next_)) % shares_ != share_) ++next_;
}

void Speakers::speak(std::uint64_t message, Subscriber* speaker, wire::Time intended, wire::Time now) {
  if (speaker == nullptr || !speaker->is_subscribed()) {
    fail(Failure::kClosed, "a subscriber was not connected when its turn to publish came");
    unpublished_.push_back(message);
    return;
  }
  payload_.clear();
  wire::append_payload(payload_, spec_.marker_of(message, intended, now));
  switch (speaker->speak(message, payload_)) {
    case Subscriber::Spoken::kSent:
      live_published_.fetch_add(1, std::memory_order_relaxed);
      break;
    case Subscriber::Spoken::kPosted:
      ++outstanding_;
      break;
    case Subscriber::Spoken::kBackedUp:
      fail(Failure::kTimeout, "the server does not read what a subscriber publishes");
      unpublished_.push_back(message);
      return;
  }
  if (spec_.is_measured(message)) send_lag_.record(now - intended);
}

void Speakers::published(std::uint64_t) {
  live_published_.fetch_add(1, std::memory_order_relaxed);
  --outstanding_;
  check_done();
}

void Speakers::post_unpublished(std::uint64_t message) {
  unpublished_.push_back(message);
  --outstanding_;
  check_done();
}

// The turns of one subscriber are all rounds of its topic apart.
void Speakers::connection_lost(std::uint64_t first) {
  const std::uint64_t round = spec_.members_of(spec_.topic_of(first)) * spec_.topics;
  for (std::uint64_t message = first; message < next_; message += round) unpublished_.push_back(message);
}

void Speakers::check_done() {
  if (on_done_ == nullptr || !publishing_ || next_ < end_ || outstanding_ != 0) return;
  unpublished_at_end_ = unpublished_;
  std::exchange(on_done_, nullptr)();
}

void Speakers::close() {
  due_timer_.stop();
  ended_ = true;
}

void Speakers::miss_until(std::uint64_t end) {
  for (; next_ < end; ++next_) {
    if (spec_.speaker_of(next_) % shares_ == share_) unpublished_.push_back(next_);
  }
}

SpeakingSubscribers::SpeakingSubscribers(const RunSpec& spec, std::span<const std::unique_ptr<Worker>> workers,
                                         Events events)
    : spec_(spec), workers_(workers), events_(std::move(events)), end_(spec.end) {}

void SpeakingSubscribers::share_done() {
  if (done_.fetch_add(1) + 1 == workers_.size()) events_.on_done();
}

void SpeakingSubscribers::publish_from(wire::Time start) {
  start_ = start;
  for (const auto& worker : workers_) worker->publish_from(start);
}

// All workers end at one message: one that none of them can have reached yet.
void SpeakingSubscribers::stop() {
  constexpr Nanos kAhead = std::chrono::milliseconds(100);
  const Nanos offset = start_ == wire::Time::max() ? Nanos(0) : net::now() - start_ + kAhead;
  end_ = std::min(end_, spec_.pacer.first_at_or_after(offset));
  for (const auto& worker : workers_) worker->stop_publishing_at(end_);
}

void SpeakingSubscribers::finish() {
  for (const auto& worker : workers_) worker->finish();
  std::uint64_t tried = 0;
  for (const auto& worker : workers_) tried = std::max(tried, worker->speakers()->next());
  end_ = tried;
  for (const auto& worker : workers_) worker->speakers()->miss_until(end_);
}

std::uint64_t SpeakingSubscribers::published() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->speakers()->published();
  return sum;
}

std::vector<std::uint64_t> SpeakingSubscribers::unpublished() const {
  std::vector<std::uint64_t> all;
  for (const auto& worker : workers_) {
    const auto& share = worker->speakers()->unpublished();
    all.insert(all.end(), share.begin(), share.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

measure::Histogram SpeakingSubscribers::send_lag() const {
  measure::Histogram all;
  for (const auto& worker : workers_) all.merge(worker->speakers()->send_lag());
  return all;
}

Failures SpeakingSubscribers::failures() const {
  Failures all;
  for (const auto& worker : workers_) all.merge(worker->speakers()->failures());
  return all;
}

}  // namespace loadgen
