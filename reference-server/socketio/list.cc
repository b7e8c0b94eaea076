// The sockets that /stats shows: the clients in the first slots of each thread, so that a million cost no more than a
// hundred.
#include <algorithm>
#include <iterator>
#include <utility>

#include "reference-server/socketio/rooms.h"
#include "reference-server/socketio/socketio.h"
#include "reference-server/stats.h"
#include "wire/json.h"
#include "wire/utf8.h"

namespace server {

namespace {

constexpr std::size_t kListedClients = 100;
constexpr std::size_t kListedRooms = 20;  // of one client

// A topic's name is whatever bytes a client chose.
void append_name(std::string& json, Bytes name) {
  std::string text(name);
  if (!wire::is_utf8(name)) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  }
  wire::json::append_string(json, text);
}

}  // namespace

void SocketIo::list_changed(const SocketIoClient& client) {
  list_changed_ = list_changed_ || client.listed || listed_ < kListedClients;
}

void SocketIo::list_sockets() {
  if (!std::exchange(list_changed_, false)) return;
  std::string json;
  listed_ = 0;
  for (std::uint32_t slot = 0; slot < slots() && listed_ < kListedClients; ++slot) {
    SocketIoClient* const client = at(slot);
    if (client == nullptr) continue;
    client->listed = client->joined != 0;
    listed_ += client->listed ? 1 : 0;
    for (unsigned i = 0; i < std::size(kNamespaces); ++i) {
      if (client->in(i)) append_listed(json, *client, i);
    }
  }
  counters_.list.set(std::move(json));
}

void SocketIo::append_listed(std::string& json, const SocketIoClient& client, unsigned namespace_index) const {
  if (!json.empty()) json.push_back(',');
  json.append("{\"id\":\"").append(socket_id(client, namespace_index));
  json.append("\",\"namespace\":\"").append(kNamespaces[namespace_index]);
  json.append("\",\"transport\":\"")
      .append(client.over_websocket() ? wire::engineio::kWebSocket : wire::engineio::kPolling);
  json.append("\",\"topic\":");
  const bool main = namespace_index == kMain;
  if (main && client.topic) {
    append_name(json, client.topic->name());
  } else {
    json.append("null");
  }
  json.append(",\"rooms\":[");
  const SocketIoClient::Rooms* const rooms = main ? client.rooms.get() : nullptr;
  if (rooms != nullptr) {
    std::size_t listed = 0;
    for (const auto& [index, membership] : *rooms) {
      if (listed++ == kListedRooms) break;
      if (listed > 1) json.push_back(',');
      append_name(json, membership.room->name());
    }
  }
  json.append("],\"memberships\":").append(std::to_string(rooms != nullptr ? rooms->size() : 0)).append("}");
}

}  // namespace server
