#include "reference-server/websocket/endpoint.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/http1/write.h"
#include "wire/websocket/reader.h"

namespace server {

namespace {

namespace websocket = wire::websocket;
namespace http1 = wire::http1;
using websocket::Opcode;

constexpr Bytes kUpgradeHeaders = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";

}  // namespace

WebSocketPeer::WebSocketPeer(WebSocketEndpoint& endpoint, const std::optional<websocket::Deflate>& deflate)
    : endpoint_(endpoint), reader_(websocket::Reader::Role::kServer, endpoint.context_.options.max_payload) {
  if (!deflate) return;
  Context& context = endpoint.context_;
  reader_.expect_compressed(deflate->to_server);
  if (deflate->to_client.takeover) {
    own_frames_ =
        std::make_unique<FrameEncoder>(context.stats.compression, deflate->to_client, context.options.deflate_min_size);
  } else {
    window_bits_ = deflate->to_client.window_bits;
  }
}

WebSocketEndpoint::WebSocketEndpoint(Context& context) : context_(context) {
  // The first digest makes OpenSSL load about a megabyte: that belongs to the start, not to the first client's memory.
  (void)websocket::accept_key({});
  const Options& options = context.options;
  if (options.ping_interval == Nanos::zero()) return;
  // Deadlines are counted in ticks of one timer a thread: an eighth of the shorter time is precise enough.
  tick_ = std::max<Nanos>(std::min(options.ping_interval, options.ping_timeout) / 8, std::chrono::milliseconds(5));
  interval_ticks_ = static_cast<std::uint32_t>(options.ping_interval / tick_);
  timeout_ticks_ = static_cast<std::uint32_t>(options.ping_timeout / tick_) + 1;
  context.tick_after(*this, tick_);
}

std::optional<websocket::Deflate> WebSocketEndpoint::Opening::agreed() const {
  return deflate ? std::optional(deflate->deflate) : std::nullopt;
}

// Section 4.2.2.
void WebSocketEndpoint::on_request(Connection& connection, const http1::Request& request) {
  // HEAD is what a GET without an upgrade gets, without its body.
  http1::Request plain;
  plain.method = "GET";
  const websocket::HandshakeCheck check = websocket::check_handshake(request.method == "HEAD" ? plain : request);
  if (check.status != 101) {
    context_.stats.bad_upgrades.add(1);
    return refuse(connection, context_, check.status, check.reason, check.status == 426 ? kUpgradeHeaders : Bytes());
  }
  const Options& options = context_.options;
  const auto offers =
      websocket::parse_extensions(websocket::joined_header(request.headers, "Sec-WebSocket-Extensions"));
  if (!offers) {
    context_.stats.bad_upgrades.add(1);
    return refuse(connection, context_, 400, "Sec-WebSocket-Extensions is malformed");
  }
  const std::string protocols = websocket::joined_header(request.headers, "Sec-WebSocket-Protocol");
  on_open(connection, {.request = request,
                       .key = check.accept,
                       .subprotocol = std::string(websocket::choose_subprotocol(protocols, options.subprotocols)),
                       .deflate = websocket::answer_deflate(
                           *offers, {.accept = options.deflate != DeflateMode::kOff,
                                     .takeover = options.deflate == DeflateMode::kContextTakeover})});
}

void WebSocketEndpoint::accept(Connection& connection, const Opening& opening, std::unique_ptr<WebSocketPeer> peer,
                               Bytes headers) {
  std::string head;
  http1::append_status_line(head, 101);
  head += "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  http1::append_header(head, "Sec-WebSocket-Accept", opening.key);
  if (!opening.subprotocol.empty()) http1::append_header(head, "Sec-WebSocket-Protocol", opening.subprotocol);
  if (opening.deflate) http1::append_header(head, "Sec-WebSocket-Extensions", opening.deflate->header);
  head.append(headers).append("\r\n");
  context_.stats.sent.http.add(head.size());
  connection.send(Bytes(head));
  heard_of(*peer);
  peer->slot_ = static_cast<std::uint32_t>(open_.size());
  open_.push_back({&connection, peer.get()});
  connection.take_over(std::move(peer), Connection::Input::kConversation);
}

void WebSocketEndpoint::remove(WebSocketPeer& peer) {
  open_[peer.slot_] = open_.back();
  open_[peer.slot_].peer->slot_ = peer.slot_;
  open_.pop_back();
}

Context& WebSocketPeer::context() const {
  return endpoint_.context_;
}

class WebSocketPeer::Input final : public websocket::Reader::Handler {
 public:
  Input(Connection& connection, WebSocketPeer& peer)
      : endpoint_(peer.endpoint_), connection_(connection), peer_(peer) {}

  void on_compressed(std::size_t bytes) override { compressed_ = bytes; }
  void on_message(Opcode type, Bytes payload) override {
    const std::size_t size = std::exchange(compressed_, std::nullopt).value_or(payload.size());
    endpoint_.context_.stats.received.payload.add(size);
    endpoint_.context_.stats.received.framing.subtract(size);
    peer_.on_message(connection_, type, payload);
  }
  void on_ping(Bytes payload) override { endpoint_.answer_ping(connection_, peer_, payload); }
  void on_pong(Bytes) override {}
  void on_close(std::uint16_t code, Bytes) override { endpoint_.end(connection_, code, {}); }  // 5.5.1: echo the code

 private:
  WebSocketEndpoint& endpoint_;
  Connection& connection_;
  WebSocketPeer& peer_;
  std::optional<std::size_t> compressed_;  // bytes of the message that comes next
};

void WebSocketPeer::on_bytes(Connection& connection, Bytes bytes) {
  endpoint_.heard_of(*this);
  endpoint_.context_.stats.received.framing.add(bytes.size());
  Input input(connection, *this);
  const std::uint16_t code = reader_.feed(bytes, input);
  if (code != 0) endpoint_.end(connection, code, reader_.error_text());
}

void WebSocketPeer::on_drain(Connection& connection) {
  endpoint_.heard_of(*this);
  if (owed_pong_ != nullptr) endpoint_.send(connection, Opcode::kPong, *std::exchange(owed_pong_, nullptr));
}

void WebSocketPeer::on_close(Connection&) {
  endpoint_.remove(*this);
}

void WebSocketEndpoint::on_tick() {
  ++now_;
  for (std::size_t i = open_.size(); i-- > 0;) check_alive(*open_[i].connection, *open_[i].peer);
  context_.tick_after(*this, tick_);
}

void WebSocketEndpoint::on_shutdown() {
  for (std::size_t i = open_.size(); i-- > 0;) {
    end(*open_[i].connection, websocket::kGoingAway, "the server is shutting down");
  }
}

const FrameEncoder& WebSocketEndpoint::shared_frames(std::uint8_t window_bits) {
  auto& frames = shared_frames_.at(window_bits);
  if (frames == nullptr) {
    std::optional<websocket::Deflate::Direction> direction;
    if (window_bits != 0) direction = {.takeover = false, .window_bits = window_bits};
    frames = std::make_unique<FrameEncoder>(context_.stats.compression, direction, context_.options.deflate_min_size);
  }
  return *frames;
}

const FrameEncoder& WebSocketEndpoint::frames_of(const WebSocketPeer& peer) {
  return peer.own_frames_ != nullptr ? *peer.own_frames_ : shared_frames(peer.window_bits_);
}

void WebSocketEndpoint::answer_ping(Connection& connection, WebSocketPeer& peer, Bytes payload) {
  if (connection.stalled()) {
    peer.owed_pong_ = std::make_unique<std::string>(payload);
  } else {
    send(connection, Opcode::kPong, payload);
  }
}

// Anything from the peer, and any byte that it takes from a full socket, proves it alive as well as a pong does.
void WebSocketEndpoint::heard_of(WebSocketPeer& peer) const {
  peer.ping_unanswered_ = false;
  peer.due_ = now_ + interval_ticks_;
}

void WebSocketEndpoint::check_alive(Connection& connection, WebSocketPeer& peer) {
  if (static_cast<std::int32_t>(now_ - peer.due_) < 0) return;
  if (peer.ping_unanswered_) {
    context_.stats.timed_out.add(1);
    if (connection.stalled()) return connection.abort();
    return end(connection, websocket::kInternalError, "no answer to a ping");
  }
  peer.ping_unanswered_ = true;
  peer.due_ = now_ + timeout_ticks_;
  if (!connection.stalled()) send(connection, Opcode::kPing, {});
}

void WebSocketPeer::end(Connection& connection, std::uint16_t code, Bytes reason) {
  endpoint_.end(connection, code, reason);
}

void WebSocketEndpoint::end(Connection& connection, std::uint16_t code, Bytes reason) {
  send(connection, Opcode::kClose, websocket::close_payload(code, reason));
  connection.close();
}

void WebSocketEndpoint::send(Connection& connection, Opcode opcode, Bytes payload) {
  std::string frame;
  websocket::append_frame(frame, opcode, payload);
  context_.stats.sent.framing.add(frame.size());
  connection.send(Bytes(frame));
}

}  // namespace server
