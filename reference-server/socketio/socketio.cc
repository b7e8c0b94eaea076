#include "reference-server/socketio/socketio.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/socketio/rooms.h"
#include "reference-server/stats.h"
#include "wire/http1/target.h"

namespace server {

namespace json = wire::json;
namespace socketio = wire::socketio;
using socketio::PacketType;

namespace {

std::uint64_t random_number() {
  thread_local std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

// One for the whole process.
std::uint64_t recovery_key() {
  static const std::uint64_t key = random_number();
  return key;
}

std::string in_hexadecimal(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

}  // namespace

SocketIo::SocketIo(Context& context, TechniqueStats& counters)
    : EngineEndpointOf(context, counters),
      broadcaster_(context, counters, encoder_, Framing::kNone),
      recovery_key_(recovery_key()) {
  if (shards_ != nullptr) shards_->receive_with(*this);
  if (context.options.socketio_client.empty()) return;
  std::ifstream file(context.options.socketio_client, std::ios::binary);
  client_script_.assign(std::istreambuf_iterator<char>(file), {});
}

// The official client is served where its own server serves it; without it, a script that does nothing, so that pages
// may ask for it and see.
void SocketIo::on_request(Connection& connection, const wire::http1::Request& request) {
  if (!request.path.ends_with("/socket.io.js")) return EngineEndpoint::on_request(connection, request);
  reply(connection, context_,
        {.content_type = "text/javascript; charset=utf-8",
         .headers = "Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n",
         .body = client_script_});
}

std::unique_ptr<SocketIoClient> SocketIo::make_client(const wire::http1::Request& request, std::string& error) {
  auto client = std::make_unique<SocketIoClient>(context_.options.max_payload);
  Subscription subscription;
  std::string topic;
  if (wire::http1::query_value(request.query, "topic", topic)) {
    if (!parse_subscription(request, subscription, error) || !follow(*client, subscription.topic, error))
      return nullptr;
    if (subscription.after) client->cursor = *subscription.after;
  }
  client->socket_key = random_number();
  client->set_connect_due(std::max<std::uint32_t>(now_ms() + in_ms(context_.options.connect_timeout), 1));
  return client;
}

bool SocketIo::follow(SocketIoClient& client, Bytes name, std::string& error) {
  if (name.empty() || name.size() > kMaxTopicName) {
    error = "a topic's name has 1 to " + std::to_string(kMaxTopicName) + " bytes";
    return false;
  }
  client.topic = context_.topics.use(name);
  if (!client.topic) error = "too many topics";
  return static_cast<bool>(client.topic);
}

// Takes packets of one client from its decoder.
class SocketIo::Packets final : public socketio::Decoder::Handler {
 public:
  Packets(SocketIo& owner, SocketIoClient& client) : owner_(owner), client_(client) {}
  void on_packet(const socketio::Packet& packet, std::span<const Bytes> attachments) override {
    owner_.take_packet(client_, packet, attachments);
  }

 private:
  SocketIo& owner_;
  SocketIoClient& client_;
};

void SocketIo::on_message(SocketIoClient& client, Bytes message, bool binary) {
  Packets packets(*this, client);
  const char* const mistake =
      binary ? client.decoder.take_binary(message, packets) : client.decoder.take_text(message, packets);
  if (mistake != nullptr) end(client, End::kByServer);
}

void SocketIo::take_packet(SocketIoClient& client, const socketio::Packet& packet, std::span<const Bytes> attachments) {
  const auto known = std::find(std::begin(kNamespaces), std::end(kNamespaces), packet.name_space);
  const auto namespace_index = static_cast<unsigned>(known - std::begin(kNamespaces));
  const bool exists = namespace_index == kMain || (known != std::end(kNamespaces) && context_.options.conformance);
  const bool joined = exists && client.in(namespace_index);
  if (packet.type == PacketType::kConnect && !exists) {
    return refuse_connect(client, packet.name_space, "Invalid namespace");
  }
  if ((packet.type == PacketType::kConnect) == joined) return end(client, End::kByServer);
  switch (packet.type) {
    case PacketType::kConnect:
      return connect(client, namespace_index, packet.data);
    case PacketType::kDisconnect:
      return leave_namespace(client, namespace_index);
    case PacketType::kConnectError:
      return end(client, End::kByServer);
    case PacketType::kEvent:
    case PacketType::kBinaryEvent:
      return take_event(client, namespace_index, packet, attachments);
    case PacketType::kAck:
    case PacketType::kBinaryAck:
      return take_ack(client, namespace_index, packet, attachments);
  }
}

void SocketIo::refuse_connect(SocketIoClient& client, Bytes name, Bytes sentence) {
  std::string packet;
  socketio::append_header(packet, PacketType::kConnectError, name);
  packet += "{\"message\":";
  json::append_string(packet, sentence);
  send(client, packet.append("}"));
}

void SocketIo::connect(SocketIoClient& client, unsigned namespace_index, Bytes auth) {
  context_.catch_up();
  if (client.ended()) return;
  std::string error;
  if (namespace_index == kMain && !read_auth(client, auth, error)) {
    return refuse_connect(client, kNamespaces[namespace_index], error);
  }
  client.joined |= static_cast<std::uint8_t>(1u << namespace_index);
  client.set_connect_due(0);
  counters_.own[kSockets].add(1);
  list_changed(client);
  std::string packet;
  socketio::append_header(packet, PacketType::kConnect, kNamespaces[namespace_index]);
  packet.append("{\"sid\":\"").append(socket_id(client, namespace_index)).append("\"");
  if (namespace_index == kMain && client.topic) {
    // The offset is what the client has so far: it can come back for the rest even when it leaves before its first
    // event.
    packet.append(",\"pid\":\"").append(in_hexadecimal(recovery_key_)).append("\",\"offset\":\"");
    packet.append(std::to_string(std::min(client.cursor, client.topic->head()))).append("\"");
  }
  send(client, packet.append("}"));
  if (context_.options.conformance) {
    packet.clear();
    socketio::append_header(packet, PacketType::kEvent, kNamespaces[namespace_index]);
    send(client, packet.append("[\"auth\",").append(auth.empty() ? Bytes("{}") : auth).append("]"));
  }
  if (namespace_index == kMain && client.topic && !client.ended()) subscribe(client);
}

// {"topic":"T","after":N} as in the query; {"pid":…,"offset":"N"} of a client that was here before.
bool SocketIo::read_auth(SocketIoClient& client, Bytes auth, std::string& error) {
  std::string scratch;
  const Bytes topic = json::member(auth, "topic");
  if (!topic.empty()) {
    if (!json::is_string(topic)) return error = "auth.topic is no string", false;
    if (!follow(client, json::string_of(topic, scratch), error)) return false;
  }
  const auto number = [&scratch](Bytes value) {
    return parse_number(json::is_string(value) ? json::string_of(value, scratch) : value);
  };
  const Bytes after = json::member(auth, "after");
  if (!after.empty()) {
    const auto cursor = number(after);
    if (!cursor) return error = "auth.after is no sequence number", false;
    client.cursor = *cursor;
  }
  const Bytes pid = json::member(auth, "pid");
  if (!json::is_string(pid) || json::string_of(pid, scratch) != in_hexadecimal(recovery_key_)) return true;
  if (const auto offset = number(json::member(auth, "offset"))) client.cursor = *offset;
  return true;
}

void SocketIo::leave_namespace(SocketIoClient& client, unsigned namespace_index) {
  if (!client.in(namespace_index)) return;
  client.joined &= static_cast<std::uint8_t>(~(1u << namespace_index));
  if (client.asked != nullptr) {
    std::erase_if(*client.asked, [&](const auto& asked) { return asked.first == namespace_index; });
  }
  counters_.own[kSockets].subtract(1);
  list_changed(client);
  if (namespace_index != kMain) return;
  on_answered(client);
  if (client.over_websocket() && !client.ended()) subscriber_of(client).unsubscribe();
  if (client.rooms == nullptr) return;
  for (const auto& [index, membership] : *client.rooms) leave_room(client, membership);
  client.rooms.reset();
}

void SocketIo::on_end(SocketIoClient& client) {
  for (unsigned i = 0; i < std::size(kNamespaces); ++i) leave_namespace(client, i);
}

}  // namespace server
