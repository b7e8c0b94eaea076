#include "reference-server/engineio/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "reference-server/engineio/transport.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/base64.h"
#include "wire/http1/target.h"
#include "wire/json.h"
#include "wire/utf8.h"

namespace server {

namespace engineio = wire::engineio;
namespace http1 = wire::http1;

namespace {

constexpr Bytes kErrorTexts[] = {"Transport unknown", "Session ID unknown", "Bad handshake method",
                                 "Bad request",       "Forbidden",          "Unsupported protocol version"};
constexpr Bytes kNoStore = "Cache-Control: no-store\r\n";
constexpr std::size_t kIdBytes = 15;  // of an id: no padding in base64

Bytes octets(const std::uint64_t& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

}  // namespace

// Base64 in its alphabet for URLs (RFC 4648 section 5), as the official server's.
std::string format_id(const ClientId& id) {
  const std::uint64_t slot = std::uint64_t{id.thread} << 32 | id.slot;
  std::string text = wire::base64(std::string(octets(slot).substr(0, kIdBytes - 8)).append(octets(id.key)));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<ClientId> parse_id(Bytes text) {
  std::string base64(text);
  std::replace(base64.begin(), base64.end(), '-', '+');
  std::replace(base64.begin(), base64.end(), '_', '/');
  std::string id;
  if (!wire::append_from_base64(id, base64) || id.size() != kIdBytes) return std::nullopt;
  std::uint64_t slot = 0;
  std::uint64_t key = 0;
  std::memcpy(&slot, id.data(), kIdBytes - 8);
  std::memcpy(&key, id.data() + kIdBytes - 8, sizeof key);
  return ClientId{
      .slot = static_cast<std::uint32_t>(slot), .key = key, .thread = static_cast<std::uint32_t>(slot >> 32)};
}

Session* EngineEndpoint::find(Bytes sid) {
  const auto id = parse_id(sid);
  return id ? find(*id) : nullptr;
}

bool EngineEndpoint::lives_elsewhere(const ClientId& id) const {
  return shards_ != nullptr && id.thread != self() && id.thread < shards_->count();
}

std::string EngineEndpoint::id_of(const Session& session, std::uint64_t key) const {
  return format_id({.slot = session.slot_, .key = key, .thread = self()});
}

Session* EngineEndpoint::find(const ClientId& id) {
  Session* const session = id.thread == self() ? at(id.slot) : nullptr;
  if (session == nullptr || session->key_ != id.key) return nullptr;
  check(*session, now_ms());  // its time may be over before the next tick
  return session->ended_ ? nullptr : session;
}

void EngineEndpoint::refuse(Connection& connection, Error error, Bytes headers) {
  const auto code = static_cast<std::size_t>(error);
  const std::string body = fmt::format("{{\"code\":{},\"message\":\"{}\"}}", code, kErrorTexts[code]);
  reply(connection, context_,
        {.status = error == Error::kForbidden ? 403 : 400,
         .content_type = "application/json",
         .headers = headers,
         .body = body});
}

// The order of the checks is the official server's: it decides which of two mistakes is told.
void EngineEndpoint::on_request(Connection& connection, const http1::Request& request) {
  std::string transport;
  std::string sid;
  std::string version;
  http1::query_value(request.query, "transport", transport);
  http1::query_value(request.query, "sid", sid);
  http1::query_value(request.query, "EIO", version);
  const bool websocket = transport == engineio::kWebSocket;
  const bool upgrade = http1::header_has_token(request.headers, "Upgrade", engineio::kWebSocket);
  const bool announced = posts_.erase(&connection) != 0;
  if (!websocket && transport != engineio::kPolling) return refuse(connection, Error::kUnknownTransport);
  // The requests of a session come over any connection, connections come to any thread, and the sid names the one that
  // has the session.
  if (!websocket && shards_ != nullptr && !shards_->connections_migrate())
    return refuse(connection, Error::kUnknownTransport);
  if (const auto id = parse_id(sid); id && lives_elsewhere(*id))
    return shards_->migrate(connection, request, id->thread);
  if (sid.empty()) {
    if (request.method != "GET") return refuse(connection, Error::kBadHandshakeMethod);
    if (websocket != upgrade) return refuse(connection, Error::kBadRequest);
    if (version != "4") return refuse(connection, Error::kUnsupportedVersion);
    return handshake(connection, request, websocket);
  }
  Session* const session = find(sid);
  if (session == nullptr) return refuse(connection, Error::kUnknownSession);
  if (version != "4" || websocket != upgrade) return refuse(connection, Error::kBadRequest);
  if (websocket) return attach(connection, request, *session);
  if (session->websocket_) return refuse(connection, Error::kBadRequest);
  if (request.method == "GET") return poll(connection, *session);
  if (request.method == "POST") return post(connection, request, *session, announced);
  refuse(connection, Error::kBadRequest);
}

void EngineEndpoint::handshake(Connection& connection, const http1::Request& request, bool websocket) {
  std::string error;
  std::unique_ptr<Session> made = make_session(request, error);
  if (made == nullptr) {
    std::string body = "{\"code\":4,\"message\":";
    wire::json::append_string(body, error);
    body.push_back('}');
    return reply(connection, context_, {.status = 403, .content_type = "application/json", .body = body});
  }
  Session& session = add(std::move(made));
  if (websocket) {
    if (!accept(connection, request, &session, false)) return end(session, End::kTransportLost);
    return open(session);
  }
  open(session);
  std::string payload;
  payload.swap(outbox(session));
  session.outbox_.reset();
  reply_payload(connection, payload);
}

void EngineEndpoint::open(Session& session) {
  engineio::Open open;
  open.sid = id_of(session, session.key_);
  open.upgrade_to_websocket = !session.websocket_;
  open.ping_interval = ping_interval_;
  open.ping_timeout = ping_timeout_;
  open.max_payload = context_.options.max_payload;
  std::string json;
  engineio::append_open(json, open);
  send_packet(session, engineio::PacketType::kOpen, json);
}

void EngineEndpoint::reply_payload(Connection& connection, Bytes payload) {
  reply(connection, context_, {.content_type = "text/plain; charset=UTF-8", .headers = kNoStore, .body = payload});
}

void EngineEndpoint::poll(Connection& connection, Session& session) {
  if (session.poll_ != nullptr) {  // one at a time
    end(session, End::kByServer);
    return refuse(connection, Error::kBadRequest);
  }
  std::string payload;
  if (session.outbox_ != nullptr) payload.swap(*session.outbox_);
  session.outbox_.reset();
  collect(session, payload);
  if (payload.empty() && session.upgrading_) engineio::append_packet(payload, engineio::PacketType::kNoop);
  if (!payload.empty()) return reply_payload(connection, payload);
  auto waiting = std::make_unique<EnginePoll>(*this, connection, session);
  session.poll_ = waiting.get();
  connection.take_over(std::move(waiting), Connection::Input::kLater);
  on_wait(session);
}

// Takes the packets of a payload to a session.
class EngineEndpoint::Packets final : public engineio::PayloadParser::Handler {
 public:
  Packets(EngineEndpoint& owner, Session& session, engineio::PayloadParser& parser)
      : owner_(owner), session_(session), parser_(parser) {}
  void on_packet(const engineio::Packet& packet) override {
    owner_.take_packet(session_, packet);
    if (session_.ended_) parser_.stop();
  }

 private:
  EngineEndpoint& owner_;
  Session& session_;
  engineio::PayloadParser& parser_;
};

// One POST at a time, counted from its head on: a second one closes the session, and both are answered with 400.
void EngineEndpoint::on_request_begin(Connection& connection, const http1::Request& head) {
  std::string sid;
  http1::query_value(head.query, "sid", sid);
  Session* const session = head.method == "POST" ? find(sid) : nullptr;
  if (session == nullptr || session->websocket_) return;
  if (session->posting_) return end(*session, End::kByServer);
  session->posting_ = true;
  posts_.emplace(&connection, ClientId{.slot = session->slot_, .key = session->key_, .thread = self()});
}

void EngineEndpoint::on_request_aborted(Connection& connection) {
  const auto post = posts_.extract(&connection);
  Session* const session = post ? find(post.mapped()) : nullptr;
  if (session != nullptr) end(*session, End::kTransportLost);
}

void EngineEndpoint::post(Connection& connection, const http1::Request& request, Session& session, bool announced) {
  if (std::exchange(session.posting_, false) && !announced) {
    end(session, End::kByServer);
    return refuse(connection, Error::kBadRequest);
  }
  engineio::PayloadParser parser(context_.options.max_payload);
  Packets packets(*this, session, parser);
  // Bytes that are not text belong to an older revision of the protocol.
  const bool text = request.header("Content-Type") != "application/octet-stream" && wire::is_utf8(request.body);
  const char* const mistake = text ? parser.take_whole(request.body, packets) : "not text";
  if (mistake != nullptr) {
    end(session, End::kByServer);
    return refuse(connection, Error::kBadRequest);
  }
  reply(connection, context_, {.content_type = "text/html", .headers = kNoStore, .body = "ok"});
}

Session& EngineEndpoint::add(std::unique_ptr<Session> session) {
  thread_local std::random_device random;
  session->key_ = std::uint64_t{random()} << 32 | random();
  session->due_ = now_ms() + interval_ms_;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(sessions_.size()));
    sessions_.emplace_back();
  }
  session->slot_ = free_slots_.back();
  free_slots_.pop_back();
  if (!std::exchange(ticking_, true)) context_.tick_after(*this, tick_);
  auto& session_slot = sessions_[session->slot_];
  session_slot = std::move(session);
  return *session_slot;
}

}  // namespace server
