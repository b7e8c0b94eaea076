// The client of an Engine.IO session, protocol revision 4: handshake, heartbeat, and the transports polling, websocket,
// and polling upgraded to websocket, as engine.io-client does it. What the messages mean is the owner's.
//
// An upgrade: a WebSocket of the same sid is opened beside polling and probed ("2probe", "3probe"); polling is let come
// to its end (the server answers the waiting GET); "5" makes the WebSocket the transport, and what was not yet said
// follows on it. A probe that fails leaves the session where it was.
#pragma once

#include <memory>
#include <string>

#include "loadgen/clients/engineio_polling.h"
#include "loadgen/clients/websocket_link.h"

namespace loadgen {

class EngineClient final : private EnginePolling::Handler, private WebSocketLink::Handler {
 public:
  enum class Transports : std::uint8_t { kUpgrade, kPolling, kWebSocket };
  // None of these may destroy the EngineClient.
  class Handler {
   public:
    virtual void on_engine_open(Bytes sid) = 0;
    virtual void on_engine_text(Bytes message) = 0;
    virtual void on_engine_binary(Bytes message) = 0;
    // One of engineio::kPolling and kWebSocket, at the beginning and after an upgrade.
    virtual void on_engine_transport(std::string_view) {}
    // The session is over and stop() has been called. The host's links are to be closed by failing.
    virtual void on_engine_failed(Failure kind, std::string_view detail) = 0;

   protected:
    ~Handler() = default;
  };
  // `route` ("/socket.io/") and `topic` outlive it.
  EngineClient(Host& host, const SessionConfig& plan, Transports transports, const std::string& route,
               const std::string& topic, Handler& handler);

  void start();  // a new session; whatever was before is forgotten
  void stop();   // forgets the links, which the host closes

  // Host events; on_wake() is the heartbeat's.
  void on_open(Link& link);
  void on_bytes(Link& link, Bytes bytes);
  void on_close(Link& link);
  void on_wake();

  // Require an open session. `packet`: a whole text packet, its type included ("4" and a message).
  void send_packet(Bytes packet);
  void send_binary(Bytes message);

 private:
  using Packet = wire::engineio::Packet;
  // kPausing: the probe was answered, polling comes to its end.
  enum class State : std::uint8_t { kStopped, kOpening, kPolling, kProbing, kPausing, kWebSocket };
  std::string query(std::string_view transport) const;
  void take(const Packet& packet);
  void take_handshake(Bytes json);
  void take_probe_answer(Bytes text);
  void expect_ping();
  void count_heartbeat(std::size_t packet);
  void probe();
  void stay_with_polling();
  void say_unsent(Bytes packets);
  void fail(Failure kind, std::string_view detail);

  void on_polled_packet(const Packet& packet) override { take(packet); }
  void on_paused() override;
  void on_polling_failed(Failure kind, std::string_view detail) override { fail(kind, detail); }
  void on_upgraded(const wire::http1::Response& response) override;
  void on_message(wire::websocket::Opcode type, Bytes payload) override;
  void on_closed(std::uint16_t code, Bytes reason) override;
  void on_failed(Failure kind, std::string_view detail) override;

  Host& host_;
  const SessionConfig& plan_;
  const std::string& route_;
  const std::string& topic_;
  Handler& handler_;
  WebSocketLink socket_;
  std::unique_ptr<EnginePolling> polling_;  // null once the WebSocket is the transport
  std::string sid_;
  Nanos silence_{};  // that is too long: pingInterval + pingTimeout
  Transports transports_;
  State state_ = State::kStopped;
  bool overdue_ = false;  // the silence is too long, unless a read that is due ends it
};

}  // namespace loadgen
