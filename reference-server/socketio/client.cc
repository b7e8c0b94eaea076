#include "reference-server/socketio/client.h"

#include <charconv>

#include "wire/websocket/frame.h"

namespace server {

namespace engineio = wire::engineio;
namespace websocket = wire::websocket;

namespace {

constexpr Bytes kMessagePacket = "4";

std::string gap_packet(Gap gap) {
  return "42[\"gap\",{\"first\":" + std::to_string(gap.first) + ",\"last\":" + std::to_string(gap.last) + "}]";
}

std::string skip_packet(std::uint64_t cursor) {
  return "42[\"cursor\",\"" + std::to_string(cursor) + "\"]";
}

}  // namespace

const std::string& SocketIoEncoder::packet_of(const Message& message) const {
  thread_local std::string packet;
  char offset[22] = "\"";
  char* const end = std::to_chars(offset + 1, offset + 21, message.sequence).ptr;
  *end = '"';
  const Bytes extra(offset, static_cast<std::size_t>(end + 1 - offset));
  packet = kMessagePacket;
  if (message.is_text) {
    event_.append_text(packet, message.bytes(), std::nullopt, extra);
  } else {
    event_.append_binary(packet, std::nullopt, extra);
  }
  return packet;
}

void SocketIoEncoder::append(std::string& out, const Message& message) const {
  websocket::append_frame(out, websocket::Opcode::kText, packet_of(message));
  if (!message.is_text) websocket::append_frame(out, websocket::Opcode::kBinary, message.bytes());
}

void SocketIoEncoder::append_gap(std::string& out, Gap gap) const {
  websocket::append_frame(out, websocket::Opcode::kText, gap_packet(gap));
}

void SocketIoEncoder::append_skip(std::string& out, std::uint64_t cursor) const {
  websocket::append_frame(out, websocket::Opcode::kText, skip_packet(cursor));
}

void SocketIoEncoder::append_packets(std::string& payload, const Message& message) const {
  engineio::begin_packet(payload);
  payload += packet_of(message);
  if (message.is_text) return;
  engineio::begin_packet(payload);
  engineio::append_base64_packet(payload, message.bytes());
}

void SocketIoEncoder::append_gap_packet(std::string& payload, Gap gap) const {
  engineio::begin_packet(payload);
  payload += gap_packet(gap);
}

void SocketIoEncoder::append_skip_packet(std::string& payload, std::uint64_t cursor) const {
  engineio::begin_packet(payload);
  payload += skip_packet(cursor);
}

}  // namespace server
