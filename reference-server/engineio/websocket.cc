// Engine.IO over WebSocket, and the way there from polling.
#include <utility>

#include "reference-server/engineio/transport.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/http1/write.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/reader.h"

namespace server {

namespace engineio = wire::engineio;
namespace websocket = wire::websocket;
using engineio::PacketType;

namespace {

constexpr std::uint32_t kUpgradeTimeoutMs = 10'000;  // the official server's

}  // namespace

EngineSocket::EngineSocket(EngineEndpoint& endpoint, Connection& c, Session& s, bool is_probe, std::uint32_t fails_at)
    : connection(c),
      session(&s),
      probe(is_probe),
      due(fails_at),
      endpoint_(endpoint),
      reader_(websocket::Reader::Role::kServer, endpoint.context_.options.max_payload) {}

class EngineSocket::Frames final : public websocket::Reader::Handler {
 public:
  explicit Frames(EngineSocket& socket) : socket_(socket) {}
  void on_message(websocket::Opcode type, Bytes payload) override {
    socket_.endpoint_.take_frame(socket_, payload, type == websocket::Opcode::kBinary);
    if (socket_.session == nullptr) socket_.reader_.stop();
  }
  void on_ping(Bytes payload) override {
    if (socket_.connection.stalled()) return;  // a client that reads nothing needs no pong
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::kPong, payload);
    socket_.connection.send(Bytes(frame));
  }
  void on_pong(Bytes) override {}
  void on_close(std::uint16_t code, Bytes) override { socket_.close(code); }

 private:
  EngineSocket& socket_;
};

void EngineSocket::on_bytes(Connection&, Bytes bytes) {
  endpoint_.context_.stats.received.framing.add(bytes.size());
  Frames frames(*this);
  const std::uint16_t code = reader_.feed(bytes, frames);
  if (code != 0) close(code);
}

void EngineSocket::close(std::uint16_t code) {
  std::string frame;
  websocket::append_frame(frame, websocket::Opcode::kClose, websocket::close_payload(code, {}));
  connection.send(Bytes(frame));
  connection.close();
}

// Answers the opening handshake; false when it has been refused.
bool EngineEndpoint::accept(Connection& connection, const wire::http1::Request& request, Session* session, bool probe) {
  const websocket::HandshakeCheck check = websocket::check_handshake(request);
  if (check.status != 101) {
    context_.stats.bad_upgrades.add(1);
    refuse(connection, Error::kBadRequest, check.status == 426 ? websocket::kVersionHeader : Bytes());
    return false;
  }
  std::string head;
  wire::http1::append_status_line(head, 101);
  head += "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  wire::http1::append_header(head, "Sec-WebSocket-Accept", check.accept);
  head += "\r\n";
  context_.stats.sent.http.add(head.size());
  connection.send(Bytes(head));
  if (session == nullptr) return true;
  auto socket = std::make_unique<EngineSocket>(*this, connection, *session, probe, now_ms() + kUpgradeTimeoutMs);
  session->socket_ = socket.get();
  session->websocket_ = !probe;
  connection.take_over(std::move(socket), Connection::Input::kConversation);
  return true;
}

// A WebSocket for a session that there is: a probe, or one too many, which is let in and shown out as by the official
// server.
void EngineEndpoint::attach(Connection& connection, const wire::http1::Request& request, Session& session) {
  if (session.socket_ == nullptr) {
    accept(connection, request, &session, true);
  } else if (accept(connection, request, nullptr, true)) {
    std::string frame;
    websocket::append_frame(frame, websocket::Opcode::kClose, websocket::close_payload(websocket::kNormal, {}));
    connection.send(Bytes(frame));
    connection.close();
  }
}

void EngineEndpoint::take_frame(EngineSocket& socket, Bytes payload, bool binary) {
  if (socket.session == nullptr) return;
  if (socket.probe) return binary ? socket.close(websocket::kNormal) : take_probe(socket, payload);
  if (binary) return on_message(*socket.session, payload, true);
  const auto packet = engineio::parse_packet(payload);
  if (!packet) return end(*socket.session, End::kByServer);
  take_packet(*socket.session, *packet);
}

void EngineEndpoint::take_probe(EngineSocket& socket, Bytes text) {
  Session& session = *socket.session;
  const auto packet = engineio::parse_packet(text);
  if (packet && packet->type == PacketType::kUpgrade) return upgrade(socket);
  if (!packet || packet->type != PacketType::kPing || packet->data != engineio::kProbe) {
    return socket.close(websocket::kNormal);
  }
  std::string pong;
  engineio::append_packet(pong, PacketType::kPong, engineio::kProbe);
  std::string frame;
  websocket::append_frame(frame, websocket::Opcode::kText, pong);
  socket.connection.send(Bytes(frame));
  session.upgrading_ = true;
  if (session.poll_ != nullptr) send_packet(session, PacketType::kNoop);
}

// Puts what waits for a GET into frames.
class OutboxFrames final : public engineio::PayloadParser::Handler {
 public:
  void on_packet(const engineio::Packet& packet) override {
    if (packet.binary) return websocket::append_frame(frames, websocket::Opcode::kBinary, packet.data);
    std::string text;
    engineio::append_packet(text, packet.type, packet.data);
    websocket::append_frame(frames, websocket::Opcode::kText, text);
  }
  std::string frames;
};

void EngineEndpoint::upgrade(EngineSocket& socket) {
  Session& session = *socket.session;
  if (session.poll_ != nullptr) answer_get(session, "6");
  const std::unique_ptr<std::string> waiting = std::move(session.outbox_);
  socket.probe = false;
  session.upgrading_ = false;
  session.websocket_ = true;
  if (waiting != nullptr && !waiting->empty()) {
    OutboxFrames outbox;
    engineio::PayloadParser parser(SIZE_MAX);
    parser.take_whole(*waiting, outbox);
    write_frames(session, outbox.frames);
  }
  on_upgraded(session);
}

void EngineEndpoint::write_frame(Session& session, websocket::Opcode opcode, Bytes payload) {
  std::string frame;
  websocket::append_frame(frame, opcode, payload);
  write_frames(session, frame);
}

void EngineSocket::on_drain(Connection&) {
  if (probe || session == nullptr) return;
  endpoint_.on_drain(*session);
  drained();
}

// Taking bytes from a full socket proves a client alive as well as a pong does.
void EngineEndpoint::on_drain(Session& session) {
  session.due_ = now_ms() + (session.ping_unanswered_ ? timeout_ms_ : interval_ms_);
  const std::unique_ptr<std::string> waiting = std::move(session.outbox_);
  if (waiting == nullptr) return;
  context_.stats.sent.framing.add(waiting->size());
  session.socket_->connection.send(Bytes(*waiting));
}

}  // namespace server
