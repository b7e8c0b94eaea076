#include "server/feed.h"

#include <algorithm>
#include <utility>

#include "server/options.h"
#include "server/stats.h"

namespace server {

namespace {

// What one subscriber is given from the log in one iteration: enough for one full write, little enough that others get
// their turn.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

Feed::Feed(Context& context, TechniqueStats& counters, const Dialect& dialect, Framing framing,
           void (*reject)(Connection&))
    : context_(context), counters_(counters), dialect_(dialect), framing_(framing), reject_(reject) {}

void Feed::subscribe(Connection& connection, Subscriber& subscriber, Topic& topic, std::uint64_t cursor) {
  if (topic.index() >= places_.size()) places_.resize(topic.index() + 1);
  auto& place = places_[topic.index()];
  if (place == nullptr) place = std::make_unique<TopicFeed>(*this, topic);
  place->write_batch();  // the newcomer's place is behind what was encoded before it came
  subscriber.place_ = place.get();
  limited_ = limited_ || !subscriber.left_.none();
  if (subscriber.origin_ != 0) place->authors_.emplace(subscriber.origin_, &subscriber);
  place->start_lagging(connection, subscriber, std::min(cursor, topic.head()), topic.bytes_through(topic.head()));
  place->catch_up(place->lagging_.size() - 1);
}

void Feed::unsubscribe(Subscriber& subscriber) {
  if (subscriber.place_ == nullptr) return;
  subscriber.place_->leave(subscriber);
  subscriber.place_ = nullptr;
}

void Feed::on_drain(Subscriber& subscriber) {
  if (subscriber.place_ == nullptr || !subscriber.lagging_) return;
  subscriber.place_->write_batch();
  subscriber.place_->catch_up(subscriber.slot_);
}

void Feed::on_publish(const Topic& topic, const Message& message) {
  if (topic.index() >= places_.size()) return;
  TopicFeed* place = places_[topic.index()].get();
  if (place == nullptr || place->idle()) return;
  place->publish(message);
  queue(*place);
}

void Feed::queue(TopicFeed& place) {
  if (place.queued_) return;
  place.queued_ = true;
  queue_.push_back(&place);
}

void Feed::on_flush() {
  flushing_.swap(queue_);
  for (TopicFeed* place : flushing_) {
    place->queued_ = false;
    place->flush();
  }
  flushing_.clear();
}

void TopicFeed::publish(const Message& message) {
  published_ = true;
  if (live_.empty()) return;
  if (batch_messages_ == 0) batch_first_ = message.sequence;
  if (message.origin != 0 && authors_.contains(message.origin)) batch_authors_.push_back(message.origin);
  const std::size_t before = batch_.size();
  feed_.dialect_.append(batch_, message);
  batch_sent_ += feed_.dialect_.payload_of(message, batch_.size() - before);
  ++batch_messages_;
  batch_payload_ += message.bytes().size();
}

void TopicFeed::flush() {
  write_batch();
  if (published_) judge_slow();
  published_ = false;
  for (std::size_t i = lagging_.size(); i-- > 0;) {
    if (!lagging_[i].connection->stalled()) catch_up(i);
  }
}

void TopicFeed::write_batch() {
  if (batch_messages_ == 0) return;
  set_authors_apart();
  const std::uint64_t messages = std::exchange(batch_messages_, 0);
  const std::uint64_t payload = std::exchange(batch_payload_, 0);
  const std::uint64_t payload_sent = std::exchange(batch_sent_, 0);
  const Feed::Sealed sealed = feed_.seal(std::exchange(batch_, {}));
  std::uint64_t sent = 0;
  for (std::size_t i = live_.size(); i-- > 0;) {
    Connection& connection = *live_[i];
    if (connection.stalled() || (feed_.limited_ && !fits(connection, messages, payload))) {
      auto& subscriber = static_cast<Subscriber&>(*connection.state());
      remove(subscriber);
      start_lagging(connection, subscriber, batch_first_ - 1, 0);
    } else {
      feed_.send(connection, sealed);
      ++sent;
    }
  }
  feed_.count_sent(sealed, sent, messages, payload_sent);
  wrote_ = true;
}

// They get the batch from the log, without what is theirs.
void TopicFeed::set_authors_apart() {
  for (const std::uint64_t origin : batch_authors_) {
    const auto [first, last] = authors_.equal_range(origin);
    for (auto author = first; author != last; ++author) {
      Subscriber& subscriber = *author->second;
      if (subscriber.lagging_) continue;
      Connection& connection = *live_[subscriber.slot_];
      remove(subscriber);
      start_lagging(connection, subscriber, batch_first_ - 1, 0);
    }
  }
  batch_authors_.clear();
}

// Whether the whole batch is within the limit and more may follow: what ends a stream is served from the log, exactly.
bool TopicFeed::fits(Connection& connection, std::uint64_t messages, std::uint64_t payload) {
  StreamLimit& left = static_cast<Subscriber&>(*connection.state()).left_;
  if (left.messages <= messages || left.bytes <= payload) return false;
  left.take(messages, payload);
  return true;
}

void TopicFeed::start_lagging(Connection& connection, Subscriber& subscriber, std::uint64_t cursor,
                              std::uint64_t joined_at) {
  subscriber.lagging_ = true;
  subscriber.slot_ = static_cast<std::uint32_t>(lagging_.size());
  lagging_.push_back({&connection, cursor, joined_at, 0});
}

void TopicFeed::become_live(std::size_t slot) {
  Connection& connection = *lagging_[slot].connection;
  auto& subscriber = static_cast<Subscriber&>(*connection.state());
  remove_lagging(slot);
  subscriber.lagging_ = false;
  subscriber.slot_ = static_cast<std::uint32_t>(live_.size());
  live_.push_back(&connection);
}

// The policy for those whose kernel buffers are full: as long as the socket takes bytes, a subscriber may be any
// distance behind.
void TopicFeed::judge_slow() {
  Stats& stats = feed_.context_.stats;
  for (std::size_t i = lagging_.size(); i-- > 0;) {
    Lagging& slow = lagging_[i];
    if (!slow.connection->stalled() || !over_limit(slow)) continue;
    if (feed_.context_.options.policy == SlowPolicy::kDropOldest) {
      drop_for(slow);
    } else {
      stats.disconnected_slow.add(1);
      stats.dropped.add(topic_.head() - slow.cursor);
      feed_.reject_(*slow.connection);  // removes it from here
    }
  }
}

bool TopicFeed::over_limit(const Lagging& slow) const {
  const std::uint64_t from = std::max(topic_.bytes_through(slow.cursor), slow.joined_at);
  const std::uint64_t waiting = topic_.bytes_through(topic_.head()) - from;
  const bool fell_off = slow.cursor + 1 < topic_.first() && slow.joined_at <= topic_.bytes_through(slow.cursor);
  return waiting > feed_.context_.options.queue || fell_off;
}

void TopicFeed::drop_for(Lagging& slow) {
  const std::uint64_t cursor = std::max(slow.cursor, topic_.cursor_within(feed_.context_.options.queue));
  feed_.context_.stats.dropped.add(cursor - slow.cursor);
  if (slow.gap_first == 0) slow.gap_first = slow.cursor + 1;
  slow.cursor = cursor;
}

void TopicFeed::catch_up(std::size_t slot) {
  Lagging& behind = lagging_[slot];
  auto& subscriber = static_cast<Subscriber&>(*behind.connection->state());
  if (behind.cursor + 1 < topic_.first()) {
    if (behind.gap_first == 0) behind.gap_first = behind.cursor + 1;
    feed_.context_.stats.gap_messages.add(topic_.first() - 1 - behind.cursor);
    behind.cursor = topic_.first() - 1;
  }
  if (behind.gap_first != 0 && !feed_.dialect_.tells_gaps()) {
    feed_.end(*behind.connection);  // removes it from here
    return;
  }
  Piece piece = next_piece(behind, subscriber);
  if (!piece.bytes.empty()) {
    const Feed::Sealed sealed = feed_.seal(std::move(piece.bytes));
    feed_.send(*behind.connection, sealed);
    feed_.count_sent(sealed, 1, piece.messages, piece.payload);
  }
  if (subscriber.left_.reached()) {
    feed_.end(*behind.connection);  // removes it from here
  } else if (behind.cursor == topic_.head()) {
    if (subscriber.own_dialect_ == nullptr) become_live(slot);
  } else {
    feed_.queue(*this);
    feed_.context_.flush_again();
  }
}

// What follows the cursor, and moves it.
TopicFeed::Piece TopicFeed::next_piece(Lagging& behind, Subscriber& subscriber) {
  const Dialect& dialect = subscriber.own_dialect_ != nullptr ? *subscriber.own_dialect_ : feed_.dialect_;
  Piece piece;
  bool skipped = false;
  if (behind.gap_first != 0) dialect.append_gap(piece.bytes, {std::exchange(behind.gap_first, 0), behind.cursor});
  while (behind.cursor < topic_.head() && piece.bytes.size() < kPiece && !subscriber.left_.reached()) {
    const Message& message = topic_.message(++behind.cursor);
    if (subscriber.origin_ != 0 && message.origin == subscriber.origin_) {
      skipped = true;
      continue;
    }
    if (std::exchange(skipped, false)) dialect.append_skip(piece.bytes, behind.cursor - 1);
    const std::size_t before = piece.bytes.size();
    dialect.append(piece.bytes, message);
    ++piece.messages;
    piece.payload += dialect.payload_of(message, piece.bytes.size() - before);
    subscriber.left_.take(1, message.bytes().size());
  }
  if (skipped) dialect.append_skip(piece.bytes, behind.cursor);
  return piece;
}

void TopicFeed::leave(Subscriber& subscriber) {
  remove(subscriber);
  if (subscriber.origin_ == 0) return;
  const auto [first, last] = authors_.equal_range(subscriber.origin_);
  authors_.erase(std::find_if(first, last, [&](const auto& author) { return author.second == &subscriber; }));
}

void TopicFeed::remove(Subscriber& subscriber) {
  if (subscriber.lagging_) {
    remove_lagging(subscriber.slot_);
    return;
  }
  live_[subscriber.slot_] = live_.back();
  live_.pop_back();
  if (subscriber.slot_ < live_.size()) {
    static_cast<Subscriber&>(*live_[subscriber.slot_]->state()).slot_ = subscriber.slot_;
  }
}

void TopicFeed::remove_lagging(std::size_t slot) {
  lagging_[slot] = lagging_.back();
  lagging_.pop_back();
  if (slot < lagging_.size()) {
    static_cast<Subscriber&>(*lagging_[slot].connection->state()).slot_ = static_cast<std::uint32_t>(slot);
  }
}

}  // namespace server
