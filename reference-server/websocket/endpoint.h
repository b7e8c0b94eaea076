// What every WebSocket of the server shares, whatever it is used for: the handshake with its extension, subprotocol and
// origin policy, frames, pings, and the end of the conversation (RFC 6455, RFC 7692).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reference-server/seam/technique.h"
#include "reference-server/websocket/frames.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/reader.h"

namespace server {

class WebSocketEndpoint;

// The conversation with one client.
class WebSocketPeer : public Conversation {
 public:
  // `deflate`: what has been agreed; with context takeover towards the client the frames are this connection's own.
  WebSocketPeer(WebSocketEndpoint& endpoint, const std::optional<wire::websocket::Deflate>& deflate);
  const FrameEncoder* own_frames() const { return own_frames_.get(); }
  std::uint8_t window_bits() const { return window_bits_; }

  void on_bytes(Connection& connection, Bytes bytes) override;
  void on_drain(Connection& connection) override;
  void on_close(Connection& connection) override;

 protected:
  virtual void on_message(Connection& connection, wire::websocket::Opcode type, Bytes payload) = 0;
  Context& context() const;
  void end(Connection& connection, std::uint16_t code, Bytes reason);  // see WebSocketEndpoint

 private:
  friend class WebSocketEndpoint;
  class Input;
  WebSocketEndpoint& endpoint_;
  wire::websocket::Reader reader_;
  std::unique_ptr<FrameEncoder> own_frames_;
  std::unique_ptr<std::string> owed_pong_;  // while stalled; only the latest ping is answered (section 5.5.3)
  std::uint32_t slot_ = 0;                  // in the endpoint's list
  std::uint32_t due_ = 0;                   // tick of the next ping, or of the end when one is unanswered
  std::uint8_t window_bits_ = 0;            // of messages that are compressed each by itself; 0: they are not
  bool ping_unanswered_ = false;
};

class WebSocketEndpoint : public Technique {
 public:
  explicit WebSocketEndpoint(Context& context);
  void on_request(Connection& connection, const wire::http1::Request& request) final;
  void on_tick() final;
  void on_shutdown() final;

 protected:
  // The handshake is good: refuse it all the same, or accept() it and take the connection over.
  struct Opening {
    const wire::http1::Request& request;
    std::string key;  // value of Sec-WebSocket-Accept
    std::string subprotocol;
    std::optional<wire::websocket::DeflateAnswer> deflate;
    std::optional<wire::websocket::Deflate> agreed() const;
  };
  virtual void on_open(Connection& connection, const Opening& opening) = 0;

  // Sends 101; `headers` are whole lines. The connection is the peer's from then on.
  void accept(Connection& connection, const Opening& opening, std::unique_ptr<WebSocketPeer> peer, Bytes headers = {});
  // How messages are put to those who are spoken to in the same way; `window_bits` 0: plain.
  const FrameEncoder& shared_frames(std::uint8_t window_bits);
  const FrameEncoder& frames_of(const WebSocketPeer& peer);
  // Sends a close frame and closes.
  void end(Connection& connection, std::uint16_t code, Bytes reason);

  Context& context_;

 private:
  friend class WebSocketPeer;
  struct Open {
    Connection* connection = nullptr;
    WebSocketPeer* peer = nullptr;
  };
  void remove(WebSocketPeer& peer);
  void heard_of(WebSocketPeer& peer) const;
  void answer_ping(Connection& connection, WebSocketPeer& peer, Bytes payload);
  void check_alive(Connection& connection, WebSocketPeer& peer);
  void send(Connection& connection, wire::websocket::Opcode opcode, Bytes payload);

  std::vector<Open> open_;
  std::array<std::unique_ptr<FrameEncoder>, 16> shared_frames_;  // by window bits
  Nanos tick_{};
  std::uint32_t interval_ticks_ = 0;
  std::uint32_t timeout_ticks_ = 0;
  std::uint32_t now_ = 0;  // in ticks
};

}  // namespace server
