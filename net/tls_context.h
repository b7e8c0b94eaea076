// What the TLS connections of one side have in common: certificates, versions, what is trusted. Made at start-up, then
// immutable and shared by every thread. TLS 1.2 at least (RFC 5246, RFC 8446), ALPN `http/1.1` (RFC 7301), tickets
// (RFC 5077; RFC 8446 section 4.6.1), no renegotiation.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "net/certificate.h"

namespace net {

enum class TlsVersion : std::uint8_t { k12, k13 };

struct TlsClientOptions {
  bool verify = true;   // the server's certificate and its name; false: any certificate will do
  std::string ca_file;  // PEM file of who is trusted; empty, and no ca_pem: whom the system trusts
  std::string ca_pem;   // the same as text
  TlsVersion min = TlsVersion::k12;
  TlsVersion max = TlsVersion::k13;
};

class TlsContext {
 public:
  // Both throw std::runtime_error with one sentence that names the file or the value.
  static TlsContext client(const TlsClientOptions& options);
  // `plain_http_answer`: the whole answer to a client that speaks plain HTTP here; nothing is sent when empty.
  static TlsContext server(const Certificate& certificate, std::string plain_http_answer = {});

  // One handshake in memory between these two, so that what OpenSSL loads and looks up at its first handshake is not
  // the first client's time. The certificate is not verified.
  static void warm_up(const TlsContext& client, const TlsContext& server);

  SSL_CTX* get() const { return context_.get(); }
  bool is_server() const { return is_server_; }
  const std::string& plain_http_answer() const { return plain_http_answer_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(bool is_server);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::string plain_http_answer_;
  bool is_server_;
};

}  // namespace net
