// `websocket`: RFC 6455. A message is a frame, text when it is UTF-8; a data frame from the client is a publish to its
// topic.
#include <array>
#include <memory>
#include <utility>

#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/broadcaster.h"
#include "reference-server/websocket/endpoint.h"
#include "wire/http1/target.h"
#include "wire/http1/write.h"
#include "wire/websocket/extensions.h"

namespace server {

namespace {

using wire::websocket::kGapCode;
using wire::websocket::Opcode;

class Peer final : public WebSocketPeer, public Subscriber {
 public:
  Peer(WebSocketEndpoint& endpoint, const std::optional<wire::websocket::Deflate>& deflate, std::uint64_t origin,
       bool sees_pongs)
      : WebSocketPeer(endpoint, deflate), Subscriber(origin) {
    encode_with(own_frames());
    if (!sees_pongs) end_at_gaps();
  }
  void on_close(Connection& connection) override {
    WebSocketPeer::on_close(connection);
    unsubscribe();
  }
  void on_drain(Connection& connection) override {
    WebSocketPeer::on_drain(connection);
    drained();
  }

 private:
  void on_message(Connection& connection, Opcode type, Bytes payload) override {
    const Publication published = context().publish(topic().name(), payload, type == Opcode::kText, origin());
    if (published.sequence == 0) end(connection, wire::websocket::kTryAgainLater, published.refusal);
  }
};

class WebSocket final : public WebSocketEndpoint {
 public:
  WebSocket(Context& context, TechniqueStats& counters) : WebSocketEndpoint(context), counters_(counters) {}

  void on_publish(Topic& topic, const Message& message) override {
    for (const auto& broadcaster : broadcasters_) {
      if (broadcaster != nullptr) broadcaster->on_publish(topic, message);
    }
  }
  void on_topic_gone(const Topic& topic) override {
    for (const auto& broadcaster : broadcasters_) {
      if (broadcaster != nullptr) broadcaster->on_topic_gone(topic);
    }
  }
  void on_flush() override {
    for (const auto& broadcaster : broadcasters_) {
      if (broadcaster != nullptr) broadcaster->on_flush();
    }
  }

 private:
  void on_open(Connection& connection, const Opening& opening) override {
    Subscription subscription;
    std::string error;
    std::uint64_t origin = 0;
    bool sees_pongs = true;
    if (!parse_subscription(opening.request, subscription, error) || !parse_origin(opening.request, origin, error) ||
        !parse_gaps(opening.request, sees_pongs, error)) {
      return refuse(connection, context_, 400, error);
    }
    const TopicUse topic = context_.topics.use(subscription.topic);
    if (!topic) return refuse(connection, context_, 503, "too many topics");
    const std::uint64_t cursor = topic->starting_cursor(subscription.after);
    std::string headers;
    append_cursor_header(headers, cursor);
    if (origin != 0) wire::http1::append_header(headers, "Pushbench-Origin", std::to_string(origin));
    auto made = std::make_unique<Peer>(*this, opening.agreed(), origin, sees_pongs);
    Peer& peer = *made;
    accept(connection, opening, std::move(made), headers);
    broadcaster_for(peer.window_bits()).subscribe(connection, peer, topic, cursor);
  }

  // ?echo=0: the client does not want what it sends itself; &origin=N: as the client that it was before a reconnect.
  bool parse_origin(const wire::http1::Request& request, std::uint64_t& origin, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "echo", text) || text == "1") return true;
    if (text != "0") {
      error = "echo=" + in_quotes(text) + " is neither 0 nor 1";
      return false;
    }
    if (!wire::http1::query_value(request.query, "origin", text)) {
      origin = context_.new_origin();
      return true;
    }
    origin = parse_number(text).value_or(0);
    if (origin == 0) error = "origin=" + in_quotes(text) + " is not a number that Pushbench-Origin has told";
    return origin != 0;
  }

  // ?gaps=close: of a page, which cannot see the notice of a gap.
  static bool parse_gaps(const wire::http1::Request& request, bool& sees_pongs, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "gaps", text) || text == "notice") return true;
    sees_pongs = false;
    if (text != "close") error = "gaps=" + in_quotes(text) + " is neither notice nor close";
    return error.empty();
  }

  // All who get the same frames share a broadcaster, so that a message is compressed once for each window that is in
  // use.
  Broadcaster& broadcaster_for(std::uint8_t window_bits) {
    auto& broadcaster = broadcasters_.at(window_bits);
    if (broadcaster == nullptr) {
      broadcaster = std::make_unique<Broadcaster>(
          context_, counters_, shared_frames(window_bits), Framing::kNone,
          [this](Connection& connection, Gap gap) { end(connection, kGapCode, wire::lines::gap_text(gap)); });
    }
    return *broadcaster;
  }

  TechniqueStats& counters_;
  std::array<std::unique_ptr<Broadcaster>, 16> broadcasters_;  // by the window bits of their frames; 0: plain
};

}  // namespace

TechniqueInfo websocket_technique() {
  return {.name = "websocket", .route = "/websocket", .make = make_technique<WebSocket>};
}

}  // namespace server
