// The client's end of one WebSocket (RFC 6455): handshake, frames, pongs and close frames over a Link. What the
// messages mean is the session's. An open one without a message in hand holds no buffer and no handshake.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "loadgen/clients/latest_answer.h"
#include "loadgen/clients/request.h"
#include "loadgen/clients/technique.h"
#include "wire/http1/response.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/permessage_deflate.h"
#include "wire/websocket/reader.h"

namespace loadgen {

class WebSocketLink final : private wire::http1::ResponseParser::Handler, private wire::websocket::Reader::Handler {
 public:
  using Opcode = wire::websocket::Opcode;
  // None of these may destroy the WebSocketLink; all may detach it.
  class Handler {
   public:
    virtual void on_upgraded(const wire::http1::Response& response) = 0;  // the server has accepted
    virtual void on_message(Opcode type, Bytes payload) = 0;              // kText or kBinary, whole
    virtual void on_pong(Bytes) {}
    // The server's close frame, which has been answered (kNoStatus when it had no code); the link is closed.
    virtual void on_closed(std::uint16_t code, Bytes reason) = 0;
    // Refused, broken off or against the protocol; where a close frame is due it has been sent. The link is closed.
    virtual void on_failed(Failure kind, std::string_view detail) = 0;

   protected:
    ~Handler() = default;
  };
  WebSocketLink(Host& host, const SessionConfig& plan, Handler& handler)
      : host_(host), plan_(plan), handler_(handler) {}

  // Waits for `link` to open. What was before is forgotten.
  void attach(Link& link);
  void close();
  Host& host() { return host_; }
  const SessionConfig& plan() const { return plan_; }
  void detach() { link_ = nullptr; }  // the link is closed, or will be by the host
  bool is(const Link& link) const { return link_ == &link; }

  // On the events of the attached link. `request`: its headers are those beside the handshake's own. `offer`: what the
  // server may agree to.
  void send_handshake(const RequestText& request, wire::websocket::Offer offer = {});
  void on_bytes(Bytes bytes);
  void on_drain();
  void on_close();
  bool is_backed_up() const { return link_ != nullptr && link_->is_backed_up(); }

  // Requires on_upgraded(). A message is compressed when that has been agreed and it is long enough to gain by it.
  void send(Opcode opcode, Bytes payload);
  void send_close(std::uint16_t code, Bytes reason);

 private:
  // Only while the handshake lasts: an open connection keeps none of it.
  struct Handshake {
    wire::http1::ResponseParser parser;
    std::string key;
    wire::websocket::Offer offer;
  };
  // Only where permessage-deflate has been agreed.
  struct Compression {
    wire::websocket::Deflate::Direction to_server;
    std::unique_ptr<wire::websocket::Deflater> deflater;  // with context takeover, from the first message sent on
    std::size_t received = 0;                             // bytes of the message that comes next; 0: it came as it is
  };
  void fail(Failure kind, std::string_view detail);
  bool take_answer(Bytes& bytes);
  void agree(const wire::websocket::Deflate& deflate);
  bool compress(Opcode opcode, Bytes payload, std::string& out);

  void on_head(const wire::http1::Response& response) override;
  void on_body(Bytes) override {}  // of a refusal
  void on_end() override {}
  void on_compressed(std::size_t payload_bytes) override { compression_->received = payload_bytes; }
  void on_message(Opcode type, Bytes payload) override;
  void on_ping(Bytes payload) override;
  void send_pong(Bytes payload);
  void on_pong(Bytes payload) override;
  void on_close(std::uint16_t code, Bytes reason) override;

  Host& host_;
  const SessionConfig& plan_;
  Handler& handler_;
  std::unique_ptr<Handshake> handshake_;
  std::optional<wire::websocket::Reader> reader_;  // once the server has accepted
  std::unique_ptr<Compression> compression_;
  LatestAnswer pong_;
  Link* link_ = nullptr;
};

}  // namespace loadgen
