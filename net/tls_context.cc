#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "net/tls_hooks.h"

namespace net {

namespace {

constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

struct Bio {
  explicit Bio(const std::string& text) : bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}
  ~Bio() { BIO_free(bio); }
  Bio(const Bio&) = delete;
  Bio& operator=(const Bio&) = delete;
  BIO* bio;
};
using CertificatePtr = std::unique_ptr<X509, void (*)(X509*)>;

CertificatePtr next_certificate(Bio& text) {
  return {PEM_read_bio_X509(text.bio, nullptr, nullptr, nullptr), X509_free};
}

int version_of(TlsVersion version) {
  return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void trust(SSL_CTX* context, const TlsClientOptions& options) {
  if (!options.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1)
      throw std::runtime_error("cannot read trusted certificates (PEM) from '" + options.ca_file + "'");
  } else if (!options.ca_pem.empty()) {
    Bio text(options.ca_pem);
    while (const CertificatePtr certificate = next_certificate(text))
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
  } else {
    SSL_CTX_set_default_verify_paths(context);
  }
  ERR_clear_error();  // the end of the PEM text is one
}

void use_chain(SSL_CTX* context, const Certificate& certificate) {
  Bio text(certificate.chain_pem);
  const CertificatePtr own = next_certificate(text);
  if (own == nullptr) throw std::runtime_error(certificate.chain_name + " holds no certificate in PEM form");
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    throw std::runtime_error(certificate.chain_name +
                             " holds a certificate that OpenSSL refuses: " + ERR_reason_error_string(ERR_peek_error()));
  while (const CertificatePtr next = next_certificate(text)) SSL_CTX_add1_chain_cert(context, next.get());
  ERR_clear_error();
}

void use_key(SSL_CTX* context, const Certificate& certificate) {
  Bio text(certificate.key_pem);
  // A terminal is no place to ask for a passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(text.bio, nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  if (key == nullptr)
    throw std::runtime_error(certificate.key_name + " holds no private key in PEM form without a passphrase");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    throw std::runtime_error(certificate.key_name + " is not the key of " + certificate.chain_name);
}

// RFC 7301 section 3.2: a client that offers protocols, and not ours, is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, kAlpn, sizeof kAlpn, offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct Wire final : Tls::Output {
  void write_ciphertext(wire::Bytes bytes) override { text += bytes; }
  std::string text;
};

}  // namespace

TlsContext::TlsContext(bool is_server)
    : context_(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method())), is_server_(is_server) {
  if (context_ == nullptr) throw std::runtime_error("OpenSSL does not start");
  // An idle connection keeps no record buffers.
  SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_options(get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_min_proto_version(get(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(get(), SSL_SESS_CACHE_OFF);
}

TlsContext TlsContext::client(const TlsClientOptions& options) {
  TlsContext made(false);
  SSL_CTX_set_min_proto_version(made.get(), version_of(options.min));
  SSL_CTX_set_max_proto_version(made.get(), version_of(options.max));
  SSL_CTX_set_alpn_protos(made.get(), kAlpn, sizeof kAlpn);
  TlsHooks::prepare_client(made.get());
  if (options.verify) {
    trust(made.get(), options);
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, &TlsHooks::verified);
  }
  return made;
}

TlsContext TlsContext::server(const Certificate& certificate, std::string plain_http_answer) {
  TlsContext made(true);
  use_chain(made.get(), certificate);
  use_key(made.get(), certificate);
  SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, nullptr);
  made.plain_http_answer_ = std::move(plain_http_answer);
  return made;
}

void TlsContext::warm_up(const TlsContext& client, const TlsContext& server) {
  TlsCounts counts;
  Tls one(TlsClient{client, counts});
  Tls other(TlsServer{server, counts});
  std::vector<char> plain(std::size_t{64} << 10);
  Wire to_server;
  Wire to_client;
  one.start(to_server);
  while (!to_server.text.empty() || !to_client.text.empty()) {
    other.read(std::exchange(to_server.text, {}), plain, to_client);
    one.read(std::exchange(to_client.text, {}), plain, to_server);
  }
}

}  // namespace net
