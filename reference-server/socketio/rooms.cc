// Followers of topics: a broadcaster's by WebSocket, from the log by polling.
#include <algorithm>

#include "reference-server/socketio/rooms.h"
#include "reference-server/socketio/socketio.h"
#include "reference-server/stats.h"

namespace server {

namespace engineio = wire::engineio;

namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;  // of one answer to a GET, as of a piece of the log

}  // namespace

void SocketIo::subscribe(SocketIoClient& client) {
  client.cursor = std::min(client.cursor, client.topic->head());
  if (client.over_websocket()) {
    broadcaster_.subscribe(connection_of(client), subscriber_of(client), client.topic, client.cursor);
  } else {
    on_wait(client);
    answer_waiting(client);
  }
}

void SocketIo::on_upgraded(SocketIoClient& client) {
  counters_.own[kUpgrades].add(1);
  list_changed(client);
  if (!client.in(kMain) || !client.topic) return;
  subscriber_of(client).set_origin(client.origin);
  broadcaster_.subscribe(connection_of(client), subscriber_of(client), client.topic, client.cursor);
}

SocketIo::Room& SocketIo::room_of(const Topic& topic) {
  if (topic.index() >= rooms_.size()) rooms_.resize(topic.index() + 1);
  auto& room = rooms_[topic.index()];
  if (room == nullptr) room = std::make_unique<Room>();
  return *room;
}

void SocketIo::on_wait(SocketIoClient& client) {
  if (!client.in(kMain) || !client.topic || client.waiting_slot != SocketIoClient::kNowhere) return;
  auto& waiting = room_of(*client.topic).waiting;
  client.waiting_slot = static_cast<std::uint32_t>(waiting.size());
  waiting.push_back(&client);
}

void SocketIo::on_answered(SocketIoClient& client) {
  if (client.waiting_slot == SocketIoClient::kNowhere) return;
  auto& waiting = room_of(*client.topic).waiting;
  waiting[client.waiting_slot] = waiting.back();
  waiting[client.waiting_slot]->waiting_slot = client.waiting_slot;
  waiting.pop_back();
  client.waiting_slot = SocketIoClient::kNowhere;
}

void SocketIo::on_publish(Topic& topic, const Message& message) {
  broadcaster_.on_publish(topic, message);
  send_to_room(topic, message);
  if (topic.index() >= rooms_.size() || rooms_[topic.index()] == nullptr) return;
  Room& room = *rooms_[topic.index()];
  if (room.published || room.waiting.empty()) return;
  room.published = true;
  published_.push_back(&topic);
}

void SocketIo::on_topic_gone(const Topic& topic) {
  broadcaster_.on_topic_gone(topic);
  if (topic.index() < rooms_.size()) rooms_[topic.index()].reset();
}

void SocketIo::on_flush() {
  for (const Topic* topic : published_) {
    Room& room = *rooms_[topic->index()];
    room.published = false;
    for (SocketIoClient* client : room.waiting) answer_waiting(*client);
  }
  published_.clear();
  broadcaster_.on_flush();
  list_sockets();
  EngineEndpoint::on_flush();
}

// What follows a cursor is encoded once for all who are there; a client's own messages make an exception of it.
void SocketIo::encode_for(const SocketIoClient& client, Room& shared) {
  const Topic& topic = *client.topic;
  shared.payload.clear();
  shared.from = shared.to = client.cursor;
  shared.messages = shared.bytes = 0;
  if (shared.to + 1 < topic.first()) {
    const Gap gap{shared.to + 1, topic.first() - 1};
    encoder_.append_gap_packet(shared.payload, gap);
    shared.to = gap.last;
  }
  while (shared.to < topic.head() && shared.payload.size() < kPiece) {
    const Message& message = topic.message(++shared.to);
    if (client.origin != 0 && message.origin == client.origin) {
      encoder_.append_skip_packet(shared.payload, shared.to);
      continue;
    }
    encoder_.append_packets(shared.payload, message);
    ++shared.messages;
    shared.bytes += message.bytes().size();
  }
}

void SocketIo::collect(SocketIoClient& client, std::string& payload) {
  if (!client.in(kMain) || !client.topic || client.cursor >= client.topic->head()) return;
  const Topic& topic = *client.topic;
  Room& shared = room_of(topic);
  if (client.origin != 0 || shared.from != client.cursor || shared.to != topic.head()) encode_for(client, shared);
  if (client.cursor + 1 < topic.first()) context_.stats.gap_messages.add(topic.first() - 1 - client.cursor);
  engineio::begin_packet(payload);
  payload += shared.payload;
  client.cursor = shared.to;
  if (client.origin != 0) shared.from = UINT64_MAX;  // this client's alone
  counters_.delivered.add(shared.messages);
  context_.stats.sent.payload.add(shared.bytes);
  context_.stats.sent.http.subtract(shared.bytes);  // where the answer counts as a whole
}

}  // namespace server
