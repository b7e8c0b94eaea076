// Socket.IO (protocol 5) over Engine.IO (protocol 4), as socket.io-client does it: polling first, then a WebSocket; a
// message is an event. Where the server offers connection state recovery, a new connection asks for what was missed.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/clients/engineio_client.h"
#include "loadgen/clients/socketio_observer.h"
#include "loadgen/clients/technique.h"
#include "loadgen/clients/techniques.h"
#include "wire/json.h"
#include "wire/socketio.h"

namespace loadgen {

// In the order of socketio_options(), which is that of SessionConfig::options.
enum SocketIoOption : std::size_t { kTransport, kNamespace, kAuth, kEvent, kEmit, kAck };
std::vector<OptionSpec> socketio_options();

namespace {

namespace json = wire::json;
namespace socketio = wire::socketio;
using socketio::PacketType;

using Option = SocketIoOption;
using enum SocketIoOption;

const std::string kRoute = "/socket.io/";
constexpr Bytes kMarkerMagic = "~pb1";
// Events of the reference server.
constexpr Bytes kPublish = "publish";
constexpr Bytes kBroadcast = "broadcast";  // to all but the one who says it
constexpr Bytes kGap = "gap";              // {"first":3,"last":7}: messages that it no longer has

class SocketIo final : public Session, private EngineClient::Handler, private socketio::Decoder::Handler {
 public:
  SocketIo(Host& host, const SessionConfig& plan, const std::string& topic)
      : host_(host),
        plan_(plan),
        engine_(host, plan, static_cast<EngineClient::Transports>(plan.options[kTransport].number), kRoute, topic,
                *this),
        decoder_(new_decoder()) {}

  void start() override {
    decoder_ = new_decoder();
    awaited_.reset();
    next_id_ = 0;
    engine_.start();
  }
  void on_open(Link& link) override { engine_.on_open(link); }
  void on_bytes(Link& link, Bytes bytes) override { engine_.on_bytes(link, bytes); }
  void on_close(Link& link) override { engine_.on_close(link); }
  void on_wake() override { engine_.on_wake(); }
  bool publish(Bytes payload, bool is_text) override;

 private:
  // JSON may write a byte as six.
  socketio::Decoder new_decoder() const { return socketio::Decoder({.bytes = 6 * plan_.max_message + 1024}); }
  const std::string& text_of(Option option) const { return plan_.options[option].text; }
  std::string& begin_packet(PacketType type, std::optional<std::uint64_t> id, std::size_t attachments = 0) const;
  void connect();
  void emit(const SocketIoObserver::Emit& event);
  std::optional<std::uint64_t> next_id(bool with_acknowledgement);
  void end(Failure kind, const std::string& detail);

  void on_engine_open(Bytes sid) override {
    if (plan_.observer != nullptr) plan_.observer->on_session(sid, transport_);
    connect();
  }
  void on_engine_text(Bytes message) override { check(decoder_.take_text(message, *this)); }
  void on_engine_binary(Bytes message) override { check(decoder_.take_binary(message, *this)); }
  void on_engine_transport(std::string_view name) override;
  void on_engine_failed(Failure kind, std::string_view detail) override { host_.fail(kind, detail); }
  void check(const char* validate);

  void on_packet(const socketio::Packet& packet, std::span<const Bytes> attachments) override;
  void on_connected(Bytes data);
  void on_event(const socketio::Packet& packet, std::span<const Bytes> attachments);
  void on_acknowledgement(const socketio::Packet& packet, std::span<const Bytes> attachments);
  void count_gap(Bytes range);
  void deliver(const socketio::Packet& packet, std::size_t arguments, std::span<const Bytes> attachments);

  Host& host_;
  const SessionConfig& plan_;
  EngineClient engine_;
  socketio::Decoder decoder_;
  std::string recovery_id_;  // `pid` of the server's CONNECT; empty: it recovers nothing
  std::string offset_;       // of the last event, JSON string
  std::string_view transport_;
  std::optional<std::uint64_t> awaited_;  // the acknowledgement that ends the round trip
  std::uint64_t next_id_ = 0;
};

// The text packet under construction, one a thread.
std::string& SocketIo::begin_packet(PacketType type, std::optional<std::uint64_t> id, std::size_t attachments) const {
  thread_local std::string text;
  text = "4";
  socketio::append_header(text, type, text_of(kNamespace), id, attachments);
  return text;
}

// As socket.io-client does: what recovers the session comes before what the user says.
void SocketIo::connect() {
  std::string& packet = begin_packet(PacketType::kConnect, std::nullopt);
  const std::string& auth = text_of(kAuth);
  if (recovery_id_.empty() || offset_.empty()) {
    packet += auth;
  } else {
    packet.append("{\"pid\":").append(recovery_id_).append(",\"offset\":").append(offset_);
    json::Object members(auth);
    Bytes key;
    Bytes value;
    while (members.next(key, value)) packet.append(",").append(key).append(":").append(value);
    packet.append("}");
  }
  engine_.send_packet(packet);
}

void SocketIo::on_engine_transport(std::string_view name) {
  const bool upgraded = !transport_.empty() && name == "websocket" && transport_ == "polling";
  transport_ = name;
  if (upgraded && plan_.observer != nullptr) plan_.observer->on_transport(name);
}

void SocketIo::check(const char* validate) {
  if (validate == nullptr) return;
  engine_.stop();
  host_.fail(Failure::kProtocol, validate);
}

// The server has refused or ended the connection: socket.io-client does not come again by itself.
void SocketIo::end(Failure kind, const std::string& detail) {
  engine_.stop();
  host_.give_up(kind, detail);
}

void SocketIo::on_packet(const socketio::Packet& packet, std::span<const Bytes> attachments) {
  if (packet.name_space != text_of(kNamespace)) return;
  switch (packet.type) {
    case PacketType::kConnect:
      return on_connected(packet.data);
    case PacketType::kEvent:
    case PacketType::kBinaryEvent:
      return on_event(packet, attachments);
    case PacketType::kAck:
    case PacketType::kBinaryAck:
      return on_acknowledgement(packet, attachments);
    case PacketType::kDisconnect:
      return end(Failure::kClosed, "the server disconnected the client from the namespace " + text_of(kNamespace));
    case PacketType::kConnectError: {
      std::string scratch;
      const Bytes message = json::is_object(packet.data) ? json::member(packet.data, "message") : packet.data;
      return end(Failure::kStatus,
                 "the server refused the namespace " + text_of(kNamespace) + ": " +
                     std::string(json::is_string(message) ? json::string_of(message, scratch) : packet.data));
    }
  }
}

void SocketIo::on_connected(Bytes data) {
  const Bytes pid = json::member(data, "pid");
  if (pid != recovery_id_) offset_.clear();
  recovery_id_ = json::is_string(pid) ? pid : Bytes();
  // Where the log stands now, if the server says so: what is missed before the first event can be asked for, too.
  const Bytes offset = json::member(data, "offset");
  if (offset_.empty() && json::is_string(offset)) offset_ = offset;
  host_.subscribed();
  if (plan_.observer == nullptr) return;
  for (const SocketIoObserver::Emit& event : plan_.observer->emits()) emit(event);
}

void SocketIo::on_event(const socketio::Packet& packet, std::span<const Bytes> attachments) {
  thread_local std::string scratch;
  const socketio::Packet::Event& event = packet.event;
  Bytes name = event.name;
  std::size_t arguments = event.arguments;
  // With connection state recovery the last argument of what the server keeps is where in its log that stands.
  if (!recovery_id_.empty() && arguments > 0 && json::is_string(event.last)) {
    offset_ = event.last;
    --arguments;
  }
  if (json::is_string(name)) name = json::string_of(name, scratch);
  if (plan_.observer != nullptr) {
    plan_.observer->on_event(name, packet.data, attachments);
  } else if (name == text_of(kEvent)) {
    deliver(packet, arguments, attachments);
  } else if (name == kGap) {
    count_gap(event.first);
  }
  if (packet.id) engine_.send_packet(begin_packet(PacketType::kAck, packet.id).append("[]"));
}

void SocketIo::count_gap(Bytes range) {
  const auto first = json::whole_number(json::member(range, "first"));
  const auto last = json::whole_number(json::member(range, "last"));
  if (first && last && *first <= *last) host_.counts().gap_messages += *last - *first + 1;
}

// A lone string or a lone attachment is the message. In anything else the message is found by its marker, which is the
// same in JSON text.
void SocketIo::deliver(const socketio::Packet& packet, std::size_t arguments, std::span<const Bytes> attachments) {
  thread_local std::string scratch;
  if (arguments == 1 && json::is_string(packet.event.first))
    return host_.deliver(json::string_of(packet.event.first, scratch));
  for (const Bytes attachment : attachments) {
    if (attachments.size() == 1 || attachment.find(kMarkerMagic) != Bytes::npos)
      return host_.deliver_binary(attachment);
  }
  host_.deliver(packet.data);
}

void SocketIo::on_acknowledgement(const socketio::Packet& packet, std::span<const Bytes> attachments) {
  if (plan_.observer != nullptr && packet.id) {
    plan_.observer->on_acknowledgement(*packet.id, packet.data, attachments);
  } else if (packet.id && packet.id == awaited_) {
    awaited_.reset();
    host_.end_round_trip();
  }
}

std::optional<std::uint64_t> SocketIo::next_id(bool with_acknowledgement) {
  if (!with_acknowledgement) return std::nullopt;
  return next_id_++;
}

void SocketIo::emit(const SocketIoObserver::Emit& event) {
  std::string& packet = begin_packet(PacketType::kEvent, next_id(true));
  packet += "[";
  json::append_string(packet, event.name);
  if (!event.arguments.empty()) packet.append(",").append(event.arguments);
  engine_.send_packet(packet.append("]"));
}

bool SocketIo::publish(Bytes payload, bool is_text) {
  const std::optional<std::uint64_t> id = next_id(plan_.options[kAck].number != 0);
  std::string& packet = is_text ? begin_packet(PacketType::kEvent, id) : begin_packet(PacketType::kBinaryEvent, id, 1);
  packet += "[";
  json::append_string(packet, plan_.echo || text_of(kEmit) != kPublish ? Bytes(text_of(kEmit)) : kBroadcast);
  packet += ",";
  is_text ? json::append_string(packet, payload) : socketio::append_placeholder(packet, 0);
  host_.counts().sent.payload += payload.size();
  engine_.send_packet(packet.append("]"));
  if (!is_text) engine_.send_binary(payload);
  if (id && !awaited_) {  // one round trip at a time
    awaited_ = id;
    host_.begin_round_trip();
  }
  return true;
}

// Defaults of socket.io-client's Manager.
constexpr ReconnectPolicy kReconnect = {.initial = std::chrono::seconds(1),
                                        .max = std::chrono::seconds(5),
                                        .factor = 2,
                                        .jitter = 0.5,
                                        .attempts = 0,
                                        .both_ways = true};

// By polling a GET and a POST are out side by side, and while it upgrades the WebSocket is beside both.
Traits traits(std::span<const OptionValue> options) {
  using Transports = EngineClient::Transports;
  const auto transports = static_cast<Transports>(options[kTransport].number);
  const std::uint32_t connections = transports == Transports::kWebSocket ? 1
                                    : transports == Transports::kPolling ? 2
                                                                         : 3;
  return {.footprint = {.connections = connections},
          .answers_in_batches = transports == Transports::kPolling,
          .times_round_trips = options[kAck].number != 0};
}

}  // namespace

TechniqueInfo socketio_technique() {
  return {
      .name = "socketio",
      .rank = 70,
      .kind = TechniqueInfo::Kind::kDuplex,
      .route = kRoute,
      .description = "Socket.IO 5 over Engine.IO 4: events, by polling, WebSocket, or the first upgraded to the second",
      .options = socketio_options(),
      .make = make_session<SocketIo>,
      .traits = traits,
      .reconnect = kReconnect,
      .publishes = true,
      .manual = {.websocket_url = true,
                 .websocket_option = "transport",
                 .websocket_value = "websocket",
                 .any_request = false,
                 .events = true}};
}

namespace json = wire::json;

namespace {

std::string_view namespace_mistake(std::string_view text) {
  const bool written = text.find_first_of(",\r\n") == std::string_view::npos;
  return text.starts_with('/') && written ? "" : "a namespace begins with '/' and has no comma";
}

std::string_view auth_mistake(std::string_view text) {
  const bool object = json::is_object(text) && json::is_value(text);
  return text.empty() || object ? "" : R"(must be a JSON object, such as {"token":"x"})";
}

std::string_view event_mistake(std::string_view text) {
  return text.empty() ? "an event has a name" : "";
}

}  // namespace

std::vector<OptionSpec> socketio_options() {
  using Kind = OptionSpec::Kind;
  const auto text = [](std::string_view key, std::string_view fallback, std::string_view description, auto validate,
                       bool manual = false) {
    return OptionSpec{.key = key,
                      .kind = Kind::kText,
                      .fallback = fallback,
                      .description = description,
                      .validate = validate,
                      .manual = manual};
  };
  return {
      {.key = "transport",
       .kind = Kind::kChoice,
       .fallback = "upgrade",
       .description = "upgrade: polling first, then a WebSocket, as the official client does; or polling alone, or "
                      "websocket alone",
       .choices = {"upgrade", "polling", "websocket"},
       .manual = true},
      text("namespace", "/", "namespace to connect to, such as /chat", namespace_mistake, true),
      text("auth", "", "JSON object that CONNECT says", auth_mistake, true),
      text("event", "message", "name of the event that is a message; others are taken and not counted", event_mistake),
      text("emit", "publish", "name of the event by which subscribers publish", event_mistake),
      {"ack", Kind::kFlag, "false", "true: what subscribers publish asks for an acknowledgement (round_trip_ns)"}};
}

}  // namespace loadgen
