// `echo`, of the conformance profile: a WebSocket that answers every message with the same message, for suites that
// test the protocol.
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "reference-server/seam/techniques.h"
#include "reference-server/stats.h"
#include "reference-server/websocket/endpoint.h"

namespace server {

namespace {

struct Peer final : ConnectionState, WebSocketPeer {
  using WebSocketPeer::WebSocketPeer;
  std::size_t slot = 0;
};

class Echo final : public WebSocketEndpoint {
 public:
  Echo(Context& context, TechniqueStats& counters) : WebSocketEndpoint(context), counters_(counters) {}

  void on_close(Connection& connection) override {
    const std::size_t slot = state_of(connection).slot;
    connections_[slot] = connections_.back();
    state_of(*connections_[slot]).slot = slot;
    connections_.pop_back();
  }
  // A client that does not read its answers is not read either.
  void on_bytes(Connection& connection, Bytes bytes) override {
    WebSocketEndpoint::on_bytes(connection, bytes);
    if (connection.stalled()) connection.pause_input();
  }
  void on_drain(Connection& connection) override {
    WebSocketEndpoint::on_drain(connection);
    connection.resume_input();
  }
  void on_publish(Topic&, const Message&) override {}

 private:
  static Peer& state_of(Connection& connection) { return static_cast<Peer&>(*connection.state()); }
  WebSocketPeer& peer_of(Connection& connection) const override { return state_of(connection); }

  void on_open(Connection& connection, const Opening& opening) override {
    accept(connection, opening);
    auto state = std::make_unique<Peer>(context_, opening.agreed());
    state->slot = connections_.size();
    begin(*state);
    connections_.push_back(&connection);
    connection.take_over(*this, std::move(state), Connection::Input::kTechnique);
  }

  void on_message(Connection& connection, wire::websocket::Opcode type, Bytes payload) override {
    std::string frame;
    frames_of(state_of(connection)).append_message(frame, type, payload);
    const std::size_t framing = FrameEncoder::header_size(frame.size());
    context_.stats.sent.framing.add(framing);
    context_.stats.sent.payload.add(frame.size() - framing);
    counters_.delivered.add(1);
    connection.send(SharedBytes(std::move(frame)));
  }

  void for_each(const std::function<void(Connection&)>& visit) override {
    for (std::size_t i = connections_.size(); i-- > 0;) visit(*connections_[i]);
  }

  TechniqueStats& counters_;
  std::vector<Connection*> connections_;
};

}  // namespace

std::unique_ptr<Technique> make_echo(Context& context, TechniqueStats& counters) {
  return std::make_unique<Echo>(context, counters);
}

}  // namespace server
