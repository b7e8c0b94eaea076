#include "loadgen/clients/websocket_link.h"

#include <array>
#include <cstring>
#include <utility>

#include "wire/http1/write.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/reader.h"

namespace loadgen {

namespace http1 = wire::http1;
namespace websocket = wire::websocket;

namespace {

constexpr std::size_t kWorthCompressing = 64;  // bytes; shorter messages hardly ever become shorter
constexpr std::size_t kControlHeader = 2;      // bytes, of a control frame

}  // namespace

void WebSocketLink::attach(Link& link) {
  reader_.reset();
  handshake_.reset();
  compression_.reset();
  pong_.forget();
  link_ = &link;
}

void WebSocketLink::close() {
  if (link_ != nullptr) link_->close();
  detach();
}

void WebSocketLink::send_handshake(const RequestText& request, websocket::Offer offer) {
  handshake_ = std::make_unique<Handshake>();
  handshake_->offer = std::move(offer);
  std::array<std::uint8_t, 16> entropy;
  const std::uint64_t words[2] = {host_.random(), host_.random()};
  std::memcpy(entropy.data(), words, sizeof words);
  handshake_->key = websocket::client_key(entropy);
  std::string headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + handshake_->key +
                        "\r\nSec-WebSocket-Version: 13\r\n" + std::string(request.headers);
  const websocket::Offer& offered = handshake_->offer;
  if (!offered.subprotocols.empty()) http1::append_header(headers, "Sec-WebSocket-Protocol", offered.subprotocols);
  if (offered.deflate) http1::append_header(headers, "Sec-WebSocket-Extensions", offered.deflate->header());
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
  if (link_ == nullptr) return;
  if (code == 0) {
    if (!link_->is_backed_up()) on_drain();
    return;
  }
  send_close(code, reader_->error_text());
  std::exchange(link_, nullptr)->close_after_peer();
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
  const std::string wrong = websocket::check_response(response, handshake_->key, handshake_->offer);
  if (!wrong.empty()) return fail(Failure::kProtocol, wrong);
  reader_.emplace(websocket::Reader::Role::kClient, plan_.max_message);
  if (const auto deflate = websocket::agreed_deflate(response, handshake_->offer)) agree(*deflate);
  handler_.on_upgraded(response);
}

void WebSocketLink::agree(const websocket::Deflate& deflate) {
  reader_->expect_compressed(deflate.to_client);
  compression_ = std::make_unique<Compression>(Compression{.to_server = deflate.to_server, .deflater = nullptr});
}

// The reader may hand out the rest of a read after the session has failed: it counts for nothing.
void WebSocketLink::on_message(Opcode type, Bytes payload) {
  if (link_ == nullptr) return;
  if (compression_ != nullptr && compression_->received > 0) {
    SessionCounts& counts = host_.counts();
    ++counts.compressed_messages;
    counts.received.decoded += payload.size();
    counts.received.encoded += std::exchange(compression_->received, 0);
  }
  handler_.on_message(type, payload);
}

void WebSocketLink::on_ping(Bytes payload) {
  host_.counts().received.heartbeat += kControlHeader + payload.size();
  if (link_ != nullptr && pong_.may_leave(payload, link_->is_backed_up())) send_pong(payload);
}

void WebSocketLink::send_pong(Bytes payload) {
  constexpr std::size_t kMaskingKey = 4;  // of a client's
  host_.counts().sent.heartbeat += kControlHeader + kMaskingKey + payload.size();
  send(Opcode::kPong, payload);
}

void WebSocketLink::on_drain() {
  const auto answer = pong_.take();
  if (answer != nullptr && link_ != nullptr) send_pong(*answer);
}

void WebSocketLink::on_pong(Bytes payload) {
  if (link_ != nullptr) handler_.on_pong(payload);
}

void WebSocketLink::on_close(std::uint16_t code, Bytes reason) {
  if (link_ == nullptr) return;
  send_close(code, {});
  std::exchange(link_, nullptr)->close_after_peer();
  handler_.on_closed(code, reason);
}

void WebSocketLink::send_close(std::uint16_t code, Bytes reason) {
  send(Opcode::kClose, websocket::close_payload(code, reason));
}

void WebSocketLink::send(Opcode opcode, Bytes payload) {
  thread_local std::string frame;
  thread_local std::string compressed;
  frame.clear();
  compressed.clear();
  const bool shorter = compression_ != nullptr && compress(opcode, payload, compressed);
  if (shorter) {
    ByteCount& sent = host_.counts().sent;
    sent.decoded += payload.size();
    sent.encoded += compressed.size();
    payload = compressed;
  }
  websocket::append_masked_frame(frame, opcode, payload, static_cast<std::uint32_t>(host_.random()),
                                 {.compressed = shorter});
  link_->send(Bytes(frame));
}

bool WebSocketLink::compress(Opcode opcode, Bytes payload, std::string& out) {
  const bool message = opcode == Opcode::kText || opcode == Opcode::kBinary;
  if (!message || payload.size() < kWorthCompressing) return false;
  const auto& to_server = compression_->to_server;
  auto& deflater = compression_->deflater;
  if (!to_server.takeover) {
    websocket::append_deflated(out, payload, to_server.window_bits);
    return out.size() < payload.size();
  }
  if (deflater == nullptr) deflater = std::make_unique<websocket::Deflater>(to_server.window_bits);
  deflater->append(out, payload);
  return true;  // it is part of the context now
}

}  // namespace loadgen
