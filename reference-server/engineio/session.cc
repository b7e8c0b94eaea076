// Sessions of Engine.IO: what goes out by either transport, heartbeat, end.
#include <algorithm>
#include <chrono>
#include <utility>

#include "reference-server/engineio/transport.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"

namespace server {

namespace engineio = wire::engineio;
namespace websocket = wire::websocket;
using engineio::PacketType;

const SharedBytes& Broadcast::frames() {
  if (frames_) return frames_;
  std::string frames;
  websocket::append_header(frames, websocket::Opcode::kText, packet_.size() + 1);
  engineio::append_packet(frames, PacketType::kMessage, packet_);
  if (attachment_ != nullptr) websocket::append_frame(frames, websocket::Opcode::kBinary, *attachment_);
  frames_ = SharedBytes(std::move(frames));
  return frames_;
}

const std::string& Broadcast::payload() {
  if (!payload_.empty()) return payload_;
  engineio::append_packet(payload_, PacketType::kMessage, packet_);
  if (attachment_ != nullptr) {
    engineio::begin_packet(payload_);
    engineio::append_base64_packet(payload_, *attachment_);
  }
  return payload_;
}

EngineEndpoint::EngineEndpoint(Context& context, TechniqueStats& counters)
    : context_(context), counters_(counters), shards_(context.shards()) {
  using std::chrono::milliseconds;
  const Options& options = context.options;
  epoch_ = context.now();
  pings_ = options.ping_interval != Nanos::zero();
  ping_interval_ = std::min<Nanos>(pings_ ? options.ping_interval : kLongestWait, kLongestWait);
  ping_timeout_ = std::min<Nanos>(options.ping_timeout, kLongestWait);
  interval_ms_ = in_ms(ping_interval_);
  timeout_ms_ = in_ms(ping_timeout_);
  Nanos shortest = std::min<Nanos>(options.ping_timeout, options.connect_timeout);
  if (pings_) shortest = std::min(shortest, options.ping_interval);
  tick_ = std::clamp<Nanos>(shortest / 8, milliseconds(5), milliseconds(1'000));
}

EngineEndpoint::~EngineEndpoint() = default;

std::uint32_t EngineEndpoint::in_ms(Nanos time) {
  const Nanos bounded = std::min<Nanos>(time, kLongestWait);
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(bounded).count());
}

std::uint32_t EngineEndpoint::now_ms() const {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(context_.now() - epoch_).count());
}

Connection& EngineEndpoint::connection_of(Session& session) {
  return session.socket_->connection;
}

Subscriber& EngineEndpoint::subscriber_of(Session& session) {
  return *session.socket_;
}

// Whether frames have to wait for those before them.
bool EngineEndpoint::stalled(const Session& session) const {
  return session.outbox_ != nullptr || session.socket_->connection.stalled();
}

void EngineEndpoint::take_packet(Session& session, const engineio::Packet& packet) {
  switch (packet.type) {
    case PacketType::kMessage:
      return on_message(session, packet.data, packet.binary);
    case PacketType::kPong:
      session.ping_unanswered_ = false;
      session.due_ = now_ms() + interval_ms_;
      return;
    case PacketType::kClose:
      return end(session, End::kByClient);
    case PacketType::kPing:  // in this revision the server asks
      return end(session, End::kByServer);
    default:
      return;
  }
}

std::string& EngineEndpoint::outbox(Session& session) {
  if (session.outbox_ == nullptr) session.outbox_ = std::make_unique<std::string>();
  return *session.outbox_;
}

// What waits for a client that does not come for it has the bound of --queue.
bool EngineEndpoint::over_limit(Session& session) {
  if (session.outbox_ == nullptr || session.outbox_->size() <= context_.options.queue) return false;
  context_.stats.disconnected_slow.add(1);
  end(session, End::kTransportLost);
  return true;
}

void EngineEndpoint::send_packet(Session& session, PacketType type, Bytes data) {
  if (session.ended_) return;
  std::string packet;
  engineio::append_packet(packet, type, data);
  if (session.websocket_) return write_frame(session, websocket::Opcode::kText, packet);
  std::string& out = outbox(session);
  engineio::begin_packet(out);
  out += packet;
  if (!over_limit(session)) answer_waiting(session);
}

void EngineEndpoint::send(Session& session, Bytes message, bool binary) {
  if (!binary) return send_packet(session, PacketType::kMessage, message);
  if (session.ended_) return;
  if (session.websocket_) return write_frame(session, websocket::Opcode::kBinary, message);
  std::string& out = outbox(session);
  engineio::begin_packet(out);
  engineio::append_base64_packet(out, message);
  if (!over_limit(session)) answer_waiting(session);
}

void EngineEndpoint::send(Session& session, Broadcast& message) {
  if (session.ended_) return;
  if (session.websocket_) {
    if (stalled(session)) return write_frames(session, message.frames().view());
    session.socket_->connection.send(message.frames());
    context_.stats.sent.framing.add(message.frames().size());
    return;
  }
  std::string& out = outbox(session);
  engineio::begin_packet(out);
  out += message.payload();
  if (!over_limit(session)) answer_waiting(session);
}

void EngineEndpoint::write_frames(Session& session, Bytes frames) {
  if (stalled(session)) {
    outbox(session) += frames;
    over_limit(session);
    return;
  }
  context_.stats.sent.framing.add(frames.size());
  session.socket_->connection.send(frames);
}

// The answer leaves at the end of the iteration: more may be on its way to the same client.
void EngineEndpoint::answer_waiting(Session& session) {
  if (session.poll_ == nullptr || session.answer_due_) return;
  session.answer_due_ = true;
  answers_.push_back(&session);
}

void EngineEndpoint::on_flush() {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    Session& session = *answers_[i];
    if (!std::exchange(session.answer_due_, false)) continue;
    if (session.ended_ || session.poll_ == nullptr) continue;
    std::string payload;
    if (session.outbox_ != nullptr) payload.swap(*session.outbox_);
    session.outbox_.reset();
    collect(session, payload);
    if (!payload.empty()) answer_get(session, payload);
  }
  answers_.clear();
  dead_.clear();
}

// The GET that waits.
void EngineEndpoint::answer_get(Session& session, Bytes payload) {
  EnginePoll& poll = *std::exchange(session.poll_, nullptr);
  Connection& connection = poll.connection;
  poll.session = nullptr;
  on_answered(session);
  std::string out;
  append_head(out, connection.exchange(),
              {.content_type = "text/plain; charset=UTF-8", .headers = "Cache-Control: no-store\r\n", .body = payload},
              context_.common_headers());
  out += payload;
  context_.stats.sent.http.add(out.size());
  connection.send(Bytes(out));
  connection.release();
}

void EngineEndpoint::end(Session& session, End how) {
  if (std::exchange(session.ended_, true)) return;
  on_end(session);
  if (EngineSocket* socket = std::exchange(session.socket_, nullptr)) {
    socket->session = nullptr;
    if (how == End::kTransportLost && session.websocket_) {
      socket->connection.abort();
    } else {
      socket->close(websocket::kNormal);
    }
  }
  if (session.poll_ != nullptr) answer_get(session, how == End::kByClient ? "6" : "1");
  free_slots_.push_back(session.slot_);
  dead_.push_back(std::move(sessions_[session.slot_]));
}

// Pings are due at whole intervals after the opening and the pongs; a session ends when its time is over, even if the
// ping left a little late.
void EngineEndpoint::check(Session& session, std::uint32_t now) {
  if (session.socket_ != nullptr && session.socket_->probe && is_due(now, session.socket_->due)) {
    session.socket_->close(websocket::kPolicy);
  }
  if (session.connect_due_ != 0 && is_due(now, session.connect_due_)) {
    context_.stats.timed_out.add(1);
    return end(session, End::kByServer);
  }
  if (!pings_ || !is_due(now, session.due_)) return;
  if (!session.ping_unanswered_) {
    session.ping_unanswered_ = true;
    session.due_ += timeout_ms_;
    send_packet(session, PacketType::kPing);
  }
  if (session.ended_ || !is_due(now, session.due_)) return;
  context_.stats.timed_out.add(1);
  end(session, session.websocket_ && session.socket_->connection.stalled() ? End::kTransportLost : End::kByServer);
}

void EngineEndpoint::on_tick() {
  const std::uint32_t now = now_ms();
  for_each_session([&](Session& session) { check(session, now); });
  ticking_ = free_slots_.size() < sessions_.size();
  if (ticking_) context_.tick_after(*this, tick_);
}

void EngineEndpoint::on_shutdown() {
  for_each_session([this](Session& session) { end(session, End::kByServer); });
}

void EnginePoll::on_close(Connection&) {
  if (session == nullptr) return;
  session->poll_ = nullptr;
  endpoint_.on_answered(*session);
  endpoint_.end(*std::exchange(session, nullptr), EngineEndpoint::End::kTransportLost);
}

void EngineSocket::on_close(Connection&) {
  unsubscribe();
  Session* const parted = std::exchange(session, nullptr);
  if (parted == nullptr) return;
  parted->socket_ = nullptr;
  if (probe) {  // the session goes on by polling
    parted->upgrading_ = false;
    return;
  }
  endpoint_.end(*parted, EngineEndpoint::End::kTransportLost);
}

}  // namespace server
