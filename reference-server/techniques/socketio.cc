// `socketio`: what clients may emit, and what comes of it.
#include "reference-server/socketio/socketio.h"

#include <algorithm>
#include <iterator>

#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/socketio/rooms.h"
#include "reference-server/stats.h"

namespace server {

namespace json = wire::json;
namespace socketio = wire::socketio;
using socketio::PacketType;

namespace {

// What a publish is acknowledged with.
std::string told(const Publication& published) {
  if (published.sequence != 0) return "{\"sequence\":" + std::to_string(published.sequence) + "}";
  return "{\"error\":\"" + std::string(published.refusal) + "\"}";
}

}  // namespace

std::optional<Bytes> SocketIo::Call::text(std::size_t index, std::string& scratch) const {
  if (index >= arguments.size() || !json::is_string(arguments[index])) return std::nullopt;
  return json::string_of(arguments[index], scratch);
}

std::optional<Bytes> SocketIo::Call::bytes(std::size_t index) const {
  if (index >= arguments.size()) return std::nullopt;
  const auto number = socketio::placeholder(arguments[index]);
  if (!number || *number >= attachments.size()) return std::nullopt;
  return attachments[*number];
}

std::string SocketIo::socket_id(const SocketIoClient& client, unsigned namespace_index) const {
  return id_of(client, client.socket_key + namespace_index);
}

SocketIoClient* SocketIo::find_socket(Bytes text, unsigned& namespace_index) {
  const auto id = parse_id(text);
  auto* const client = id && id->thread == self() ? at(id->slot) : nullptr;
  if (client == nullptr || id->key - client->socket_key >= std::size(kNamespaces)) return nullptr;
  namespace_index = static_cast<unsigned>(id->key - client->socket_key);
  return client->in(namespace_index) ? client : nullptr;
}

void SocketIo::take_event(SocketIoClient& client, unsigned namespace_index, const socketio::Packet& packet,
                          std::span<const Bytes> attachments) {
  std::string name;
  Call call{client, namespace_index, packet, attachments, {}};
  json::Array elements(packet.data);
  Bytes element;
  elements.next(element);
  call.name = json::is_string(element) ? json::string_of(element, name) : element;
  while (elements.next(element)) call.arguments.push_back(element);
  if (context_.options.conformance && take_conformance_event(call)) return;
  if (call.name == "ask") return ask(call);
  if (namespace_index != kMain) return;
  if (call.name == "publish") return publish(call, true);
  if (call.name == "broadcast") return publish(call, false);
  if (call.name == "to") return emit_to(call);
  if (call.name == "join") return join(call);
  if (call.name == "leave") return leave(call);
}

bool SocketIo::take_conformance_event(const Call& call) {
  if (call.name == "message") {
    send_back(call, "\"message-back\"");
  } else if (call.name == "message-with-ack") {
    send_back(call, {});
  } else {
    return false;
  }
  return true;
}

// The arguments of a call as they came: as an event, or as its acknowledgement.
void SocketIo::send_back(const Call& call, Bytes event) {
  const bool binary = call.packet.type == PacketType::kBinaryEvent;
  PacketType type = binary ? PacketType::kBinaryEvent : PacketType::kEvent;
  std::optional<std::uint64_t> id;
  if (event.empty()) {
    if (!call.packet.id) return;
    type = binary ? PacketType::kBinaryAck : PacketType::kAck;
    id = call.packet.id;
  }
  std::string packet;
  socketio::append_header(packet, type, call.packet.name_space, id, call.attachments.size());
  packet.append("[").append(event);
  for (const Bytes argument : call.arguments) {
    if (packet.back() != '[') packet.push_back(',');
    packet += argument;
  }
  packet.push_back(']');
  send_with(call.client, packet, call.attachments);
}

void SocketIo::send_with(SocketIoClient& client, Bytes packet, std::span<const Bytes> attachments) {
  send(client, packet);
  for (const Bytes attachment : attachments) send(client, attachment, true);
}

void SocketIo::acknowledge(const Call& call, Bytes value) {
  if (!call.packet.id || call.client.ended()) return;
  std::string packet;
  socketio::append_header(packet, PacketType::kAck, call.packet.name_space, call.packet.id);
  send(call.client, packet.append("[").append(value).append("]"));
}

void SocketIo::publish(const Call& call, bool to_all) {
  SocketIoClient& client = call.client;
  std::string scratch;
  const auto text = call.text(0, scratch);
  const auto payload = text ? text : call.bytes(0);
  if (!payload) return acknowledge(call, R"({"error":"the payload is neither a string nor bytes"})");
  if (!client.topic) return acknowledge(call, R"({"error":"this socket follows no topic"})");
  if (!to_all && client.origin == 0) {
    client.origin = context_.new_origin();
    if (client.over_websocket()) subscriber_of(client).set_origin(client.origin);
  }
  context_.stats.received.payload.add(payload->size());
  acknowledge(call,
              told(context_.publish(client.topic->name(), *payload, text.has_value(), to_all ? 0 : client.origin)));
}

// A room is a topic; the id of a socket is a room with this one in it.
void SocketIo::emit_to(const Call& call) {
  std::string name;
  std::string scratch;
  const auto room = call.text(0, name);
  const auto text = call.text(1, scratch);
  const auto payload = text ? text : call.bytes(1);
  if (!room || room->empty() || room->size() > kMaxTopicName || !payload) {
    return acknowledge(call, R"({"error":"to takes a room, and a payload that is a string or bytes"})");
  }
  context_.stats.received.payload.add(payload->size());
  if (const auto id = parse_id(*room); id && lives_elsewhere(*id)) {
    return shards_->post(id->thread, {.to = std::string(*room),
                                      .from = socket_id(call.client, call.namespace_index),
                                      .body = std::string(*payload),
                                      .id = call.packet.id,
                                      .is_text = text.has_value()});
  }
  acknowledge(call, hand_to(*room, *payload, text.has_value()));
}

// To a socket of this thread, or to all in a room. What the speaker is acknowledged with.
std::string SocketIo::hand_to(Bytes room, Bytes payload, bool is_text) {
  unsigned namespace_index = 0;
  if (SocketIoClient* client = find_socket(room, namespace_index)) {
    const socketio::Event event(kNamespaces[namespace_index], "message");
    std::string packet;
    if (is_text) {
      event.append_text(packet, payload);
      send(*client, packet);
    } else {
      event.append_binary(packet);
      send_with(*client, packet, {&payload, 1});
    }
    counters_.delivered.add(1);
    return R"({"sockets":1})";
  }
  return told(context_.publish(room, payload, is_text));
}

// From a socket of another thread, or the acknowledgement of what one of this thread has sent there.
void SocketIo::on_shard_message(const ShardMessage& message) {
  if (!message.is_answer) {
    std::string answer = hand_to(message.to, message.body, message.is_text);
    const auto speaker = parse_id(message.from);
    if (!message.id || !speaker) return;
    return shards_->post(
        speaker->thread,
        {.to = message.from, .from = message.to, .body = std::move(answer), .id = message.id, .is_answer = true});
  }
  unsigned namespace_index = 0;
  SocketIoClient* const client = find_socket(message.to, namespace_index);
  if (client == nullptr) return;
  std::string packet;
  socketio::append_header(packet, PacketType::kAck, kNamespaces[namespace_index], message.id);
  send(*client, packet.append("[").append(message.body).append("]"));
}

void SocketIo::join(const Call& call) {
  std::string name;
  const auto room = call.text(0, name);
  if (!room || room->empty() || room->size() > kMaxTopicName) {
    return acknowledge(call, R"({"error":"join takes the name of a room"})");
  }
  context_.catch_up();
  if (call.client.ended()) return;
  TopicUse topic = context_.topics.use(*room);
  if (!topic) return acknowledge(call, R"({"error":"too many topics"})");
  auto& rooms = call.client.rooms;
  if (rooms == nullptr) rooms = std::make_unique<SocketIoClient::Rooms>();
  if (topic.get() != call.client.topic.get() && !rooms->contains(topic->index())) {
    auto& members = room_of(*topic).members;
    rooms->emplace(topic->index(),
                   SocketIoClient::Membership{.room = topic, .slot = static_cast<std::uint32_t>(members.size())});
    members.push_back(&call.client);
    counters_.own[kMemberships].add(1);
    list_changed(call.client);
  }
  std::string value = "{\"joined\":";
  json::append_string(value, *room);
  acknowledge(call, value.append("}"));
}

void SocketIo::leave(const Call& call) {
  std::string name;
  const auto room = call.text(0, name);
  if (!room) return acknowledge(call, R"({"error":"leave takes the name of a room"})");
  context_.catch_up();
  if (call.client.ended()) return;
  auto& rooms = call.client.rooms;
  const Topic* const topic = context_.topics.find(*room);
  if (rooms != nullptr && topic != nullptr) {
    if (const auto membership = rooms->find(topic->index()); membership != rooms->end()) {
      leave_room(call.client, membership->second);
      rooms->erase(membership);
    }
    if (rooms->empty()) rooms.reset();
  }
  std::string value = "{\"left\":";
  json::append_string(value, *room);
  acknowledge(call, value.append("}"));
}

void SocketIo::leave_room(SocketIoClient& client, const SocketIoClient::Membership& membership) {
  auto& members = room_of(*membership.room).members;
  SocketIoClient& moved = *members.back();
  members[membership.slot] = &moved;
  moved.rooms->at(membership.room->index()).slot = membership.slot;
  members.pop_back();
  counters_.own[kMemberships].subtract(1);
  list_changed(client);
}

void SocketIo::send_to_room(const Topic& topic, const Message& message) {
  if (topic.index() >= rooms_.size() || rooms_[topic.index()] == nullptr) return;
  auto& members = rooms_[topic.index()]->members;
  if (members.empty()) return;
  std::string about = "{\"room\":";
  json::append_string(about, topic.name());
  about.append(",\"sequence\":").append(std::to_string(message.sequence)).append("}");
  const socketio::Event event(socketio::kMainNamespace, "message");
  std::string packet;
  const Bytes payload = message.bytes();
  if (message.is_text) {
    event.append_text(packet, payload, std::nullopt, about);
  } else {
    event.append_binary(packet, std::nullopt, about);
  }
  Broadcast broadcast(std::move(packet), message.is_text ? nullptr : &payload);
  for (std::size_t i = members.size(); i-- > 0;) {  // one that is too slow leaves while it is sent to
    SocketIoClient& member = *members[i];
    if (message.origin != 0 && member.origin == message.origin) continue;
    send(member, broadcast);
    counters_.delivered.add(1);
  }
}

// The event goes back under the id it came with, so that the client's acknowledgement of it acknowledges the call.
void SocketIo::ask(const Call& call) {
  if (call.packet.id) {
    auto& asked = call.client.asked;
    if (asked == nullptr) asked = std::make_unique<std::vector<std::pair<unsigned, std::uint64_t>>>();
    if (asked->size() == SocketIoClient::kMostAsked) {
      return acknowledge(call, R"({"error":"too much that this client was asked is not acknowledged yet"})");
    }
    asked->emplace_back(call.namespace_index, *call.packet.id);
  }
  const bool binary = call.packet.type == PacketType::kBinaryEvent;
  std::string packet;
  socketio::append_header(packet, binary ? PacketType::kBinaryEvent : PacketType::kEvent, call.packet.name_space,
                          call.packet.id, call.attachments.size());
  packet += call.packet.data;
  send_with(call.client, packet, call.attachments);
}

// Of what was asked, once for each time; another one is nobody's.
void SocketIo::take_ack(SocketIoClient& client, unsigned namespace_index, const socketio::Packet& packet,
                        std::span<const Bytes> attachments) {
  if (!packet.id) return end(client, End::kByServer);
  if (client.asked == nullptr) return;
  const auto asked = std::find(client.asked->begin(), client.asked->end(), std::pair(namespace_index, *packet.id));
  if (asked == client.asked->end()) return;
  client.asked->erase(asked);
  std::string answer;
  socketio::append_header(answer, packet.type, packet.name_space, packet.id, attachments.size());
  send_with(client, answer += packet.data, attachments);
}

TechniqueInfo socketio_technique() {
  return {.name = "socketio",
          .route = "/socket.io/",
          .make = make_technique<SocketIo>,
          .takes_all = true,
          .route_option = &Options::socketio_path,
          .counter_names = kCounterNames};
}

}  // namespace server
