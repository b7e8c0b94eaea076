// WebSocket (RFC 6455), the client's side.
#include <charconv>
#include <memory>
#include <string>

#include "loadgen/clients/techniques.h"
#include "loadgen/clients/websocket_link.h"
#include "wire/lines.h"
#include "wire/text.h"
#include "wire/websocket/extensions.h"

namespace loadgen {

namespace {

namespace websocket = wire::websocket;

constexpr Bytes kRoute = "/websocket";

enum Option : std::uint8_t { kSubprotocol, kDeflate, kServerWindow, kClientWindow };
enum DeflateChoice : std::uint8_t { kOff, kOn, kNoContextTakeover };
constexpr std::uint8_t kLargestWindow = 15;

// Choices of a window are listed from 15 bits down.
std::uint8_t window_bits(const OptionValue& value) {
  return static_cast<std::uint8_t>(kLargestWindow - value.number);
}

websocket::Offer offer_of(const SessionConfig& plan) {
  websocket::Offer offer;
  offer.subprotocols = plan.options[kSubprotocol].text;
  const std::int64_t choice = plan.options[kDeflate].number;
  if (choice == kOff) return offer;
  websocket::DeflateOffer& deflate = offer.deflate.emplace();
  deflate.server_no_context_takeover = deflate.client_no_context_takeover = choice == kNoContextTakeover;
  const std::uint8_t server_bits = window_bits(plan.options[kServerWindow]);
  if (server_bits != kLargestWindow) deflate.server_max_window_bits = server_bits;
  deflate.client_max_window_bits = window_bits(plan.options[kClientWindow]);
  return offer;
}

class WebSocket final : public Session, private WebSocketLink::Handler {
 public:
  WebSocket(Host& host, const SessionConfig& plan, const std::string& topic)
      : topic_(topic), socket_(host, plan, *this) {}

  void start() override { socket_.attach(host().open()); }

  void on_open(Link&) override {
    std::string query = knows_cursor_ ? "&after=" + std::to_string(cursor_) : std::string();
    if (!socket_.plan().echo) query += "&echo=0" + (origin_ != nullptr ? *origin_ : "");
    socket_.send_handshake({.route = kRoute, .topic = topic_, .query = query, .headers = {}, .method = {}},
                           offer_of(socket_.plan()));
  }
  void on_bytes(Link&, Bytes bytes) override { socket_.on_bytes(bytes); }
  void on_close(Link&) override { socket_.on_close(); }

  bool publish(Bytes payload, bool is_text) override {
    host().counts().sent.payload += payload.size();
    socket_.send(is_text ? websocket::Opcode::kText : websocket::Opcode::kBinary, payload);
    return true;
  }

 private:
  Host& host() { return socket_.host(); }

  void on_upgraded(const wire::http1::Response& response) override {
    const Bytes cursor = response.header("Pushbench-Cursor");
    knows_cursor_ =
        !cursor.empty() && std::from_chars(cursor.data(), cursor.data() + cursor.size(), cursor_).ec == std::errc();
    const Bytes origin = response.header("Pushbench-Origin");
    if (!origin.empty()) origin_ = std::make_unique<std::string>("&origin=" + std::string(origin));
    host().subscribed();
  }

  void on_message(websocket::Opcode type, Bytes payload) override {
    ++cursor_;
    type == websocket::Opcode::kText ? host().deliver(payload) : host().deliver_binary(payload);
  }

  // The server's notices: where it leaves out what this client has sent, and what it no longer has.
  void on_pong(Bytes payload) override {
    if (const auto cursor = websocket::parse_cursor_payload(payload)) cursor_ = *cursor;
    if (const auto gap = wire::lines::parse_gap(payload)) {
      host().counts().gap_messages += gap->last - gap->first + 1;
      cursor_ = gap->last;
    }
  }

  void on_closed(std::uint16_t code, Bytes reason) override {
    host().on_peer_close(code, reason);
    if (code == websocket::kNormal) return host().restart();
    host().fail(Failure::kClosed,
                "the server closed the WebSocket: " + std::to_string(code) + " " + std::string(reason));
  }
  void on_failed(Failure kind, std::string_view detail) override { host().fail(kind, detail); }

  const std::string& topic_;
  WebSocketLink socket_;
  std::uint64_t cursor_ = 0;             // sequence of the last message received
  std::unique_ptr<std::string> origin_;  // "&origin=5": who this client is to the server, when it wants no echo
  bool knows_cursor_ = false;
};

// Without context takeover the thread's inflater serves every connection. With it, it is the server that chooses.
Traits traits(std::span<const OptionValue> options) {
  return {.footprint = {.connections = 1, .inflaters = options[kDeflate].number == kOn ? 1U : 0U}};
}

// Words that an HTTP header takes, with commas between them (RFC 6455 section 11.3.4).
std::string_view subprotocol_mistake(std::string_view text) {
  constexpr std::string_view kError = "one word, as in chat.v2, or several with commas between them";
  while (!text.empty()) {
    const bool more = text.find(',') != std::string_view::npos;
    if (!wire::is_token(wire::trim(wire::take_until(text, ','))) || (more && text.empty())) return kError;
  }
  return {};
}

}  // namespace

TechniqueInfo websocket_technique() {
  using Kind = OptionSpec::Kind;
  const std::vector<std::string_view> windows = {"15", "14", "13", "12", "11", "10", "9", "8"};
  return {
      .name = "websocket",
      .rank = 60,
      .kind = TechniqueInfo::Kind::kDuplex,
      .route = kRoute,
      .description = "RFC 6455: one connection, a message a frame",
      .options =
          {{.key = "subprotocol",
            .kind = Kind::kText,
            .description = "subprotocols to offer, separated by commas",
            .validate = subprotocol_mistake,
            .manual = true},
           {.key = "deflate",
            .kind = Kind::kChoice,
            .fallback = "off",
            .description =
                "offers permessage-deflate: off; on, as a browser does; no-context-takeover, each message by itself",
            .choices = {"off", "on", "no-context-takeover"},
            .manual = true},
           {"server-window", Kind::kChoice, "15", "with deflate: bits of the window that the server may use", windows},
           {"client-window", Kind::kChoice, "15", "with deflate: bits of the window that the client uses", windows}},
      .make = make_session<WebSocket>,
      .traits = traits,
      .publishes = true,
      .manual = {.websocket_url = true, .any_request = false, .echoes = true}};
}

}  // namespace loadgen
