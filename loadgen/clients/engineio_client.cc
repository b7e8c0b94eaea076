#include "loadgen/clients/engineio_client.h"

#include <algorithm>
#include <utility>

#include "wire/base64.h"
#include "wire/http1/target.h"
#include "wire/units.h"

namespace loadgen {

namespace engineio = wire::engineio;
namespace websocket = wire::websocket;
using engineio::PacketType;
using websocket::Opcode;

namespace {
// After a stall of this process the heartbeat may lie in the socket, unread: not the server's silence.
constexpr Nanos kTimeToRead = std::chrono::seconds(1);
}  // namespace

EngineClient::EngineClient(Host& host, const SessionConfig& plan, Transports transports, const std::string& route,
                           const std::string& topic, Handler& handler)
    : host_(host),
      plan_(plan),
      route_(route),
      topic_(topic),
      handler_(handler),
      socket_(host, plan, *this),
      transports_(transports) {}

void EngineClient::start() {
  sid_.clear();
  overdue_ = false;
  polling_.reset();
  socket_.detach();
  state_ = State::kOpening;
  if (transports_ == Transports::kWebSocket) return socket_.attach(host_.open());
  polling_ = std::make_unique<EnginePolling>(host_, plan_, route_, topic_, static_cast<EnginePolling::Handler&>(*this));
  polling_->open(query(engineio::kPolling));
}

void EngineClient::stop() {
  state_ = State::kStopped;
  socket_.detach();
  if (polling_ != nullptr) polling_->detach();
}

std::string EngineClient::query(std::string_view transport) const {
  std::string text = "&EIO=4&transport=";
  text.append(transport);
  if (!sid_.empty()) text.append("&sid=").append(sid_);
  return text;
}

void EngineClient::on_open(Link& link) {
  if (polling_ != nullptr && polling_->on_open(link)) return;
  if (!socket_.is(link)) return;
  const std::string text = query(engineio::kWebSocket);
  socket_.send_handshake({.route = route_, .topic = topic_, .query = text, .headers = {}, .method = {}});
}

void EngineClient::on_bytes(Link& link, Bytes bytes) {
  const bool polled = polling_ != nullptr && polling_->on_bytes(link, bytes);
  if (!polled && socket_.is(link)) socket_.on_bytes(bytes);
  if (state_ == State::kWebSocket) polling_.reset();  // nothing of it is on the stack any more
}

void EngineClient::on_close(Link& link) {
  const bool polled = polling_ != nullptr && polling_->on_close(link);
  if (!polled && socket_.is(link)) socket_.on_close();
  if (state_ == State::kWebSocket) polling_.reset();
}

void EngineClient::expect_ping() {
  overdue_ = false;
  host_.wake_after(silence_);
}

void EngineClient::on_wake() {
  if (state_ == State::kStopped) return;
  if (!std::exchange(overdue_, true)) return host_.wake_after(std::min(silence_, kTimeToRead));
  fail(Failure::kTimeout,
       "no ping from the server for " + wire::format_duration(silence_) + ", which is its pingInterval + pingTimeout");
}

void EngineClient::fail(Failure kind, std::string_view detail) {
  if (state_ == State::kStopped) return;
  stop();
  handler_.on_engine_failed(kind, detail);
}

void EngineClient::take(const Packet& packet) {
  if (state_ == State::kStopped) return;
  if ((state_ == State::kOpening) != (!packet.binary && packet.type == PacketType::kOpen))
    return fail(Failure::kProtocol, state_ == State::kOpening ? "the server's first packet does not open a session"
                                                              : "the server opens a session twice");
  if (packet.binary) return handler_.on_engine_binary(packet.data);
  switch (packet.type) {
    case PacketType::kOpen:
      return take_handshake(packet.data);
    case PacketType::kMessage:
      return handler_.on_engine_text(packet.data);
    case PacketType::kPing: {
      expect_ping();
      thread_local std::string pong;
      pong.clear();
      engineio::append_packet(pong, PacketType::kPong, packet.data);
      count_heartbeat(pong.size());
      return send_packet(pong);
    }
    case PacketType::kClose:
      return fail(Failure::kClosed, "the server closed the Engine.IO session");
    case PacketType::kNoop:
      return;
    case PacketType::kPong:
    case PacketType::kUpgrade:
      return fail(Failure::kProtocol,
                  "a packet that only a client sends: type " + std::to_string(static_cast<int>(packet.type)));
  }
}

// A ping and its pong are of one size. Over polling the heads around them are HTTP's, as those around messages.
void EngineClient::count_heartbeat(std::size_t packet) {
  constexpr std::size_t kHeader = 2;      // of a short frame
  constexpr std::size_t kMaskingKey = 4;  // of a client's
  const bool framed = state_ == State::kWebSocket;
  host_.counts().received.heartbeat += packet + (framed ? kHeader : 0);
  host_.counts().sent.heartbeat += packet + (framed ? kHeader + kMaskingKey : 0);
}

void EngineClient::take_handshake(Bytes json) {
  const auto open = engineio::parse_open(json);
  if (!open) return fail(Failure::kProtocol, "the open packet is not what the protocol says");
  sid_.clear();
  wire::http1::append_percent_encoded(sid_, open->sid);
  silence_ = open->ping_interval + open->ping_timeout;
  expect_ping();
  const bool polling = polling_ != nullptr;
  state_ = polling ? State::kPolling : State::kWebSocket;
  if (polling) polling_->begin(query(engineio::kPolling), open->max_payload);
  handler_.on_engine_transport(polling ? engineio::kPolling : engineio::kWebSocket);
  handler_.on_engine_open(open->sid);
  if (transports_ == Transports::kUpgrade && open->upgrade_to_websocket && state_ == State::kPolling) probe();
}

void EngineClient::probe() {
  state_ = State::kProbing;
  socket_.attach(host_.open());
}

void EngineClient::stay_with_polling() {
  socket_.close();
  const bool paused = std::exchange(state_, State::kPolling) == State::kPausing;
  if (paused) polling_->resume();
}

void EngineClient::on_upgraded(const wire::http1::Response&) {
  if (state_ == State::kProbing) socket_.send(Opcode::kText, "2probe");
}

void EngineClient::on_message(Opcode type, Bytes payload) {
  if (state_ == State::kProbing || state_ == State::kPausing) return take_probe_answer(payload);
  if (type == Opcode::kBinary) return take({PacketType::kMessage, payload, true});
  const auto packet = engineio::parse_packet(payload);
  packet ? take(*packet) : fail(Failure::kProtocol, "a packet of an unknown type");
}

void EngineClient::take_probe_answer(Bytes text) {
  if (state_ != State::kProbing || text != "3probe") return stay_with_polling();
  state_ = State::kPausing;
  polling_->pause();
}

void EngineClient::on_paused() {
  state_ = State::kWebSocket;
  socket_.send(Opcode::kText, "5");
  say_unsent(polling_->take_unsent());
  polling_->close();
  handler_.on_engine_transport(engineio::kWebSocket);
}

void EngineClient::say_unsent(Bytes packets) {
  while (!packets.empty()) {
    const std::size_t end = packets.find(engineio::kSeparator);
    const Bytes packet = packets.substr(0, end);
    packets.remove_prefix(end + 1);
    if (!packet.starts_with(engineio::kBinary)) {
      socket_.send(Opcode::kText, packet);
      continue;
    }
    std::string bytes;
    wire::append_from_base64(bytes, packet.substr(1));
    socket_.send(Opcode::kBinary, bytes);
  }
}

void EngineClient::send_packet(Bytes packet) {
  if (state_ == State::kStopped) return;
  if (state_ == State::kWebSocket) {
    socket_.send(Opcode::kText, packet);
  } else {
    polling_->send(packet);
  }
}

void EngineClient::send_binary(Bytes message) {
  if (state_ == State::kStopped) return;
  if (state_ == State::kWebSocket) {
    socket_.send(Opcode::kBinary, message);
    return;
  }
  std::string packet;
  engineio::append_base64_packet(packet, message);
  polling_->send(packet);
}

void EngineClient::on_closed(std::uint16_t code, Bytes reason) {
  if (state_ != State::kProbing && state_ != State::kPausing) host_.on_peer_close(code, reason);
  on_failed(Failure::kClosed, "the server closed the WebSocket: " + std::to_string(code) + " " + std::string(reason));
}

void EngineClient::on_failed(Failure kind, std::string_view detail) {
  if (state_ == State::kProbing || state_ == State::kPausing) return stay_with_polling();
  fail(kind, detail);
}

}  // namespace loadgen
