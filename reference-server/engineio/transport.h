// The conversations that Engine.IO has with its clients' connections.
#pragma once

#include <cstdint>

#include "reference-server/engineio/endpoint.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/broadcaster.h"
#include "wire/websocket/reader.h"

namespace server {

// A GET that waits.
class EnginePoll final : public Conversation {
 public:
  EnginePoll(EngineEndpoint& endpoint, Connection& c, Session& s) : connection(c), session(&s), endpoint_(endpoint) {}
  void on_close(Connection& connection) override;

  Connection& connection;
  Session* session;  // null once they have parted

 private:
  EngineEndpoint& endpoint_;
};

// A WebSocket: the transport of a session, or a probe that is to become it.
class EngineSocket final : public Conversation, public Subscriber {
 public:
  EngineSocket(EngineEndpoint& endpoint, Connection& connection, Session& session, bool probe, std::uint32_t due);
  void on_bytes(Connection& connection, Bytes bytes) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection) override;
  // on_close follows at once, and with it the end of the session that still has this as its transport.
  void close(std::uint16_t code);

  Connection& connection;
  Session* session;  // null once they have parted
  bool probe;
  std::uint32_t due;  // of a probe: it has failed then. Milliseconds of EngineEndpoint::now_ms

 private:
  class Frames;
  EngineEndpoint& endpoint_;
  wire::websocket::Reader reader_;
};

// On a clock that wraps: whether `now` is not before `due`.
inline bool is_due(std::uint32_t now, std::uint32_t due) {
  return static_cast<std::int32_t>(now - due) >= 0;
}

}  // namespace server
