// Engine.IO 4 at the server's end (github.com/socketio/engine.io-protocol): sessions over HTTP polling, over WebSocket,
// and from the first to the second. What the messages say is the business of the technique that derives from this.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "reference-server/engineio/shards.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/broadcaster.h"
#include "wire/engineio.h"
#include "wire/websocket/frame.h"

namespace server {

class EngineEndpoint;
class EnginePoll;    // transport.h
class EngineSocket;  // transport.h

// A browser's timers end at 2^31 ms, and it waits for the interval and the time-out of a ping together; our own
// deadlines are compared on a clock of 32 bits. Longer times count as this one: 12 days.
inline constexpr std::chrono::milliseconds kLongestWait{INT32_MAX / 2};

// Where a client is, and a secret part that nobody guesses; 20 characters of text.
struct ClientId {
  std::uint32_t slot = 0;
  std::uint64_t key = 0;
  std::uint32_t thread = 0;  // below 2^24
};
std::string format_id(const ClientId& id);
std::optional<ClientId> parse_id(Bytes text);

// One client, whatever connections it uses. Techniques derive from it.
class Session {
 public:
  virtual ~Session() = default;
  bool over_websocket() const { return websocket_; }
  bool ended() const { return ended_; }
  std::uint32_t slot() const { return slot_; }

 protected:
  std::uint32_t connect_due_ = 0;  // ends then; 0: not for this reason. Milliseconds of EngineEndpoint::now_ms

 private:
  friend class EngineEndpoint;
  friend class EnginePoll;
  friend class EngineSocket;
  EnginePoll* poll_ = nullptr;           // the GET that waits
  EngineSocket* socket_ = nullptr;       // the WebSocket, or before `websocket_` a probe that is to become it
  std::unique_ptr<std::string> outbox_;  // polling: a payload; WebSocket: frames behind what the kernel refused
  std::uint64_t key_ = 0;                // the secret part of its id
  std::uint32_t slot_ = 0;
  std::uint32_t due_ = 0;  // the next ping, or the end when one is unanswered
  bool ping_unanswered_ = false;
  bool websocket_ = false;
  bool upgrading_ = false;  // the probe has been answered: every GET is answered at once
  bool ended_ = false;
  bool posting_ = false;     // the body of a POST is on its way
  bool answer_due_ = false;  // in the list of those whose GET is answered at the end of the iteration
};

// A message for many: encoded once for each kind of transport, when the first of them needs it.
class Broadcast {
 public:
  // `packet` is the text of an Engine.IO message, `attachment` one of bytes behind it when there is one.
  Broadcast(std::string packet, const Bytes* attachment) : packet_(std::move(packet)), attachment_(attachment) {}
  const SharedBytes& frames();
  const std::string& payload();

 private:
  std::string packet_;
  const Bytes* attachment_;
  SharedBytes frames_;
  std::string payload_;
};

class EngineEndpoint : public Technique {
 public:
  EngineEndpoint(Context& context, TechniqueStats& counters);
  ~EngineEndpoint() override;
  void on_request(Connection& connection, const wire::http1::Request& request) override;
  void on_request_begin(Connection& connection, const wire::http1::Request& head) override;
  void on_request_aborted(Connection& connection) override;
  void on_tick() override;
  void on_publish(Topic&, const Message&) override {}
  void on_flush() override;
  void on_shutdown() override;

 protected:
  // Error codes of the server's answers, in the order of their numbers.
  enum class Error : std::uint8_t {
    kUnknownTransport,
    kUnknownSession,
    kBadHandshakeMethod,
    kBadRequest,
    kForbidden,
    kUnsupportedVersion
  };
  enum class End : std::uint8_t { kByServer, kByClient, kTransportLost };

  // A session begins; null, with a sentence, refuses it with kForbidden.
  virtual std::unique_ptr<Session> make_session(const wire::http1::Request& request, std::string& error) = 0;
  virtual void on_message(Session& session, Bytes message, bool binary) = 0;
  virtual void on_end(Session& session) {}  // may not send
  // A GET can be answered: what else there is for this session goes into the payload.
  virtual void collect(Session& session, std::string& payload) {}
  virtual void on_wait(Session& session) {}      // a GET waits
  virtual void on_answered(Session& session) {}  // it does no more
  virtual void on_upgraded(Session& session) {}  // WebSocket has taken over

  void send(Session& session, Bytes message, bool binary = false);
  void send(Session& session, Broadcast& message);
  void answer_waiting(Session& session);  // its GET, with what there is, if there is anything
  void end(Session& session, End how);
  void refuse(Connection& connection, Error error, Bytes headers = {});  // whole lines
  bool lives_elsewhere(const ClientId& id) const;                        // on another thread
  unsigned self() const { return shards_ != nullptr ? shards_->self() : 0; }
  std::string id_of(const Session& session, std::uint64_t key) const;
  // The WebSocket of a session as a broadcaster sees it.
  static Connection& connection_of(Session& session);
  static Subscriber& subscriber_of(Session& session);
  std::uint32_t now_ms() const;
  // For a deadline on that clock: whole milliseconds, at most kLongestWait.
  static std::uint32_t in_ms(Nanos time);
  std::uint32_t slots() const { return static_cast<std::uint32_t>(sessions_.size()); }
  Session* at(std::uint32_t slot) { return slot < sessions_.size() ? sessions_[slot].get() : nullptr; }
  template <typename Visit>
  void for_each_session(Visit visit) {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      if (sessions_[i] != nullptr) visit(*sessions_[i]);
    }
  }

  Context& context_;
  TechniqueStats& counters_;
  Shards* const shards_;  // null: nobody lives elsewhere

 private:
  friend class EnginePoll;
  friend class EngineSocket;
  class Packets;
  // endpoint.cc: requests
  void handshake(Connection& connection, const wire::http1::Request& request, bool websocket);
  void open(Session& session);
  void poll(Connection& connection, Session& session);
  void post(Connection& connection, const wire::http1::Request& request, Session& session, bool announced);
  void reply_payload(Connection& connection, Bytes payload);
  Session* find(Bytes sid);
  Session* find(const ClientId& id);
  // websocket.cc
  bool accept(Connection& connection, const wire::http1::Request& request, Session* session, bool probe);
  void attach(Connection& connection, const wire::http1::Request& request, Session& session);
  void take_frame(EngineSocket& socket, Bytes payload, bool binary);
  void take_probe(EngineSocket& socket, Bytes packet);
  void upgrade(EngineSocket& socket);
  void on_drain(Session& session);
  void write_frame(Session& session, wire::websocket::Opcode opcode, Bytes payload);
  // session.cc
  Session& add(std::unique_ptr<Session> session);
  void take_packet(Session& session, const wire::engineio::Packet& packet);
  void send_packet(Session& session, wire::engineio::PacketType type, Bytes data = {});
  void write_frames(Session& session, Bytes frames);
  std::string& outbox(Session& session);
  bool over_limit(Session& session);
  void answer_get(Session& session, Bytes payload);
  bool stalled(const Session& session) const;
  void check(Session& session, std::uint32_t now);

  std::vector<std::unique_ptr<Session>> sessions_;  // by slot
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::unique_ptr<Session>> dead_;       // of this iteration: their handlers may be running
  std::unordered_map<Connection*, ClientId> posts_;  // whose bodies are on their way
  std::vector<Session*> answers_;                    // to give at the end of this iteration
  Nanos tick_{};
  Nanos ping_interval_{};  // these two as clients are told
  Nanos ping_timeout_{};
  std::uint32_t interval_ms_ = 0;
  std::uint32_t timeout_ms_ = 0;
  wire::Time epoch_{};
  bool pings_ = true;
  bool ticking_ = false;  // while there are sessions
};

// An endpoint whose sessions are all of one type.
template <typename Client>
class EngineEndpointOf : public EngineEndpoint {
 public:
  using EngineEndpoint::EngineEndpoint;

 protected:
  virtual std::unique_ptr<Client> make_client(const wire::http1::Request& request, std::string& error) = 0;
  virtual void on_message(Client& client, Bytes message, bool binary) = 0;
  virtual void on_end(Client& client) {}
  virtual void collect(Client& client, std::string& payload) {}
  virtual void on_wait(Client& client) {}
  virtual void on_answered(Client& client) {}
  virtual void on_upgraded(Client& client) {}

  Client* at(std::uint32_t slot) { return static_cast<Client*>(EngineEndpoint::at(slot)); }

 private:
  static Client& of(Session& session) { return static_cast<Client&>(session); }
  std::unique_ptr<Session> make_session(const wire::http1::Request& request, std::string& error) final {
    return make_client(request, error);
  }
  void on_message(Session& session, Bytes message, bool binary) final { on_message(of(session), message, binary); }
  void on_end(Session& session) final { on_end(of(session)); }
  void collect(Session& session, std::string& payload) final { collect(of(session), payload); }
  void on_wait(Session& session) final { on_wait(of(session)); }
  void on_answered(Session& session) final { on_answered(of(session)); }
  void on_upgraded(Session& session) final { on_upgraded(of(session)); }
};

}  // namespace server
