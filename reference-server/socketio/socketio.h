// The technique `socketio`: Socket.IO 5 over Engine.IO 4. A client follows a topic, is in rooms (which are topics too),
// and speaks by events; docs/reference-server.md has the table of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reference-server/engineio/endpoint.h"
#include "reference-server/socketio/client.h"
#include "reference-server/stream/broadcaster.h"
#include "wire/socketio.h"

namespace server {

// Of TechniqueStats::own.
enum SocketIoCounter : std::size_t {
  kSockets,      // now: namespaces that clients have connected to
  kMemberships,  // now: rooms that clients have joined
  kUpgrades,     // from polling to WebSocket, so far
};
inline constexpr std::string_view kCounterNames[] = {"sockets", "memberships", "upgrades"};

class SocketIo final : public EngineEndpointOf<SocketIoClient>, Shards::Receiver {
 public:
  SocketIo(Context& context, TechniqueStats& counters);
  void on_request(Connection& connection, const wire::http1::Request& request) override;
  void on_publish(Topic& topic, const Message& message) override;
  void on_topic_gone(const Topic& topic) override;
  void on_shard_message(const ShardMessage& message) override;
  void on_flush() override;

 private:
  struct Room;  // what there is of one topic
  class Packets;
  struct Call;  // an event that a client has sent

  // EngineEndpointOf
  std::unique_ptr<SocketIoClient> make_client(const wire::http1::Request& request, std::string& error) override;
  void on_message(SocketIoClient& client, Bytes message, bool binary) override;
  void on_end(SocketIoClient& client) override;
  void collect(SocketIoClient& client, std::string& payload) override;
  void on_wait(SocketIoClient& client) override;
  void on_answered(SocketIoClient& client) override;
  void on_upgraded(SocketIoClient& client) override;

  // socketio.cc: namespaces and topics
  void take_packet(SocketIoClient& client, const wire::socketio::Packet& packet, std::span<const Bytes> attachments);
  void connect(SocketIoClient& client, unsigned namespace_index, Bytes auth);
  bool read_auth(SocketIoClient& client, Bytes auth, std::string& error);
  bool follow(SocketIoClient& client, Bytes topic, std::string& error);
  void refuse_connect(SocketIoClient& client, Bytes name, Bytes sentence);
  void leave_namespace(SocketIoClient& client, unsigned namespace_index);
  std::string socket_id(const SocketIoClient& client, unsigned namespace_index) const;

  // list.cc: the sockets that /stats shows
  void list_changed(const SocketIoClient& client);
  void list_sockets();
  void append_listed(std::string& json, const SocketIoClient& client, unsigned namespace_index) const;

  // rooms.cc: who follows what
  void subscribe(SocketIoClient& client);
  void encode_for(const SocketIoClient& client, Room& shared);
  Room& room_of(const Topic& topic);

  // techniques/socketio.cc: events
  void take_event(SocketIoClient& client, unsigned namespace_index, const wire::socketio::Packet& packet,
                  std::span<const Bytes> attachments);
  void take_ack(SocketIoClient& client, unsigned namespace_index, const wire::socketio::Packet& packet,
                std::span<const Bytes> attachments);
  bool take_conformance_event(const Call& call);
  void publish(const Call& call, bool to_all);
  void emit_to(const Call& call);
  std::string hand_to(Bytes room, Bytes payload, bool is_text);
  void join(const Call& call);
  void leave(const Call& call);
  void ask(const Call& call);
  void send_back(const Call& call, Bytes event);
  void acknowledge(const Call& call, Bytes json);
  void send_with(SocketIoClient& client, Bytes packet, std::span<const Bytes> attachments);
  void send_to_room(const Topic& topic, const Message& message);
  SocketIoClient* find_socket(Bytes id, unsigned& namespace_index);
  void leave_room(SocketIoClient& client, const SocketIoClient::Membership& membership);

  SocketIoEncoder encoder_;
  Broadcaster broadcaster_;
  std::vector<std::unique_ptr<Room>> rooms_;  // by the topic's index; null where there is nothing
  std::vector<const Topic*> published_;       // in this iteration, to topics that some GET waits for
  std::string client_script_ =
      "// The official client is not here: start the server with --socketio-client FILE, dist/socket.io.min.js of "
      "npm's "
      "socket.io-client.\n";
  std::size_t listed_ = 0;          // clients
  bool list_changed_ = false;       // since the end of the last iteration
  std::uint64_t recovery_key_ = 0;  // tells the logs of this process from those of another
};

}  // namespace server
