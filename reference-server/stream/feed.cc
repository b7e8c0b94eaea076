#include "reference-server/stream/feed.h"

#include <algorithm>
#include <utility>

#include "reference-server/options.h"
#include "reference-server/stats.h"
#include "wire/http1.h"

namespace server {

namespace {

// What one subscriber is given from the log in one iteration: enough for one full write, little enough that others get
// their turn.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

Feed::Feed(Context& context, TechniqueStats& counters, const Encoder& encoder, Framing framing,
           void (*reject)(Connection&), EndAtGap end_at_gap)
    : context_(context),
      counters_(counters),
      encoder_(encoder),
      framing_(framing),
      reject_(reject),
      end_at_gap_(end_at_gap ? std::move(end_at_gap) : [this](Connection& connection, Gap) { end(connection); }) {}

void Feed::subscribe(Connection& connection, Subscriber& subscriber, Topic& topic, std::uint64_t cursor) {
  if (topic.index() >= topic_feeds_.size()) topic_feeds_.resize(topic.index() + 1);
  auto& topic_feed = topic_feeds_[topic.index()];
  if (topic_feed == nullptr) topic_feed = std::make_unique<TopicFeed>(*this, topic);
  topic_feed->write_batch();  // the newcomer's place is behind what was encoded before it came
  subscriber.topic_feed_ = topic_feed.get();
  limited_ = limited_ || !subscriber.left_.none();
  if (subscriber.origin_ != 0) topic_feed->by_origin_.emplace(subscriber.origin_, &subscriber);
  topic_feed->start_lagging(connection, subscriber, std::min(cursor, topic.head()), topic.bytes_through(topic.head()));
  topic_feed->catch_up(topic_feed->lagging_.size() - 1);
}

void Feed::unsubscribe(Subscriber& subscriber) {
  if (subscriber.topic_feed_ == nullptr) return;
  subscriber.topic_feed_->leave(subscriber);
  subscriber.topic_feed_ = nullptr;
}

void Feed::on_drain(Subscriber& subscriber) {
  if (subscriber.topic_feed_ == nullptr || !subscriber.lagging_) return;
  subscriber.topic_feed_->write_batch();
  subscriber.topic_feed_->catch_up(subscriber.slot_);
}

void Feed::on_publish(const Topic& topic, const Message& message) {
  if (topic.index() >= topic_feeds_.size()) return;
  TopicFeed* topic_feed = topic_feeds_[topic.index()].get();
  if (topic_feed == nullptr || topic_feed->idle()) return;
  topic_feed->publish(message);
  queue(*topic_feed);
}

void Feed::queue(TopicFeed& topic_feed) {
  if (topic_feed.queued_) return;
  topic_feed.queued_ = true;
  queue_.push_back(&topic_feed);
}

void Feed::on_flush() {
  flushing_.swap(queue_);
  for (TopicFeed* topic_feed : flushing_) {
    topic_feed->queued_ = false;
    topic_feed->flush();
  }
  flushing_.clear();
}

void Feed::end(Connection& connection) {
  if (framing_ != Framing::kNone) {
    std::string last;
    if (framing_ == Framing::kGzip) {
      std::string trailer;
      wire::gzip::append_trailer(trailer, static_cast<Subscriber&>(*connection.state()).body_);
      wire::http1::append_chunk(last, trailer);
    }
    last += wire::http1::kLastChunk;
    context_.stats.sent.framing.add(last.size());
    connection.send(Bytes(last));
  }
  connection.close();
}

void Feed::send_to_quiet(Bytes bytes) {
  const EncodedBatch batch = encode(std::string(bytes));
  for (const auto& topic_feed : topic_feeds_) {
    if (topic_feed == nullptr || topic_feed->idle()) continue;
    topic_feed->wrote_ = !topic_feed->wrote_;  // quiet since the last call: written to now
    if (!topic_feed->wrote_) continue;
    for (Connection* connection : topic_feed->live_) {
      if (connection->stalled()) continue;
      send(*connection, batch);
      count_sent(batch, 1, 0, 0);
    }
  }
}

Feed::EncodedBatch Feed::encode(std::string bytes) const {
  if (framing_ == Framing::kNone) return {SharedBytes(std::move(bytes)), {}};
  EncodedBatch batch;
  if (framing_ == Framing::kGzip) {
    batch.sum = wire::gzip::Piece(bytes);
    std::string segment;
    wire::gzip::append_segment(segment, bytes);
    bytes = std::move(segment);
    batch.encoded = bytes.size();
  }
  std::string chunk;
  chunk.reserve(bytes.size() + 16);
  wire::http1::append_chunk(chunk, bytes);
  batch.bytes = SharedBytes(std::move(chunk));
  return batch;
}

void Feed::send(Connection& connection, const EncodedBatch& batch) const {
  if (framing_ == Framing::kGzip) batch.sum.add_to(static_cast<Subscriber&>(*connection.state()).body_);
  connection.send(batch.bytes);
}

// Framing is what was put round the messages, compressed or not; the two content counters tell what compression saved.
void Feed::count_sent(const EncodedBatch& batch, std::uint64_t subscribers, std::uint64_t messages,
                      std::uint64_t payload) {
  Stats& stats = context_.stats;
  counters_.delivered.add(subscribers * messages);
  stats.sent.payload.add(subscribers * payload);
  std::uint64_t size = batch.bytes.size();
  if (framing_ == Framing::kGzip) {
    const std::uint64_t plain = batch.sum.size();
    stats.sent.decoded.add(subscribers * plain);
    stats.sent.encoded.add(subscribers * batch.encoded);
    size += plain - batch.encoded;
  }
  stats.sent.framing.add(subscribers * (size - payload));
}

void TopicFeed::publish(const Message& message) {
  published_ = true;
  if (live_.empty()) return;
  if (batch_messages_ == 0) batch_first_ = message.sequence;
  if (message.origin != 0 && by_origin_.contains(message.origin)) batch_origins_.push_back(message.origin);
  const std::size_t before = batch_.size();
  feed_.encoder_.append(batch_, message);
  batch_sent_ += feed_.encoder_.payload_of(message, batch_.size() - before);
  ++batch_messages_;
  batch_payload_ += message.bytes().size();
}

void TopicFeed::flush() {
  write_batch();
  if (published_) enforce_lag_limit();
  published_ = false;
  for (std::size_t i = lagging_.size(); i-- > 0;) {
    if (!lagging_[i].connection->stalled()) catch_up(i);
  }
}

void TopicFeed::write_batch() {
  if (batch_messages_ == 0) return;
  exclude_own();
  const std::uint64_t messages = std::exchange(batch_messages_, 0);
  const std::uint64_t payload = std::exchange(batch_payload_, 0);
  const std::uint64_t payload_sent = std::exchange(batch_sent_, 0);
  const Feed::EncodedBatch batch = feed_.encode(std::exchange(batch_, {}));
  std::uint64_t sent = 0;
  for (std::size_t i = live_.size(); i-- > 0;) {
    Connection& connection = *live_[i];
    if (connection.stalled() || (feed_.limited_ && !fits(connection, messages, payload))) {
      auto& subscriber = static_cast<Subscriber&>(*connection.state());
      remove(subscriber);
      start_lagging(connection, subscriber, batch_first_ - 1, 0);
    } else {
      feed_.send(connection, batch);
      ++sent;
    }
  }
  feed_.count_sent(batch, sent, messages, payload_sent);
  wrote_ = true;
}

// They get the batch from the log, without what is theirs.
void TopicFeed::exclude_own() {
  for (const std::uint64_t origin : batch_origins_) {
    const auto [first, last] = by_origin_.equal_range(origin);
    for (auto author = first; author != last; ++author) {
      Subscriber& subscriber = *author->second;
      if (subscriber.lagging_) continue;
      Connection& connection = *live_[subscriber.slot_];
      remove(subscriber);
      start_lagging(connection, subscriber, batch_first_ - 1, 0);
    }
  }
  batch_origins_.clear();
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
void TopicFeed::enforce_lag_limit() {
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
  if (behind.gap_first != 0 && (subscriber.ends_at_gaps_ || !feed_.encoder_.has_gap_notice())) {
    feed_.end_at_gap_(*behind.connection, {behind.gap_first, behind.cursor});  // removes it from here
    return;
  }
  Piece piece = next_piece(behind, subscriber);
  if (!piece.bytes.empty()) {
    const Feed::EncodedBatch batch = feed_.encode(std::move(piece.bytes));
    feed_.send(*behind.connection, batch);
    feed_.count_sent(batch, 1, piece.messages, piece.payload);
  }
  if (subscriber.left_.reached()) {
    feed_.end(*behind.connection);  // removes it from here
  } else if (behind.cursor == topic_.head()) {
    if (subscriber.own_encoder_ == nullptr) become_live(slot);
  } else {
    feed_.queue(*this);
    feed_.context_.flush_again();
  }
}

// What follows the cursor, and moves it.
TopicFeed::Piece TopicFeed::next_piece(Lagging& behind, Subscriber& subscriber) {
  const Encoder& encoder = subscriber.own_encoder_ != nullptr ? *subscriber.own_encoder_ : feed_.encoder_;
  Piece piece;
  bool skipped = false;
  if (behind.gap_first != 0) encoder.append_gap(piece.bytes, {std::exchange(behind.gap_first, 0), behind.cursor});
  while (behind.cursor < topic_.head() && piece.bytes.size() < kPiece && !subscriber.left_.reached()) {
    const Message& message = topic_.message(++behind.cursor);
    if (subscriber.origin_ != 0 && message.origin == subscriber.origin_) {
      skipped = true;
      continue;
    }
    if (std::exchange(skipped, false)) encoder.append_skip(piece.bytes, behind.cursor - 1);
    const std::size_t before = piece.bytes.size();
    encoder.append(piece.bytes, message);
    ++piece.messages;
    piece.payload += encoder.payload_of(message, piece.bytes.size() - before);
    subscriber.left_.take(1, message.bytes().size());
  }
  if (skipped) encoder.append_skip(piece.bytes, behind.cursor);
  return piece;
}

void TopicFeed::leave(Subscriber& subscriber) {
  remove(subscriber);
  if (subscriber.origin_ == 0) return;
  const auto [first, last] = by_origin_.equal_range(subscriber.origin_);
  by_origin_.erase(std::find_if(first, last, [&](const auto& author) { return author.second == &subscriber; }));
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
