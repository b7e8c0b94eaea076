// What the socketio technique keeps of one topic. Included by socketio.cc and techniques/socketio.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reference-server/socketio/socketio.h"

namespace server {

inline constexpr Bytes kNamespaces[] = {wire::socketio::kMainNamespace, "/custom"};
inline constexpr unsigned kMain = 0;

struct SocketIo::Room {
  std::vector<SocketIoClient*> waiting;  // followers whose GET waits
  std::vector<SocketIoClient*> members;  // of the room, beside those who follow the topic
  bool published = false;                // in this iteration
  // What a follower at `from` is sent up to `to`: encoded once for all who are there.
  std::string payload;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // of the messages
};

// An event that a client has sent: its name, its arguments, and how to acknowledge it.
struct SocketIo::Call {
  SocketIoClient& client;
  unsigned namespace_index;
  const wire::socketio::Packet& packet;
  std::span<const Bytes> attachments;
  Bytes name;
  std::vector<Bytes> arguments = {};  // JSON

  // An argument that is a string, or one of bytes; `scratch` may hold it. Absent when there is none such.
  std::optional<Bytes> text(std::size_t index, std::string& scratch) const;
  std::optional<Bytes> bytes(std::size_t index) const;
};

}  // namespace server
