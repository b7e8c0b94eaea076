// WebSocket (RFC 6455), the client's side.
#include <charconv>
#include <memory>
#include <string>

#include "loadgen/techniques.h"
#include "loadgen/websocket_link.h"

namespace loadgen {

namespace {

namespace websocket = wire::websocket;

constexpr Bytes kGapNotice = "\x10gap ";

class WebSocket final : public Session, private WebSocketLink::Handler {
 public:
  WebSocket(Host& host, const Plan& plan, const std::string& topic)
      : host_(host), plan_(plan), topic_(topic), socket_(host, plan, *this) {}

  void start() override { socket_.attach(host_.open()); }

  void on_open(Link&) override {
    std::string query = knows_cursor_ ? "&after=" + std::to_string(cursor_) : std::string();
    if (!plan_.echo) query += "&echo=0" + origin_;
    socket_.shake_hands({.route = "/websocket", .topic = topic_, .query = query, .headers = {}, .method = {}});
  }
  void on_bytes(Link&, Bytes bytes) override { socket_.on_bytes(bytes); }
  void on_close(Link&) override { socket_.on_close(); }

  bool publish(Bytes payload, bool is_text) override {
    host_.counts().sent.payload += payload.size();
    socket_.send(is_text ? websocket::Opcode::kText : websocket::Opcode::kBinary, payload);
    return true;
  }

 private:
  void on_upgraded(const wire::http1::Response& response) override {
    const Bytes cursor = response.header("Pushbench-Cursor");
    knows_cursor_ =
        !cursor.empty() && std::from_chars(cursor.data(), cursor.data() + cursor.size(), cursor_).ec == std::errc();
    const Bytes origin = response.header("Pushbench-Origin");
    if (!origin.empty()) origin_ = "&origin=" + std::string(origin);
    host_.subscribed();
  }

  void on_message(websocket::Opcode type, Bytes payload) override {
    if (type == websocket::Opcode::kText && payload.starts_with(kGapNotice))
      return on_gap(payload.substr(kGapNotice.size()));
    ++cursor_;
    type == websocket::Opcode::kText ? host_.deliver(payload) : host_.deliver_binary(payload);
  }

  void on_gap(Bytes bounds) {  // "5 9"
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const char* end = bounds.data() + bounds.size();
    const char* space = std::from_chars(bounds.data(), end, first).ptr;
    if (space == end || std::from_chars(space + 1, end, last).ec != std::errc() || last < first) return;
    host_.counts().gap_messages += last - first + 1;
    cursor_ = last;
  }

  // Where the server leaves out what this client has sent, it tells the cursor by a pong.
  void on_pong(Bytes payload) override {
    if (const auto cursor = websocket::parse_cursor_payload(payload)) cursor_ = *cursor;
  }

  void on_closed(std::uint16_t code, Bytes reason) override {
    if (code == websocket::kNormal) return host_.restart();
    host_.fail(Failure::kClosed,
               "the server closed the WebSocket: " + std::to_string(code) + " " + std::string(reason));
  }
  void on_failed(Failure kind, std::string_view detail) override { host_.fail(kind, detail); }

  Host& host_;
  const Plan& plan_;
  const std::string& topic_;
  WebSocketLink socket_;
  std::uint64_t cursor_ = 0;  // sequence of the last message received
  std::string origin_;        // "&origin=5": who this client is to the server, when it wants no echo
  bool knows_cursor_ = false;
};

}  // namespace

TechniqueInfo websocket() {
  return {"websocket",
          "RFC 6455: one connection, a message a frame",
          true,
          {},
          [](Host& host, const Plan& plan, const std::string& topic) -> std::unique_ptr<Session> {
            return std::make_unique<WebSocket>(host, plan, topic);
          }};
}

}  // namespace loadgen
