// WebSocket (RFC 6455), the client's side.
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>

#include "loadgen/request.h"
#include "loadgen/techniques.h"
#include "wire/http1.h"
#include "wire/websocket.h"
#include "wire/websocket_handshake.h"

namespace loadgen {

namespace {

namespace http1 = wire::http1;
namespace websocket = wire::websocket;

constexpr Bytes kGapNotice = "\x10gap ";

enum Option : std::uint8_t { kEcho };

// Only while the handshake lasts: an open connection keeps none of it.
struct Handshake {
  http1::ResponseParser parser;
  std::string key;
};

class WebSocket final : public Session, private http1::ResponseParser::Handler, private websocket::Reader::Handler {
 public:
  WebSocket(Host& host, const Plan& plan, const std::string& topic) : host_(host), plan_(plan), topic_(topic) {}

  void start() override {
    reader_.reset();
    handshake_.reset();
    link_ = &host_.open();
  }

  void on_open(Link& link) override {
    handshake_ = std::make_unique<Handshake>();
    std::array<std::uint8_t, 16> entropy;
    const std::uint64_t words[2] = {host_.random(), host_.random()};
    std::memcpy(entropy.data(), words, sizeof words);
    handshake_->key = websocket::client_key(entropy);
    std::string query = knows_cursor_ ? "&after=" + std::to_string(cursor_) : std::string();
    if (plan_.options[kEcho].number == 0) query += "&echo=0" + origin_;
    const std::string headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + handshake_->key +
                                "\r\nSec-WebSocket-Version: 13\r\n";
    std::string request;
    append_request(request, plan_,
                   {.route = "/websocket", .topic = topic_, .query = query, .headers = headers, .method = "GET"});
    ++host_.counts().requests;
    host_.counts().sent.http += request.size();
    link.send(Bytes(request));
  }

  void on_bytes(Link& link, Bytes bytes) override {
    if (handshake_ != nullptr) {
      std::size_t consumed = 0;
      const http1::Parsed parsed = handshake_->parser.feed(bytes, consumed, *this);
      if (&link != link_) return;
      if (parsed == http1::Parsed::kNeedMore) return;
      if (parsed == http1::Parsed::kError)
        return fail(Failure::kProtocol, "bad handshake answer: " + handshake_->parser.error_text());
      handshake_.reset();
      reader_ = std::make_unique<websocket::Reader>(websocket::Reader::Role::kClient, plan_.max_message);
      bytes.remove_prefix(consumed);
    }
    if (bytes.empty()) return;
    const std::uint16_t code = reader_->feed(bytes, *this);
    if (code == 0 || &link != link_) return;
    send_close(code, reader_->error_text());
    fail(code == websocket::kTooBig ? Failure::kTooLarge : Failure::kProtocol, reader_->error_text());
  }

  void on_close(Link&) override {
    fail(Failure::kClosed, handshake_ != nullptr ? "the server closed the connection during the handshake"
                                                 : "the server closed the connection without a close frame");
  }

  bool publish(Bytes payload, bool is_text) override {
    host_.counts().sent.payload += payload.size();
    send(is_text ? websocket::Opcode::kText : websocket::Opcode::kBinary, payload);
    return true;
  }

 private:
  void fail(Failure kind, std::string_view detail) {
    link_ = nullptr;
    host_.fail(kind, detail);
  }

  void on_head(const http1::Response& response) override {
    host_.counts().received.http += handshake_->parser.head_bytes();
    if (response.status != 101) {
      return fail(Failure::kStatus, "HTTP " + std::to_string(response.status) + " " + std::string(response.reason));
    }
    const std::string wrong = websocket::check_response(response, handshake_->key);
    if (!wrong.empty()) return fail(Failure::kProtocol, wrong);
    const Bytes cursor = response.header("Pushbench-Cursor");
    knows_cursor_ =
        !cursor.empty() && std::from_chars(cursor.data(), cursor.data() + cursor.size(), cursor_).ec == std::errc();
    const Bytes origin = response.header("Pushbench-Origin");
    if (!origin.empty()) origin_ = "&origin=" + std::string(origin);
    host_.subscribed();
  }
  void on_body(Bytes) override {}  // of a refusal
  void on_end() override {}

  void on_message(websocket::Opcode type, Bytes payload) override {
    if (link_ == nullptr) return;
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

  void on_ping(Bytes payload) override {
    if (link_ != nullptr) send(websocket::Opcode::kPong, payload);
  }
  // Where the server leaves out what this client has sent, it tells the cursor by a pong.
  void on_pong(Bytes payload) override {
    if (const auto cursor = websocket::parse_cursor_payload(payload)) cursor_ = *cursor;
  }

  void on_close(std::uint16_t code, Bytes reason) override {
    if (link_ == nullptr) return;
    send_close(code, {});
    if (code == websocket::kNormal) {
      link_ = nullptr;
      host_.restart();
    } else {
      fail(Failure::kClosed, "the server closed the WebSocket: " + std::to_string(code) + " " + std::string(reason));
    }
  }

  void send_close(std::uint16_t code, Bytes reason) {
    send(websocket::Opcode::kClose, websocket::close_payload(code, reason));
  }
  void send(websocket::Opcode opcode, Bytes payload) {
    thread_local std::string frame;
    frame.clear();
    websocket::append_masked_frame(frame, opcode, payload, static_cast<std::uint32_t>(host_.random()));
    link_->send(Bytes(frame));
  }

  Host& host_;
  const Plan& plan_;
  const std::string& topic_;
  std::unique_ptr<Handshake> handshake_;
  std::unique_ptr<websocket::Reader> reader_;
  Link* link_ = nullptr;
  std::uint64_t cursor_ = 0;  // sequence of the last message received
  std::string origin_;        // "&origin=5": who this client is to the server, when it wants no echo
  bool knows_cursor_ = false;
};

}  // namespace

TechniqueInfo websocket() {
  return {"websocket",
          "RFC 6455: one connection, a message a frame",
          true,
          {{"echo", OptionSpec::Kind::kFlag, "true",
            "false: the server does not send a client what it has published over its own WebSocket"}},
          [](Host& host, const Plan& plan, const std::string& topic) -> std::unique_ptr<Session> {
            return std::make_unique<WebSocket>(host, plan, topic);
          }};
}

}  // namespace loadgen
