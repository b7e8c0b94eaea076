// A session's host and the server it talks to, both played by the test: connections in the order they were asked for,
// what the client says on each, and answers cut into pieces.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/clients/techniques.h"
#include "loadgen/scenario/parts.h"
#include "wire/websocket/handshake.h"
#include "wire/websocket/reader.h"

namespace loadgen {

using Texts = std::vector<std::string>;

class ScriptedServer final : public Host {
 public:
  class Connection final : public Link {
   public:
    void send(Bytes bytes) override {
      used_after_end |= closed;
      sent += bytes;
    }
    void send(const wire::SharedBytes& bytes) override { send(bytes.view()); }
    void close() override {
      used_after_end |= closed;
      closed = true;
    }
    void close_after_peer() override {
      close();
      left_to_peer = true;
    }
    // What has been sent since the last call.
    std::string take() { return std::exchange(sent, {}); }
    std::string sent;
    bool closed = false;        // by the client, or gone with a failure
    bool left_to_peer = false;  // closed by the client, so that the server's end comes first
    bool used_after_end = false;
  };
  using Options = std::vector<std::pair<std::string_view, std::string_view>>;

  explicit ScriptedServer(const std::string& technique, const Options& options = {}, std::size_t piece = SIZE_MAX)
      : piece_(piece) {
    plan.authority = "h:1";
    const TechniqueInfo& info = *find_technique(technique);
    for (OptionSpec spec : info.options) {
      for (const auto& [key, value] : options) {
        if (key == spec.key) spec.fallback = value;
      }
      plan.options.push_back(default_option(spec));
    }
    session = info.make(*this, plan, topic);
    session->start();
  }
  ~ScriptedServer() override {
    for (const auto& connection : connections) bad_use |= connection->used_after_end;
    if (bad_use) std::abort();
  }

  Connection& connection(std::size_t number) { return *connections.at(number); }
  // The n-th connection is made; returns what the client says on it at once.
  std::string accept(std::size_t number) {
    session->on_open(connection(number));
    return connection(number).take();
  }
  void give(std::size_t number, Bytes bytes) {
    Connection& to = connection(number);
    for (std::size_t at = 0; at < bytes.size() && !to.closed; at += std::min(piece_, bytes.size() - at)) {
      session->on_bytes(to, std::string(bytes.substr(at, piece_)));  // a copy: reading beyond it is found
    }
  }
  void answer(std::size_t number, const std::string& body, const std::string& status = "200 OK") {
    give(number, "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  // Accepts the handshake that the n-th connection has brought.
  void upgrade(std::size_t number, const std::string& request, const std::string& headers = {}) {
    const std::string name = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(name);
    const std::string key = at == std::string::npos ? "" : request.substr(at + name.size(), 24);
    give(number,
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
             wire::websocket::accept_key(key) + "\r\n" + headers + "\r\n");
  }
  void frame(std::size_t number, Bytes payload, wire::websocket::Opcode type = wire::websocket::Opcode::kText) {
    std::string bytes;
    wire::websocket::append_frame(bytes, type, payload);
    give(number, bytes);
  }
  // The frames that the client has sent on the n-th connection since the last look: "text", "binary:…", "close".
  Texts frames(std::size_t number) {
    struct Collect final : wire::websocket::Reader::Handler {
      Texts all;
      void on_message(wire::websocket::Opcode type, Bytes payload) override {
        all.push_back((type == wire::websocket::Opcode::kBinary ? "binary:" : "") + std::string(payload));
      }
      void on_ping(Bytes) override { all.push_back("ping"); }
      void on_pong(Bytes) override { all.push_back("pong"); }
      void on_close(std::uint16_t, Bytes) override { all.push_back("close"); }
    } collect;
    wire::websocket::Reader reader(wire::websocket::Reader::Role::kServer);
    if (reader.feed(connection(number).take(), collect) != 0) collect.all.push_back(reader.error_text());
    return collect.all;
  }
  void leave(std::size_t number) {
    Connection& one = connection(number);
    session->on_close(one);
    bad_use |= one.used_after_end;
    one.closed = true;
  }
  void wake() {
    wake_after_.reset();
    session->on_wake();
  }

  Link& open() override {
    connections.push_back(std::make_unique<Connection>());
    return *connections.back();
  }
  Link& open_at(const wire::Url&) override { return open(); }
  void subscribed() override { log.push_back("subscribed"); }
  void deliver(Bytes message) override {
    ++delivered;
    if (keep_log) log.emplace_back(message);
  }
  void deliver_binary(Bytes message) override { log.push_back("binary:" + std::string(message)); }
  void begin_round_trip() override { log.push_back("begin"); }
  void end_round_trip() override { log.push_back("end"); }
  void wake_after(Nanos delay) override { wake_after_ = delay; }
  void cancel_wake() override { wake_after_.reset(); }
  void fail(Failure kind, std::string_view detail) override { end("fail", kind, detail); }
  void give_up(Failure kind, std::string_view detail) override { end("give up", kind, detail); }
  void restart() override { log.push_back("restart"); }
  void set_retry(Nanos) override {}
  SessionCounts& counts() override { return counts_; }
  std::uint64_t random() override { return 4; }

  SessionConfig plan;
  std::string topic = "t";
  std::unique_ptr<Session> session;
  std::vector<std::unique_ptr<Connection>> connections;
  Texts log;
  std::size_t delivered = 0;
  bool keep_log = true;
  std::optional<Nanos> wake_after_;

 private:
  void end(const std::string& how, Failure kind, std::string_view detail) {
    log.push_back(how + " " + std::string(failure_name(kind)) + ": " + std::string(detail));
    for (const auto& connection : connections) connection->closed = true;
  }
  std::size_t piece_;
  SessionCounts counts_;
  bool bad_use = false;
};

}  // namespace loadgen
