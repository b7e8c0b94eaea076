#include "reference-server/stream/broadcaster.h"

#include <algorithm>

#include "reference-server/options.h"
#include "reference-server/stats.h"

namespace server {

void Subscriber::set_origin(std::uint64_t origin) {
  origin_ = origin;
  if (topic_ != nullptr && origin != 0) topic_->by_origin_.emplace(origin, this);
}

void Subscriber::drained() {
  if (topic_ == nullptr || !lagging_) return;
  topic_->write_batch();
  topic_->catch_up(slot_);
}

void Subscriber::unsubscribe() {
  if (TopicBroadcast* topic = std::exchange(topic_, nullptr)) topic->leave(*this);
}

void Broadcaster::subscribe(Connection& connection, Subscriber& subscriber, const TopicUse& topic,
                            std::uint64_t cursor) {
  if (topic->index() >= topics_.size()) topics_.resize(topic->index() + 1);
  auto& broadcast = topics_[topic->index()];
  if (broadcast == nullptr) broadcast = std::make_unique<TopicBroadcast>(*this, *topic);
  broadcast->use_ = topic;
  broadcast->write_batch();  // the newcomer starts behind what was encoded before it came
  subscriber.topic_ = broadcast.get();
  limited_ = limited_ || (subscriber.body_ != nullptr && !subscriber.body_->left.none());
  if (subscriber.origin_ != 0) broadcast->by_origin_.emplace(subscriber.origin_, &subscriber);
  broadcast->start_lagging({&connection, &subscriber}, std::min(cursor, topic->head()),
                           topic->bytes_through(topic->head()));
  broadcast->catch_up(broadcast->lagging_.size() - 1);
}

void Broadcaster::on_publish(const Topic& topic, const Message& message) {
  if (topic.index() >= topics_.size()) return;
  TopicBroadcast* broadcast = topics_[topic.index()].get();
  if (broadcast == nullptr || broadcast->idle()) return;
  broadcast->publish(message);
  queue(*broadcast);
}

void Broadcaster::on_topic_gone(const Topic& topic) {
  if (topic.index() >= topics_.size()) return;
  auto& broadcast = topics_[topic.index()];
  if (broadcast == nullptr) return;
  if (broadcast->queued_) std::erase(queue_, broadcast.get());
  if (broadcast->holding_) std::erase(holding_, broadcast.get());
  broadcast.reset();
}

void Broadcaster::queue(TopicBroadcast& topic) {
  if (std::exchange(topic.queued_, true)) return;
  queue_.push_back(&topic);
}

void Broadcaster::continue_later(TopicBroadcast& topic) {
  queue(topic);
  context_.flush_again();
}

void Broadcaster::on_flush() {
  std::erase_if(holding_, [](TopicBroadcast* topic) {
    topic->reader_.forget_unsent();
    topic->holding_ = topic->reader_.holds_pieces();
    return !topic->holding_;
  });
  budget_ = kBudget;
  flushing_.swap(queue_);
  for (TopicBroadcast* topic : flushing_) {
    topic->queued_ = false;
    topic->flush();
  }
  flushing_.clear();
}

void Broadcaster::end_all() {
  for (const auto& topic : topics_) {
    if (topic == nullptr) continue;
    for (std::size_t i = topic->live_.size(); i-- > 0;) end(*topic->live_[i].connection, *topic->live_[i].subscriber);
    for (std::size_t i = topic->lagging_.size(); i-- > 0;) {
      end(*topic->lagging_[i].connection, *topic->lagging_[i].subscriber);
    }
  }
}

void Broadcaster::end(Connection& connection, const Subscriber& subscriber) {
  if (framing_ != Framing::kNone) {
    const std::string last = body_end(framing_, subscriber.body_->sum);
    context_.stats.sent.framing.add(last.size());
    connection.send(Bytes(last));
  }
  connection.close();  // unsubscribes it
}

void Broadcaster::end_before_gap(const TopicBroadcast::Lagging& behind) {
  if (!end_at_gap_) return end(*behind.connection, *behind.subscriber);
  end_at_gap_(*behind.connection, {behind.position.gap_first, behind.position.cursor});
}

void Broadcaster::send_to_quiet(Bytes bytes) {
  const EncodedBatch batch = frame(framing_, std::string(bytes));
  for (const auto& topic : topics_) {
    if (topic == nullptr || topic->idle()) continue;
    topic->wrote_ = !topic->wrote_;  // quiet since the last call: written to now
    if (!topic->wrote_) continue;
    for (const TopicBroadcast::Live& live : topic->live_) {
      if (live.connection->stalled()) continue;
      send(*live.connection, *live.subscriber, batch);
      count_sent(batch, 1);
    }
  }
}

void Broadcaster::send(Connection& connection, Subscriber& subscriber, const EncodedBatch& batch) const {
  if (framing_ == Framing::kGzip) batch.sum.add_to(subscriber.body_->sum);
  connection.send(batch.bytes);
}

// Framing is what was put round the messages, compressed or not; the two content counters tell what compression saved.
void Broadcaster::count_sent(const EncodedBatch& batch, std::uint64_t subscribers) {
  Stats& stats = context_.stats;
  counters_.delivered.add(subscribers * batch.messages);
  stats.sent.payload.add(subscribers * batch.payload);
  std::uint64_t size = batch.bytes.size();
  if (framing_ == Framing::kGzip) {
    const std::uint64_t plain = batch.sum.size();
    stats.sent.decoded.add(subscribers * plain);
    stats.sent.encoded.add(subscribers * batch.compressed);
    size += plain - batch.compressed;
  }
  stats.sent.framing.add(subscribers * (size - batch.payload));
}

TopicBroadcast::TopicBroadcast(Broadcaster& owner, Topic& topic)
    : owner_(owner), topic_(topic), reader_(topic, owner.encoder_, owner.framing_) {}

void TopicBroadcast::publish(const Message& message) {
  published_ = true;
  if (live_.empty()) return;
  if (batch_messages_ == 0) batch_first_ = message.sequence;
  if (message.origin != 0 && by_origin_.contains(message.origin)) batch_origins_.push_back(message.origin);
  const std::size_t before = batch_.size();
  owner_.encoder_.append(batch_, message);
  batch_sent_ += owner_.encoder_.payload_of(message, batch_.size() - before);
  ++batch_messages_;
  batch_payload_ += message.bytes().size();
}

void TopicBroadcast::flush() {
  write_batch();
  if (published_) enforce_lag_limit();
  published_ = false;
  for (std::size_t i = lagging_.size(); i-- > 0;) {
    if (!lagging_[i].connection->stalled()) catch_up(i);
  }
}

void TopicBroadcast::write_batch() {
  if (batch_messages_ == 0) return;
  exclude_own();
  EncodedBatch batch = frame(owner_.framing_, std::exchange(batch_, {}));
  batch.messages = std::exchange(batch_messages_, 0);
  batch.payload = std::exchange(batch_sent_, 0);
  const std::uint64_t payload = std::exchange(batch_payload_, 0);
  std::uint64_t sent = 0;
  for (std::size_t i = live_.size(); i-- > 0;) {
    const Live live = live_[i];
    if (takes(live, batch, payload)) {
      owner_.send(*live.connection, *live.subscriber, batch);
      ++sent;
    } else {
      fall_behind(live);
    }
  }
  owner_.count_sent(batch, sent);
  wrote_ = true;
}

// What ends a stream is served from the log, exactly.
bool TopicBroadcast::takes(const Live& live, const EncodedBatch& batch, std::uint64_t payload) const {
  if (live.connection->stalled()) return false;
  if (!owner_.limited_ || live.subscriber->body_ == nullptr) return true;
  StreamLimit& left = live.subscriber->body_->left;
  if (!left.exceeds(batch.messages, payload)) return false;
  left.take(batch.messages, payload);
  return true;
}

// They get the batch from the log, without what is theirs.
void TopicBroadcast::exclude_own() {
  for (const std::uint64_t origin : batch_origins_) {
    const auto [first, last] = by_origin_.equal_range(origin);
    for (auto own = first; own != last; ++own) {
      if (!own->second->lagging_) fall_behind(live_[own->second->slot_]);
    }
  }
  batch_origins_.clear();
}

void TopicBroadcast::fall_behind(Live live) {
  remove(*live.subscriber);
  start_lagging(live, batch_first_ - 1, 0);
}

void TopicBroadcast::start_lagging(Live live, std::uint64_t cursor, std::uint64_t joined_at) {
  live.subscriber->lagging_ = true;
  live.subscriber->slot_ = static_cast<std::uint32_t>(lagging_.size());
  lagging_.push_back({live.connection, live.subscriber, {.cursor = cursor}, joined_at});
}

void TopicBroadcast::become_live(std::size_t slot) {
  const Live live = {lagging_[slot].connection, lagging_[slot].subscriber};
  remove_lagging(slot);
  live.subscriber->lagging_ = false;
  live.subscriber->slot_ = static_cast<std::uint32_t>(live_.size());
  live_.push_back(live);
}

// The policy for those whose kernel buffers are full: as long as the socket takes bytes, a subscriber may be any
// distance behind.
void TopicBroadcast::enforce_lag_limit() {
  const Options& options = owner_.context_.options;
  Stats& stats = owner_.context_.stats;
  for (std::size_t i = lagging_.size(); i-- > 0;) {
    Lagging& slow = lagging_[i];
    if (!slow.connection->stalled() || !over_limit(slow)) continue;
    if (options.policy == SlowPolicy::kDropOldest) {
      stats.dropped.add(slow.position.skip_to_last(topic_, options.queue));
    } else {
      stats.disconnected_slow.add(1);
      stats.dropped.add(topic_.head() - slow.position.cursor);
      slow.connection->abort();  // removes it from here
    }
  }
}

bool TopicBroadcast::over_limit(const Lagging& slow) const {
  const std::uint64_t cursor = slow.position.cursor;
  const std::uint64_t from = std::max(topic_.bytes_through(cursor), slow.joined_at);
  const std::uint64_t waiting = topic_.bytes_through(topic_.head()) - from;
  const bool fell_off = cursor + 1 < topic_.first() && slow.joined_at <= topic_.bytes_through(cursor);
  return waiting > owner_.context_.options.queue || fell_off;
}

void TopicBroadcast::catch_up(std::size_t slot) {
  Lagging& behind = lagging_[slot];
  Connection& connection = *behind.connection;
  Subscriber& subscriber = *behind.subscriber;
  owner_.context_.stats.gap_messages.add(behind.position.skip_what_is_gone(topic_));
  if (behind.position.gap_first != 0 && (subscriber.ends_at_gaps_ || !owner_.encoder_.has_gap_notice())) {
    return owner_.end_before_gap(behind);
  }
  const bool encoded_already = reader_.has(behind.position);
  if (owner_.budget_ == 0 && !encoded_already) return owner_.continue_later(*this);
  StreamLimit* const limit = subscriber.body_ != nullptr ? &subscriber.body_->left : nullptr;
  const EncodedBatch batch = reader_.read(behind.position, {.origin = subscriber.origin_,
                                                            .limit = limit,
                                                            .own_encoder = subscriber.own_encoder_,
                                                            .own_bytes = owner_.context_.options.queue});
  if (!batch.bytes.empty()) {
    if (!encoded_already) owner_.budget_ -= std::min(owner_.budget_, batch.bytes.size());
    if (!std::exchange(holding_, true)) owner_.holding_.push_back(this);
    owner_.send(connection, subscriber, batch);
    owner_.count_sent(batch, 1);
  }
  if (limit != nullptr && limit->reached()) {
    owner_.end(connection, subscriber);
  } else if (behind.position.cursor == topic_.head()) {
    if (subscriber.own_encoder_ == nullptr) become_live(slot);
  } else {
    owner_.continue_later(*this);
  }
}

void TopicBroadcast::leave(Subscriber& subscriber) {
  remove(subscriber);
  if (idle()) use_.reset();
  if (subscriber.origin_ == 0) return;
  const auto [first, last] = by_origin_.equal_range(subscriber.origin_);
  by_origin_.erase(std::find_if(first, last, [&](const auto& own) { return own.second == &subscriber; }));
}

void TopicBroadcast::remove(Subscriber& subscriber) {
  if (subscriber.lagging_) {
    remove_lagging(subscriber.slot_);
    return;
  }
  live_[subscriber.slot_] = live_.back();
  live_[subscriber.slot_].subscriber->slot_ = subscriber.slot_;
  live_.pop_back();
}

void TopicBroadcast::remove_lagging(std::size_t slot) {
  lagging_[slot] = lagging_.back();
  lagging_[slot].subscriber->slot_ = static_cast<std::uint32_t>(slot);
  lagging_.pop_back();
}

}  // namespace server
