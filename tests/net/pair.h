// A client and a server of one loop, joined by a real connection, and what happened to each.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "net/listener.h"
#include "net/tcp.h"
#include "tls_ends.h"

namespace net {

struct Peer final : Tcp::Handler {
  void on_open(Tcp&) override {
    ++opened;
    if (on_opened) on_opened();
  }
  void on_bytes(Tcp&, wire::Bytes bytes) override {
    received.append(bytes);
    ++reads;
    if (on_received) on_received();
  }
  void on_close(Tcp& which, int error) override {
    ++closed;
    close_error = error;
    reason = error != 0 ? which.error_text(error) : "";
    truncated = which.truncated();
    if (on_closed) on_closed();
  }
  void on_drain(Tcp&) override {
    ++drains;
    if (on_drained) on_drained();
  }
  Tcp::Ptr tcp;
  std::string received, reason;
  std::function<void()> on_opened, on_received, on_closed, on_drained;
  int opened = 0, reads = 0, closed = 0, drains = 0, close_error = 0;
  bool truncated = false;
};

// A client and a server over loopback, each with TLS or without.
struct Pair : Listener::Handler {
  explicit Pair(bool client_tls = false, bool server_tls = false, std::string_view host = "localhost",
                TlsSessions* sessions = nullptr)
      : client_side{client_context, client_counts, host, sessions} {
    listener.open(resolve("127.0.0.1:0"), false);
    if (server_tls) listener.set_tls(server_side);
    client.tcp =
        Tcp::connect(loop, listener.address(), loopback_source(1), client, client_tls ? &client_side : nullptr);
  }
  virtual ~Pair() = default;
  void on_accept(Tcp::Ptr tcp) override {
    server.tcp = std::move(tcp);
    server.tcp->start(server);
    if (on_accepted) on_accepted();
  }
  void on_accept_error(int error) override { ADD_FAILURE() << error; }

  const TlsContext client_context = test_client();
  const TlsContext server_context = test_server();
  TlsCounts client_counts, server_counts;
  const TlsClient client_side;
  const TlsServer server_side{server_context, server_counts};
  Loop loop;
  Peer server;
  Peer client;
  Listener listener{loop, *this};
  std::function<void()> on_accepted;
};

struct TlsPair final : Pair {
  explicit TlsPair(std::string_view host = "localhost", TlsSessions* sessions = nullptr)
      : Pair(true, true, host, sessions) {}
};

}  // namespace net
