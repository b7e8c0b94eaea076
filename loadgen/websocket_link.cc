#include "loadgen/websocket_link.h"

#include <array>
#include <cstring>

#include "wire/websocket_handshake.h"

namespace loadgen {

namespace http1 = wire::http1;
namespace websocket = wire::websocket;

void WebSocketLink::attach(Link& link) {
  reader_.reset();
  handshake_.reset();
  link_ = &link;
}

void WebSocketLink::close() {
  if (link_ != nullptr) link_->close();
  detach();
}

void WebSocketLink::shake_hands(const RequestText& request) {
  handshake_ = std::make_unique<Handshake>();
  std::array<std::uint8_t, 16> entropy;
  const std::uint64_t words[2] = {host_.random(), host_.random()};
  std::memcpy(entropy.data(), words, sizeof words);
  handshake_->key = websocket::client_key(entropy);
  const std::string headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + handshake_->key +
                              "\r\nSec-WebSocket-Version: 13\r\n" + std::string(request.headers);
  RequestText whole = request;
  whole.headers = headers;
  whole.method = "GET";
  std::string text;
  append_request(text, plan_, whole);
  ++host_.counts().requests;
  host_.counts().sent.http += text.size();
  link_->send(Bytes(text));
}

void WebSocketLink::on_bytes(Bytes bytes) {
  if (handshake_ != nullptr && !take_answer(bytes)) return;
  if (bytes.empty()) return;
  const std::uint16_t code = reader_->feed(bytes, *this);
  if (code == 0 || link_ == nullptr) return;
  send_close(code, reader_->error_text());
  fail(code == websocket::kTooBig ? Failure::kTooLarge : Failure::kProtocol, reader_->error_text());
}

// Whether frames may follow.
bool WebSocketLink::take_answer(Bytes& bytes) {
  std::size_t consumed = 0;
  const http1::Parsed parsed = handshake_->parser.feed(bytes, consumed, *this);
  if (link_ == nullptr || parsed == http1::Parsed::kNeedMore) return false;
  if (parsed == http1::Parsed::kError) {
    fail(Failure::kProtocol, "bad handshake answer: " + handshake_->parser.error_text());
    return false;
  }
  bytes.remove_prefix(consumed);
  handshake_.reset();
  return true;
}

void WebSocketLink::on_close() {
  link_ = nullptr;
  fail(Failure::kClosed, handshake_ != nullptr ? "the server closed the connection during the handshake"
                                               : "the server closed the connection without a close frame");
}

void WebSocketLink::fail(Failure kind, std::string_view detail) {
  close();
  handler_.on_failed(kind, detail);
}

void WebSocketLink::on_head(const http1::Response& response) {
  host_.counts().received.http += handshake_->parser.head_bytes();
  if (response.status != 101) {
    return fail(Failure::kStatus, "HTTP " + std::to_string(response.status) + " " + std::string(response.reason));
  }
  const std::string wrong = websocket::check_response(response, handshake_->key);
  if (!wrong.empty()) return fail(Failure::kProtocol, wrong);
  reader_ = std::make_unique<websocket::Reader>(websocket::Reader::Role::kClient, plan_.max_message);
  handler_.on_upgraded(response);
}

// The reader may hand out the rest of a read after the session has failed: it counts for nothing.
void WebSocketLink::on_message(Opcode type, Bytes payload) {
  if (link_ != nullptr) handler_.on_message(type, payload);
}
void WebSocketLink::on_ping(Bytes payload) {
  if (link_ != nullptr) send(Opcode::kPong, payload);
}
void WebSocketLink::on_pong(Bytes payload) {
  if (link_ != nullptr) handler_.on_pong(payload);
}

void WebSocketLink::on_close(std::uint16_t code, Bytes reason) {
  if (link_ == nullptr) return;
  send_close(code, {});
  close();
  handler_.on_closed(code, reason);
}

void WebSocketLink::send_close(std::uint16_t code, Bytes reason) {
  send(Opcode::kClose, websocket::close_payload(code, reason));
}

void WebSocketLink::send(Opcode opcode, Bytes payload) {
  thread_local std::string frame;
  frame.clear();
  websocket::append_masked_frame(frame, opcode, payload, static_cast<std::uint32_t>(host_.random()));
  link_->send(Bytes(frame));
}

}  // namespace loadgen
