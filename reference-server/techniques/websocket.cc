// `websocket`: RFC 6455. A message is a frame, text when it is UTF-8; a data frame from the client is a publish to its
// topic.
#include "wire/websocket.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "server/feed.h"
#include "server/options.h"
#include "server/reply.h"
#include "server/stats.h"
#include "server/techniques.h"
#include "wire/websocket_handshake.h"

namespace server {

namespace {

namespace websocket = wire::websocket;
using websocket::Opcode;

class FrameDialect final : public Dialect {
 public:
  void append(std::string& out, const Message& message) const override {
    websocket::append_frame(out, message.is_text ? Opcode::kText : Opcode::kBinary, message.bytes());
  }
  // The notice of wire/lines.h without its line feed.
  void append_gap(std::string& out, Gap gap) const override {
    std::string notice;
    wire::lines::append_gap(notice, gap);
    notice.pop_back();
    websocket::append_frame(out, Opcode::kText, notice);
  }
  void append_skip(std::string& out, std::uint64_t cursor) const override {
    websocket::append_frame(out, Opcode::kPong, websocket::cursor_payload(cursor));
  }
};

constexpr FrameDialect kDialect;

struct Peer final : Subscriber {
  Peer(const Topic& t, std::uint64_t origin, std::size_t max_message)
      : Subscriber({}, origin), topic(t), reader(websocket::Reader::Role::kServer, max_message) {}
  const Topic& topic;
  websocket::Reader reader;
  std::unique_ptr<std::string> owed_pong;  // while stalled; only the latest ping is answered (section 5.5.3)
  std::uint32_t due = 0;                   // tick of the next ping, or of the end when one is unanswered
  bool ping_unanswered = false;
};

Peer& peer_of(Connection& connection) {
  return static_cast<Peer&>(*connection.state());
}

// A close frame would wait behind bytes that the peer does not take.
void reject_slow(Connection& connection) {
  connection.abort();
}

class WebSocket final : public Technique {
 public:
  WebSocket(Context& context, TechniqueStats& counters)
      : context_(context), feed_(context, counters, kDialect, Feed::Framing::kNone, reject_slow) {
    // The first digest makes OpenSSL load about a megabyte: that belongs to the start, not to the first client's
    // memory.
    (void)websocket::accept_key({});
    const Options& options = context.options;
    if (options.ping_interval == Nanos::zero()) return;
    // Deadlines are counted in ticks of one timer a thread: an eighth of the shorter time is precise enough.
    tick_ = std::max<Nanos>(std::min(options.ping_interval, options.ping_timeout) / 8, std::chrono::milliseconds(5));
    interval_ticks_ = static_cast<std::uint32_t>(options.ping_interval / tick_);
    timeout_ticks_ = static_cast<std::uint32_t>(options.ping_timeout / tick_) + 1;
    context.tick_after(*this, tick_);
  }

  void on_request(Connection& connection, const wire::http1::Request& request) override {
    const websocket::HandshakeCheck check = websocket::check_handshake(request);
    if (check.status != 101) {
      return refuse(connection, context_, check.status, check.reason, check.status == 426 ? kUpgradeHeaders : Bytes());
    }
    Subscription subscription;
    std::string error;
    std::uint64_t origin = 0;
    if (!parse_subscription(request, subscription, error) || !parse_origin(request, origin, error)) {
      return refuse(connection, context_, 400, error);
    }
    Topic* topic = context_.topics.find_or_create(subscription.topic);
    if (topic == nullptr) return refuse(connection, context_, 503, "too many topics");
    const std::uint64_t cursor = starting_cursor(subscription.after, *topic);
    accept(connection, check.accept, cursor, origin);
    auto state = std::make_unique<Peer>(*topic, origin, context_.options.max_payload);
    Peer& peer = *state;
    peer.due = now_ + interval_ticks_;
    connection.take_over(*this, std::move(state), Connection::Input::kTechnique);
    feed_.subscribe(connection, peer, *topic, cursor);
  }

  void on_bytes(Connection& connection, Bytes bytes) override {
    Peer& peer = peer_of(connection);
    heard_of(peer);
    context_.stats.received.framing.add(bytes.size());
    Input input(*this, connection, peer);
    const std::uint16_t code = peer.reader.feed(bytes, input);
    if (code != 0) end(connection, code, peer.reader.error_text());
  }

  void on_close(Connection& connection) override { Feed::unsubscribe(peer_of(connection)); }

  void on_drain(Connection& connection) override {
    Peer& peer = peer_of(connection);
    heard_of(peer);
    if (peer.owed_pong != nullptr) send(connection, Opcode::kPong, *std::exchange(peer.owed_pong, nullptr));
    Feed::on_drain(peer);
  }

  void on_publish(Topic& topic, const Message& message) override { feed_.on_publish(topic, message); }
  void on_flush() override { feed_.on_flush(); }

  void on_tick() override {
    ++now_;
    feed_.for_each([this](Connection& connection) { check_alive(connection); });
    context_.tick_after(*this, tick_);
  }

  void on_shutdown() override {
    feed_.for_each(
        [this](Connection& connection) { end(connection, websocket::kGoingAway, "the server is shutting down"); });
  }

 private:
  static constexpr Bytes kUpgradeHeaders = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

  class Input final : public websocket::Reader::Handler {
   public:
    Input(WebSocket& owner, Connection& connection, Peer& peer) : owner_(owner), connection_(connection), peer_(peer) {}
    void on_message(Opcode type, Bytes payload) override { owner_.publish(peer_, type, payload); }
    void on_ping(Bytes payload) override { owner_.answer_ping(connection_, peer_, payload); }
    void on_pong(Bytes) override {}
    void on_close(std::uint16_t code, Bytes) override {
      owner_.end(connection_, code, {});
    }  // section 5.5.1: echo the code

   private:
    WebSocket& owner_;
    Connection& connection_;
    Peer& peer_;
  };

  // ?echo=0: the client does not want what it sends itself; &origin=N: as the client that it was before a reconnect.
  bool parse_origin(const wire::http1::Request& request, std::uint64_t& origin, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "echo", text) || text == "1") return true;
    if (text != "0") {
      error = "echo=" + quoted(text) + " is neither 0 nor 1";
      return false;
    }
    if (!wire::http1::query_value(request.query, "origin", text)) {
      origin = context_.new_origin();
      return true;
    }
    origin = parse_number(text).value_or(0);
    if (origin == 0) error = "origin=" + quoted(text) + " is not a number that Pushbench-Origin has told";
    return origin != 0;
  }

  void accept(Connection& connection, Bytes key, std::uint64_t cursor, std::uint64_t origin) {
    std::string head;
    wire::http1::append_status_line(head, 101);
    head += "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    wire::http1::append_header(head, "Sec-WebSocket-Accept", key);
    append_cursor_header(head, cursor);
    if (origin != 0) wire::http1::append_header(head, "Pushbench-Origin", std::to_string(origin));
    head += "\r\n";
    context_.stats.sent.http.add(head.size());
    connection.send(Bytes(head));
  }

  void publish(const Peer& peer, Opcode type, Bytes payload) {
    context_.stats.received.payload.add(payload.size());
    context_.stats.received.framing.subtract(payload.size());
    context_.publish(peer.topic.name(), std::string(payload), type == Opcode::kText, peer.origin());
  }

  void answer_ping(Connection& connection, Peer& peer, Bytes payload) {
    if (connection.stalled()) {
      peer.owed_pong = std::make_unique<std::string>(payload);
    } else {
      send(connection, Opcode::kPong, payload);
    }
  }

  // Anything from the peer, and any byte that it takes from a full socket, proves it alive as well as a pong does.
  void heard_of(Peer& peer) {
    peer.ping_unanswered = false;
    peer.due = now_ + interval_ticks_;
  }

  void check_alive(Connection& connection) {
    Peer& peer = peer_of(connection);
    if (static_cast<std::int32_t>(now_ - peer.due) < 0) return;
    if (peer.ping_unanswered) {
      context_.stats.timed_out.add(1);
      if (connection.stalled()) return connection.abort();
      return end(connection, websocket::kInternalError, "no answer to a ping");
    }
    peer.ping_unanswered = true;
    peer.due = now_ + timeout_ticks_;
    if (!connection.stalled()) send(connection, Opcode::kPing, {});
  }

  void end(Connection& connection, std::uint16_t code, Bytes reason) {
    send(connection, Opcode::kClose, websocket::close_payload(code, reason));
    connection.close();
  }

  void send(Connection& connection, Opcode opcode, Bytes payload) {
    std::string frame;
    websocket::append_frame(frame, opcode, payload);
    context_.stats.sent.framing.add(frame.size());
    connection.send(Bytes(frame));
  }

  Context& context_;
  Feed feed_;
  Nanos tick_{};
  std::uint32_t interval_ticks_ = 0;
  std::uint32_t timeout_ticks_ = 0;
  std::uint32_t now_ = 0;  // in ticks
};

}  // namespace

std::unique_ptr<Technique> make_websocket(Context& context, TechniqueStats& counters) {
  return std::make_unique<WebSocket>(context, counters);
}

}  // namespace server
