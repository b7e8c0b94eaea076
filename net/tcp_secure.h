// TLS inside a Tcp: what queues and events have to do with it. Only tcp.cc and tcp_secure.cc see it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/tcp.h"

namespace net {

struct Tcp::Secure {
  explicit Secure(const TlsClient& client) : tls(client), is_client(true) {}
  explicit Secure(const TlsServer& server) : tls(server) {}
  static std::unique_ptr<Secure> of_client(TlsClient client, const Address& target);
  void peer_closed() {
    truncated = tls.state() == Tls::State::kOpen;
    tls.peer_closed();
  }

  Tls tls;
  std::uint32_t first_cipher = kNone;  // records and alerts of this iteration, in the loop's pool
  std::uint32_t last_cipher = kNone;
  std::string early;  // sent before the handshake was over
  bool is_client = false;
  bool truncated = false;    // the end came without close_notify
  bool owes_reason = false;  // TLS failed, and an alert or an answer that says so is on its way
};

}  // namespace net
