// A `socketio` session against a server written by hand: whole, and in pieces of every size.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "scripted_server.h"

namespace loadgen {

using wire::websocket::Opcode;

inline const std::string kOpen =
    R"(0{"sid":"s+1","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000})";
inline const std::string kConnected = R"(40{"sid":"c"})";
inline const std::string kSeparator = "\x1e";

inline bool asks(const std::string& request, const std::string& method, const std::string& transport,
                 bool with_sid = true) {
  return request.starts_with(method + " /socket.io/?topic=t&EIO=4&transport=" + transport +
                             (with_sid ? "&sid=s%2B1" : "") + " HTTP/1.1\r\n");
}
inline std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

class SocketIoSession : public testing::TestWithParam<std::size_t> {
 protected:
  using Options = ScriptedServer::Options;
  // Connection 0 is the WebSocket.
  static std::unique_ptr<ScriptedServer> on_websocket(Options options = {}, const std::string& connected = kConnected) {
    options.emplace_back("transport", "websocket");
    auto server = std::make_unique<ScriptedServer>("socketio", options, GetParam());
    server->upgrade(0, server->accept(0));
    server->frame(0, kOpen);
    server->frames(0);
    server->frame(0, connected);
    return server;
  }
  // Connection 0 carries the GETs, connection 1 the POST with CONNECT; an upgrade has asked for connection 1 before the
  // POST has: it is 2 then.
  static std::unique_ptr<ScriptedServer> on_polling(const std::string& transport = "polling") {
    auto server = std::make_unique<ScriptedServer>("socketio", Options{{"transport", transport}}, GetParam());
    server->accept(0);
    server->answer(0, kOpen);
    server->accept(1);
    server->answer(1, "ok");
    server->connection(0).take();
    server->answer(0, kConnected);
    server->connection(0).take();
    return server;
  }
};

inline std::string piece_name(const testing::TestParamInfo<std::size_t>& size) {
  return size.param == SIZE_MAX ? std::string("whole") : "of_" + std::to_string(size.param);
}
inline const auto kPieces = testing::Values(1, 2, 3, 7, 50, SIZE_MAX);

}  // namespace loadgen
