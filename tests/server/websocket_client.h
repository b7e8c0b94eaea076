// A client of the server in memory that speaks frames: what it sends is masked, what it gets is read by the rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "memory_server.h"
#include "wire/websocket/permessage_deflate.h"
#include "wire/websocket/reader.h"

namespace server {

inline std::string frame(wire::websocket::Opcode opcode, Bytes payload, wire::websocket::FrameBits bits = {}) {
  std::string out;
  wire::websocket::append_masked_frame(out, opcode, payload, 0x12345678, bits);
  return out;
}

class WebSocketClient final : private wire::websocket::Reader::Handler {
 public:
  // Opens `target`; `headers` are whole lines beside those of every handshake.
  WebSocketClient(MemoryServer& server, std::string_view target, const std::string& headers = {})
      : connection(server.get(target, headers +
                                          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
        server_(server) {}

  void feed(Bytes bytes) { connection.feed(bytes); }
  std::string head() {
    server_.settle();
    return connection.taken.substr(0, connection.taken.find("\r\n\r\n") + 4);
  }
  // The value of a header of the answer; absent when there is none.
  std::optional<std::string> header(const std::string& name) {
    const std::string text = head();
    const std::size_t at = text.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::nullopt;
    const std::size_t from = at + name.size() + 4;
    return text.substr(from, text.find("\r\n", from) - from);
  }
  int status() { return std::stoi(head().substr(9, 3)); }
  void expect_compressed(bool takeover, std::uint8_t bits = 15) { reader_.expect_compressed({takeover, bits}); }
  // What has come since the last call: "text(...)", "binary(...)", "ping(...)", "pong(...)", "close N(...)"; with a
  // "z " in front when it came compressed.
  Messages got() {
    if (read_ == 0) read_ = head().size();
    server_.settle();
    const Bytes fresh = Bytes(connection.taken).substr(read_);
    read_ = connection.taken.size();
    const std::uint16_t code = reader_.feed(fresh, *this);
    if (code != 0) log_.push_back("bad frame: " + std::string(reader_.error_text()));
    return std::exchange(log_, {});
  }

  MemoryConnection& connection;

 private:
  void add(const std::string& what, Bytes payload) {
    log_.push_back((std::exchange(compressed_, false) ? "z " : "") + what + "(" + std::string(payload) + ")");
  }
  void on_compressed(std::size_t) override { compressed_ = true; }
  void on_message(wire::websocket::Opcode type, Bytes payload) override {
    add(type == wire::websocket::Opcode::kText ? "text" : "binary", payload);
  }
  void on_ping(Bytes payload) override { add("ping", payload); }
  void on_pong(Bytes payload) override { add("pong", payload); }
  void on_close(std::uint16_t code, Bytes reason) override { add("close " + std::to_string(code), reason); }

  MemoryServer& server_;
  wire::websocket::Reader reader_{wire::websocket::Reader::Role::kClient, std::size_t{64} << 20};
  Messages log_;
  std::size_t read_ = 0;
  bool compressed_ = false;
};

}  // namespace server
