// What Engine.IO keeps with a connection. Included by engineio*.cc only.
#pragma once

#include "reference-server/engineio/endpoint.h"

namespace server {

struct EngineTransport : Subscriber {
  enum class Kind : std::uint8_t { kPoll, kProbe, kSocket };
  EngineTransport(Session& s, Kind k) : session(&s), kind(k) {}
  Session* session;  // null once they have parted
  Kind kind;
  std::uint32_t due = 0;  // of a probe: it has failed then
};

// A GET that waits.
struct EnginePoll final : EngineTransport {
  explicit EnginePoll(Session& s) : EngineTransport(s, Kind::kPoll) {}
};

struct EngineSocket final : EngineTransport {
  EngineSocket(Session& s, Kind k, std::size_t max_message)
      : EngineTransport(s, k), reader(wire::websocket::Reader::Role::kServer, max_message) {}
  wire::websocket::Reader reader;
};

inline EngineTransport& transport_of(Connection& connection) {
  return static_cast<EngineTransport&>(*connection.state());
}

// On a clock that wraps: whether `now` is not before `due`.
inline bool is_due(std::uint32_t now, std::uint32_t due) {
  return static_cast<std::int32_t>(now - due) >= 0;
}

}  // namespace server
