// TLS of the load generator's connections: one context for all threads of a run, or for one command.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "loadgen/scenario/tls_settings.h"
#include "net/tls.h"

namespace loadgen {

class ClientTls {
 public:
  // `ca_pem`: trusted beside nobody else, when not empty. Throws std::runtime_error with one sentence when a file
  // cannot be used. With settings.enabled OpenSSL is ready afterwards; otherwise it gets ready when a redirect leads to
  // an https server.
  explicit ClientTls(TlsSettings settings, std::string ca_pem = {});

  // For one connection to `host`, whose name is sent and verified; `counts` and `sessions` are the caller's and outlive
  // it. From any thread. The view of `host` must hold until Tcp::connect() has returned.
  net::TlsClient client(std::string_view host, net::TlsCounts& counts, net::TlsSessions& sessions) const;

 private:
  const net::TlsContext& context() const;

  const TlsSettings settings_;
  const std::string ca_pem_;
  mutable std::once_flag made_;
  mutable std::optional<net::TlsContext> context_;
};

}  // namespace loadgen
