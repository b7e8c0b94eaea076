// The one mechanism behind every stream (http-streaming, sse, websocket, socketio): subscribers of a topic who get each
// message as it is published.
//
// A message is encoded once into the topic's batch; at the end of the loop iteration the batch goes, as one shared
// buffer, to every subscriber that is up to date. One that is not (a resumed cursor, a kernel that refuses bytes) is
// served from the topic's log, a bounded piece at a time. So is, for the length of a batch, a subscriber that does not
// want a message in it because it is its own, and always one that has an encoding of its own (a compression context).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reference-server/log/topics.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/encoder.h"
#include "reference-server/stream/log_reader.h"
#include "wire/gzip.h"

namespace server {

class Broadcaster;
class TopicBroadcast;

// What the body of an HTTP stream keeps of itself.
struct StreamBody {
  StreamLimit left;
  wire::gzip::Sum sum;  // of a compressed one so far
};

// One connection's subscription: part of the conversation that a technique has with it, which must not outlive the
// subscription.
class Subscriber {
 public:
  // It does not get the messages of its origin: 0 for all who want every message, else one number for a client through
  // all its connections. `body`: of an HTTP stream, beside the subscriber; null for others.
  explicit Subscriber(std::uint64_t origin = 0, StreamBody* body = nullptr) : origin_(origin), body_(body) {}

  bool subscribed() const { return topic_ != nullptr; }
  const Topic& topic() const;  // requires subscribed()
  std::uint64_t origin() const { return origin_; }
  // It has none so far and is given one: from now on it does not get that origin's messages.
  void set_origin(std::uint64_t origin);
  void drained();  // its connection is no longer stalled
  void unsubscribe();

 protected:
  ~Subscriber() = default;
  // Its messages are encoded for itself alone, by `encoder` (null: by the broadcaster's, once for everybody).
  void encode_with(const Encoder* encoder) { own_encoder_ = encoder; }
  // It cannot see a gap notice: its stream ends before a gap.
  void end_at_gaps() { ends_at_gaps_ = true; }

 private:
  friend class Broadcaster;
  friend class TopicBroadcast;
  TopicBroadcast* topic_ = nullptr;  // null: not subscribed
  std::uint64_t origin_;
  StreamBody* body_;
  const Encoder* own_encoder_ = nullptr;
  std::uint32_t slot_ = 0;  // in live_ or in lagging_
  bool lagging_ = false;
  bool ends_at_gaps_ = false;
};

// The subscribers of one topic.
class TopicBroadcast {
 public:
  TopicBroadcast(Broadcaster& owner, Topic& topic);

 private:
  friend class Broadcaster;
  friend class Subscriber;
  struct Live {
    Connection* connection = nullptr;
    Subscriber* subscriber = nullptr;
  };
  struct Lagging {
    Connection* connection = nullptr;
    Subscriber* subscriber = nullptr;
    LogPosition position;
    std::uint64_t joined_at = 0;  // bytes published when it came: what is older waits at nobody's cost
  };

  void publish(const Message& message);
  void flush();
  void write_batch();
  void exclude_own();
  bool takes(const Live& live, const EncodedBatch& batch, std::uint64_t payload) const;
  void start_lagging(Live live, std::uint64_t cursor, std::uint64_t joined_at);
  void fall_behind(Live live);  // from live_, with the batch still to be read
  void become_live(std::size_t slot);
  void enforce_lag_limit();
  bool over_limit(const Lagging& slow) const;
  void catch_up(std::size_t slot);
  void leave(Subscriber& subscriber);
  void remove(Subscriber& subscriber);
  void remove_lagging(std::size_t slot);
  bool idle() const { return live_.empty() && lagging_.empty(); }

  Broadcaster& owner_;
  Topic& topic_;
  TopicUse use_;  // while there are subscribers
  LogReader reader_;
  std::vector<Live> live_;  // have everything up to the batch
  std::vector<Lagging> lagging_;
  std::unordered_multimap<std::uint64_t, Subscriber*> by_origin_;  // those that have an origin
  std::vector<std::uint64_t> batch_origins_;                       // of messages in the batch, if in by_origin_
  std::string batch_;                                              // encoded in this iteration, not yet written
  std::uint64_t batch_first_ = 0;
  std::uint64_t batch_messages_ = 0;
  std::uint64_t batch_payload_ = 0;  // of the messages
  std::uint64_t batch_sent_ = 0;     // of it, in the batch
  bool published_ = false;           // since the last flush
  bool holding_ = false;             // in the broadcaster's list of topics whose reader holds pieces
  bool queued_ = false;              // in the broadcaster's list of topics to flush
  bool wrote_ = false;               // since the last send_to_quiet()
};

inline const Topic& Subscriber::topic() const {
  return topic_->topic_;
}

// All subscribers of one technique that get the same bytes.
class Broadcaster {
 public:
  // `end_at_gap` ends a subscriber that cannot see a gap notice: it must close or abort the connection. By default the
  // body ends.
  using EndAtGap = std::function<void(Connection&, Gap)>;
  Broadcaster(Context& context, TechniqueStats& counters, const Encoder& encoder, Framing framing,
              EndAtGap end_at_gap = {})
      : context_(context),
        counters_(counters),
        encoder_(encoder),
        framing_(framing),
        end_at_gap_(std::move(end_at_gap)) {}

  // `connection` has been taken over by a conversation that `subscriber` is part of. Messages after `cursor` follow,
  // those of the log first; the part of them that the log no longer has is told as a gap. A subscriber that is too slow
  // for the policy is aborted.
  void subscribe(Connection& connection, Subscriber& subscriber, const TopicUse& topic, std::uint64_t cursor);
  void on_publish(const Topic& topic, const Message& message);
  void on_topic_gone(const Topic& topic);
  void on_flush();
  void end_all();  // ends every body as its framing does, and closes the connections
  // Sends `bytes` to every subscriber of a topic to which nothing was written since the last call: a heartbeat.
  void send_to_quiet(Bytes bytes);

 private:
  friend class TopicBroadcast;
  // Of the log that is encoded in one iteration, in bytes; what is left waits for the next one. The last piece may
  // exceed it.
  static constexpr std::size_t kBudget = std::size_t{1} << 20;
  void queue(TopicBroadcast& topic);
  void continue_later(TopicBroadcast& topic);
  void end(Connection& connection, const Subscriber& subscriber);
  void end_before_gap(const TopicBroadcast::Lagging& behind);
  void send(Connection& connection, Subscriber& subscriber, const EncodedBatch& batch) const;
  void count_sent(const EncodedBatch& batch, std::uint64_t subscribers);

  Context& context_;
  TechniqueStats& counters_;
  const Encoder& encoder_;
  const Framing framing_;
  const EndAtGap end_at_gap_;
  bool limited_ = false;  // some subscriber has had a limit: without one, nobody's state is looked at for a broadcast
  std::vector<std::unique_ptr<TopicBroadcast>> topics_;  // by the topic's index; null where nobody subscribed
  std::vector<TopicBroadcast*> queue_;                   // to flush at the end of this iteration
  std::vector<TopicBroadcast*> flushing_;
  std::vector<TopicBroadcast*> holding_;  // whose reader holds pieces
  std::size_t budget_ = kBudget;
};

}  // namespace server
