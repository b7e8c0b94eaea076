// `websocket`: RFC 6455. A message is a frame, text when it is UTF-8; a data frame from the client is a publish to its
// topic.
#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "reference-server/seam/reply.h"
#include "reference-server/seam/techniques.h"
#include "reference-server/stream/feed.h"
#include "reference-server/websocket/endpoint.h"

namespace server {

namespace {

using wire::websocket::kGapCode;
using wire::websocket::Opcode;

struct Peer final : Subscriber, WebSocketPeer {
  Peer(Context& context, const std::optional<wire::websocket::Deflate>& deflate, const Topic& t, std::uint64_t origin,
       bool sees_pongs)
      : Subscriber({}, origin), WebSocketPeer(context, deflate), topic(t) {
    encode_with(own_frames());
    if (!sees_pongs) end_at_gaps();
  }
  const Topic& topic;
};

// A close frame would wait behind bytes that the peer does not take.
void reject_slow(Connection& connection) {
  connection.abort();
}

class WebSocket final : public WebSocketEndpoint {
 public:
  WebSocket(Context& context, TechniqueStats& counters) : WebSocketEndpoint(context), counters_(counters) {}

  void on_close(Connection& connection) override { Feed::unsubscribe(state_of(connection)); }
  void on_drain(Connection& connection) override {
    WebSocketEndpoint::on_drain(connection);
    Feed::on_drain(state_of(connection));
  }
  void on_publish(Topic& topic, const Message& message) override {
    for (const auto& feed : feeds_) {
      if (feed != nullptr) feed->on_publish(topic, message);
    }
  }
  void on_flush() override {
    for (const auto& feed : feeds_) {
      if (feed != nullptr) feed->on_flush();
    }
  }

 private:
  static Peer& state_of(Connection& connection) { return static_cast<Peer&>(*connection.state()); }
  WebSocketPeer& peer_of(Connection& connection) const override { return state_of(connection); }

  void on_open(Connection& connection, const Opening& opening) override {
    Subscription subscription;
    std::string error;
    std::uint64_t origin = 0;
    bool sees_pongs = true;
    if (!parse_subscription(opening.request, subscription, error) || !parse_origin(opening.request, origin, error) ||
        !parse_gaps(opening.request, sees_pongs, error)) {
      return refuse(connection, context_, 400, error);
    }
    Topic* topic = context_.topics.find_or_create(subscription.topic);
    if (topic == nullptr) return refuse(connection, context_, 503, "too many topics");
    const std::uint64_t cursor = topic->starting_cursor(subscription.after);
    std::string headers;
    append_cursor_header(headers, cursor);
    if (origin != 0) wire::http1::append_header(headers, "Pushbench-Origin", std::to_string(origin));
    accept(connection, opening, headers);
    auto state = std::make_unique<Peer>(context_, opening.agreed(), *topic, origin, sees_pongs);
    Peer& peer = *state;
    begin(peer);
    connection.take_over(*this, std::move(state), Connection::Input::kTechnique);
    feed_for(peer).subscribe(connection, peer, *topic, cursor);
  }

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

  // ?gaps=close: of a page, which cannot see the notice of a gap.
  static bool parse_gaps(const wire::http1::Request& request, bool& sees_pongs, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "gaps", text) || text == "notice") return true;
    sees_pongs = false;
    if (text != "close") error = "gaps=" + quoted(text) + " is neither notice nor close";
    return error.empty();
  }

  // All who get the same frames share a feed, so that a broadcast is compressed once for each window that is in use.
  Feed& feed_for(const Peer& peer) {
    auto& feed = feeds_.at(window_bits(peer));
    if (feed == nullptr) {
      feed = std::make_unique<Feed>(
          context_, counters_, shared_frames(window_bits(peer)), Feed::Framing::kNone, reject_slow,
          [this](Connection& connection, Gap gap) { end(connection, kGapCode, wire::lines::gap_text(gap)); });
    }
    return *feed;
  }

  void on_message(Connection& connection, Opcode type, Bytes payload) override {
    const Peer& peer = state_of(connection);
    context_.publish(peer.topic.name(), std::string(payload), type == Opcode::kText, peer.origin());
  }

  void for_each(const std::function<void(Connection&)>& visit) override {
    for (const auto& feed : feeds_) {
      if (feed != nullptr) feed->for_each(visit);
    }
  }

  TechniqueStats& counters_;
  std::array<std::unique_ptr<Feed>, 16> feeds_;  // by the window bits of their frames; 0: plain
};

}  // namespace

std::unique_ptr<Technique> make_websocket(Context& context, TechniqueStats& counters) {
  return std::make_unique<WebSocket>(context, counters);
}

}  // namespace server
