// A client of the socketio technique, and how what it gets is put.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reference-server/engineio/endpoint.h"
#include "reference-server/log/topics.h"
#include "wire/socketio.h"

namespace server {

struct SocketIoClient final : Session {
  static constexpr std::uint64_t kHead = UINT64_MAX;
  static constexpr std::uint32_t kNowhere = UINT32_MAX;
  explicit SocketIoClient(std::size_t max_packet) : decoder({.bytes = max_packet}) {}
  void set_connect_due(std::uint32_t due) { connect_due_ = due; }
  bool in(unsigned namespace_index) const { return (joined >> namespace_index & 1) != 0; }

  wire::socketio::Decoder decoder;
  TopicUse topic;                // that it follows in the main namespace
  std::uint64_t cursor = kHead;  // where that begins; over polling, the last message it was sent
  std::uint64_t origin = 0;      // given when it first speaks to all but itself
  std::uint64_t socket_key = 0;  // of its sockets' ids
  struct Membership {
    TopicUse room;
    std::uint32_t slot = 0;  // among the room's members
  };
  using Rooms = std::map<std::uint32_t, Membership>;  // by the topic's index
  std::unique_ptr<Rooms> rooms;
  // What it was asked and has not acknowledged: namespace and id.
  static constexpr std::size_t kMostAsked = 1'000;
  std::unique_ptr<std::vector<std::pair<unsigned, std::uint64_t>>> asked;
  std::uint32_t waiting_slot = kNowhere;  // its GET waits for the topic's next message
  std::uint8_t joined = 0;                // namespaces, a bit each
  bool listed = false;                    // in /stats
};

// `["message",payload,"17"]`: the sequence as a string at the end is what clients with connection state recovery
// remember as their offset.
class SocketIoEncoder final : public Encoder {
 public:
  void append(std::string& out, const Message& message) const override;
  void append_gap(std::string& out, Gap gap) const override;
  void append_skip(std::string& out, std::uint64_t cursor) const override;
  // The same as packets of a payload.
  void append_packets(std::string& payload, const Message& message) const;
  void append_gap_packet(std::string& payload, Gap gap) const;
  void append_skip_packet(std::string& payload, std::uint64_t cursor) const;

 private:
  const std::string& packet_of(const Message& message) const;
  wire::socketio::Event event_{wire::socketio::kMainNamespace, "message"};
};

}  // namespace server
