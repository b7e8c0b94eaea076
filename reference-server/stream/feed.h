// The one mechanism behind every stream (http-streaming, sse, websocket): subscribers of a topic who get each message
// as it is published.
//
// A message is encoded once into the topic's batch; at the end of the loop iteration the batch goes, as one shared
// buffer, to every subscriber who is up to date. Who is not (a resumed cursor, a kernel that refuses bytes) is served
// from the topic's log by cursor, a bounded piece at a time: a slow subscriber costs its cursor and no copy of
// anything. So is, for the length of a batch, who does not want a message in it because it is the subscriber's own, and
// always who has an encoding of its own (a compression context).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "reference-server/log/topic.h"
#include "reference-server/seam/technique.h"
#include "wire/gzip.h"
#include "wire/lines.h"

namespace server {

using wire::lines::Gap;

// How a technique puts things to the subscribers of its streams.
class Encoder {
 public:
  virtual void append(std::string& out, const Message& message) const = 0;
  virtual void append_gap(std::string& out, Gap gap) const = 0;
  // false: its format has no way to tell a gap, so that a stream ends before one; the next answer says where it starts.
  virtual bool has_gap_notice() const { return true; }
  // The subscriber's own messages up to `cursor` are not sent: tells the cursor where clients count what they get.
  virtual void append_skip(std::string& out, std::uint64_t cursor) const {}
  // How many of the `encoded` bytes that append() has written for a message are payload: fewer than the message has
  // when it was compressed.
  virtual std::size_t payload_of(const Message& message, std::size_t encoded) const { return message.bytes().size(); }

 protected:
  ~Encoder() = default;
};

class Feed;
class TopicFeed;

// After how much a stream ends by design; gap notices do not count.
struct StreamLimit {
  std::uint64_t messages = UINT64_MAX;
  std::uint64_t bytes = UINT64_MAX;  // of payload: it ends behind the message that reaches this
  bool none() const { return messages == UINT64_MAX && bytes == UINT64_MAX; }
  bool reached() const { return messages == 0 || bytes == 0; }
  void take(std::uint64_t count, std::uint64_t size) {
    if (messages != UINT64_MAX) messages -= std::min(messages, count);
    if (bytes != UINT64_MAX) bytes -= std::min(bytes, size);
  }
};

// State of a connection that is subscribed; techniques may derive from it. It does not get the messages of its origin:
// 0 for all who want every message, else one number for a client through all its connections.
class Subscriber : public ConnectionState {
 public:
  explicit Subscriber(StreamLimit limit = {}, std::uint64_t origin = 0) : left_(limit), origin_(origin) {}
  bool subscribed() const { return topic_feed_ != nullptr; }
  std::uint64_t origin() const { return origin_; }

 protected:
  // Its messages are encoded for itself alone, by `encoder` (null: by the feed's, once for everybody).
  void encode_with(const Encoder* encoder) { own_encoder_ = encoder; }
  // It cannot see a gap notice: its stream ends before a gap.
  void end_at_gaps() { ends_at_gaps_ = true; }

 private:
  friend class Feed;
  friend class TopicFeed;
  TopicFeed* topic_feed_ = nullptr;
  StreamLimit left_;
  wire::gzip::Sum body_;  // of a compressed one so far
  std::uint64_t origin_;
  const Encoder* own_encoder_ = nullptr;
  std::uint32_t slot_ = 0;  // in live_ or in lagging_
  bool lagging_ = false;
  bool ends_at_gaps_ = false;
};

// The subscribers of one topic in one feed.
class TopicFeed {
 public:
  TopicFeed(Feed& feed, Topic& topic) : feed_(feed), topic_(topic) {}

 private:
  friend class Feed;
  struct Lagging {
    Connection* connection = nullptr;
    std::uint64_t cursor = 0;     // the last message it was sent
    std::uint64_t joined_at = 0;  // bytes published when it came: what is older waits at nobody's cost
    std::uint64_t gap_first = 0;  // first of the messages dropped for it and not yet told; 0: none
  };

  void publish(const Message& message);
  void flush();
  void write_batch();
  void exclude_own();
  static bool fits(Connection& connection, std::uint64_t messages, std::uint64_t payload);
  void start_lagging(Connection& connection, Subscriber& subscriber, std::uint64_t cursor, std::uint64_t joined_at);
  void become_live(std::size_t slot);
  void enforce_lag_limit();
  bool over_limit(const Lagging& slow) const;
  void drop_for(Lagging& slow);
  struct Piece {  // of the log, encoded
    std::string bytes;
    std::uint64_t messages = 0;
    std::uint64_t payload = 0;  // in the bytes
  };
  void catch_up(std::size_t slot);
  Piece next_piece(Lagging& behind, Subscriber& subscriber);
  void leave(Subscriber& subscriber);
  void remove(Subscriber& subscriber);
  void remove_lagging(std::size_t slot);
  bool idle() const { return live_.empty() && lagging_.empty(); }

  Feed& feed_;
  Topic& topic_;
  std::vector<Connection*> live_;  // have everything up to the batch
  std::vector<Lagging> lagging_;
  std::unordered_multimap<std::uint64_t, Subscriber*> by_origin_;  // who has an origin, by it
  std::vector<std::uint64_t> batch_origins_;                       // origins of the batch that are in by_origin_
  std::string batch_;                                              // encoded in this iteration, not yet written
  std::uint64_t batch_first_ = 0;
  std::uint64_t batch_messages_ = 0;
  std::uint64_t batch_payload_ = 0;  // of the messages
  std::uint64_t batch_sent_ = 0;     // of it, in the batch
  bool published_ = false;           // since the last flush
  bool queued_ = false;              // in the feed's list of topics to flush
  bool wrote_ = false;               // since the last send_to_quiet()
};

// All subscribers of one technique that are spoken to in the same way.
class Feed {
 public:
  // kChunked: each write is one chunk of RFC 9112 section 7.1. kGzip: the same with each write compressed; the body has
  // begun with wire::gzip::kHeader.
  enum class Framing : std::uint8_t { kNone, kChunked, kGzip };
  // `reject` ends a subscriber that is too slow; it must close or abort the connection. `end_at_gap` must, too: it ends
  // one that cannot see a gap notice, and by default is end().
  using EndAtGap = std::function<void(Connection&, Gap)>;
  Feed(Context& context, TechniqueStats& counters, const Encoder& encoder, Framing framing, void (*reject)(Connection&),
       EndAtGap end_at_gap = {});

  // `connection` has been taken over with `subscriber` as its state. Messages after `cursor` follow, those of the log
  // first; the part of them that the log no longer has is told as a gap.
  void subscribe(Connection& connection, Subscriber& subscriber, Topic& topic, std::uint64_t cursor);
  static void unsubscribe(Subscriber& subscriber);
  // The subscriber has none so far and is given one: from now on it does not get that origin's messages.
  static void set_origin(Subscriber& subscriber, std::uint64_t origin) {
    subscriber.origin_ = origin;
    if (subscriber.topic_feed_ != nullptr && origin != 0)
      subscriber.topic_feed_->by_origin_.emplace(origin, &subscriber);
  }
  static void on_drain(Subscriber& subscriber);
  void on_publish(const Topic& topic, const Message& message);
  void on_flush();
  // Ends the body of a subscriber as its framing does, and closes the connection.
  void end(Connection& connection);
  // Sends `bytes` to every subscriber of a topic to which nothing was written since the last call: a heartbeat.
  void send_to_quiet(Bytes bytes);
  // Visits every subscriber; the visitor may end the connection that it is shown.
  template <typename Visit>
  void for_each(Visit visit) {
    for (const auto& topic_feed : topic_feeds_) {
      if (topic_feed == nullptr) continue;
      for (std::size_t i = topic_feed->live_.size(); i-- > 0;) visit(*topic_feed->live_[i]);
      for (std::size_t i = topic_feed->lagging_.size(); i-- > 0;) visit(*topic_feed->lagging_[i].connection);
    }
  }

 private:
  friend class TopicFeed;
  // What goes to many, framed; `sum` is what it adds to a compressed body.
  struct EncodedBatch {
    SharedBytes bytes;
    wire::gzip::Piece sum;
    std::uint64_t encoded = 0;  // bytes of it that are compressed
  };
  void queue(TopicFeed& topic_feed);
  EncodedBatch encode(std::string bytes) const;
  void send(Connection& connection, const EncodedBatch& batch) const;
  void count_sent(const EncodedBatch& batch, std::uint64_t subscribers, std::uint64_t messages, std::uint64_t payload);

  Context& context_;
  TechniqueStats& counters_;
  const Encoder& encoder_;
  const Framing framing_;
  void (*const reject_)(Connection&);
  const EndAtGap end_at_gap_;
  bool limited_ = false;  // some subscriber has had a limit: without one, nobody's state is looked at for a broadcast
  std::vector<std::unique_ptr<TopicFeed>> topic_feeds_;  // by the topic's index; null where nobody subscribed
  std::vector<TopicFeed*> queue_;                        // to flush at the end of this iteration
  std::vector<TopicFeed*> flushing_;
};

}  // namespace server
