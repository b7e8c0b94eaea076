// `echo`, of the conformance profile: a WebSocket that answers every message with the same message, for suites that
// test the protocol.
#include <memory>
#include <optional>
#include <utility>

#include "reference-server/seam/technique.h"
#include "reference-server/stats.h"
#include "reference-server/websocket/endpoint.h"
#include "wire/websocket/extensions.h"

namespace server {

namespace {

class Echo;

class Peer final : public WebSocketPeer {
 public:
  Peer(Echo& echo, const std::optional<wire::websocket::Deflate>& deflate);
  // A client that does not read its answers is not read either.
  void on_bytes(Connection& connection, Bytes bytes) override {
    WebSocketPeer::on_bytes(connection, bytes);
    if (connection.stalled()) connection.pause_input();
  }
  void on_drain(Connection& connection) override {
    WebSocketPeer::on_drain(connection);
    connection.resume_input();
  }

 private:
  void on_message(Connection& connection, wire::websocket::Opcode type, Bytes payload) override;
  Echo& echo_;
};

class Echo final : public WebSocketEndpoint {
 public:
  Echo(Context& context, TechniqueStats& counters) : WebSocketEndpoint(context), counters_(counters) {}
  void on_publish(Topic&, const Message&) override {}

  void answer(Connection& connection, const WebSocketPeer& peer, wire::websocket::Opcode type, Bytes payload) {
    std::string frame;
    frames_of(peer).append_message(frame, type, payload);
    const std::size_t framing = FrameEncoder::header_size(frame.size());
    context_.stats.sent.framing.add(framing);
    context_.stats.sent.payload.add(frame.size() - framing);
    counters_.delivered.add(1);
    connection.send(SharedBytes(std::move(frame)));
  }

 private:
  void on_open(Connection& connection, const Opening& opening) override {
    accept(connection, opening, std::make_unique<Peer>(*this, opening.agreed()));
  }

  TechniqueStats& counters_;
};

Peer::Peer(Echo& echo, const std::optional<wire::websocket::Deflate>& deflate)
    : WebSocketPeer(echo, deflate), echo_(echo) {}

void Peer::on_message(Connection& connection, wire::websocket::Opcode type, Bytes payload) {
  echo_.answer(connection, *this, type, payload);
}

}  // namespace

TechniqueInfo echo_technique() {
  return {.name = "echo", .route = "/echo", .make = make_technique<Echo>, .conformance = true};
}

}  // namespace server
