// Two ends of TLS joined in memory, and what both need.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/certificate.h"
#include "net/tls.h"

namespace net {

struct Wire final : Tls::Output {
  void write_ciphertext(wire::Bytes bytes) override { text += bytes; }
  std::string take() { return std::exchange(text, {}); }
  std::string text;
};

// One end and what it got.
struct End {
  template <typename Role>
  explicit End(const Role& role) : tls(role) {}
  void read(wire::Bytes ciphertext) {
    std::vector<char> plain(ciphertext.size() + Tls::kSlack);
    received.append(plain.data(), tls.read(ciphertext, plain, out));
  }
  void write(wire::Bytes plaintext) { tls.write(plaintext, out); }
  Tls tls;
  Wire out;
  std::string received;
};

inline const Certificate& test_certificate() {
  static const Certificate made = make_certificate({.names = {"localhost", "127.0.0.1", "::1"}});
  return made;
}

inline TlsContext test_server(const Certificate& certificate = test_certificate()) {
  return TlsContext::server(certificate, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

inline TlsContext test_client(TlsClientOptions options = {}) {
  if (options.ca_pem.empty()) options.ca_pem = test_certificate().chain_pem;
  return TlsContext::client(options);
}

}  // namespace net
