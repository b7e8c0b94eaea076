#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>
#include <utility>

#include "net/certificate.h"
#include "net/tls_error.h"
#include "net/tls_hooks.h"

namespace net {

namespace {

template <typename F>
void each_counter(TlsCounts& a, const TlsCounts& b, F&& f) {
  f(a.handshakes, b.handshakes);
  f(a.resumed, b.resumed);
  f(a.failures, b.failures);
  for (TlsCounts::Direction TlsCounts::*direction : {&TlsCounts::received, &TlsCounts::sent}) {
    f((a.*direction).wire, (b.*direction).wire);
    f((a.*direction).plain, (b.*direction).plain);
    f((a.*direction).handshake, (b.*direction).handshake);
  }
}

// A method, or "HTTP/1.1". TLS begins with the byte 22 (or with 128: SSL 2).
bool looks_like_http(char first) {
  return first >= 'A' && first <= 'Z';
}

}  // namespace

void TlsCounts::add(const TlsCounts& other) {
  each_counter(*this, other, [](std::uint64_t& to, std::uint64_t from) { to += from; });
}

void TlsCounts::subtract(const TlsCounts& earlier) {
  each_counter(*this, earlier, [](std::uint64_t& to, std::uint64_t from) { to -= from; });
}

TlsSessions::~TlsSessions() {
  for (const Entry& entry : entries_) SSL_SESSION_free(entry.session);
}

std::size_t TlsSessions::slot(std::string_view server) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].server == server) return i;
  }
  if (entries_.size() == kMost) return kMost;
  entries_.push_back({std::string(server), nullptr});
  return entries_.size() - 1;
}

Tls::Tls(const TlsClient& client) : context_(client.context), counts_(&client.counts), sessions_(client.sessions) {
  attach(client.context);
  SSL_set_connect_state(ssl_.get());
  name_peer(client.host);
  if (sessions_ == nullptr) return;
  slot_ = static_cast<std::uint32_t>(sessions_->slot(std::string(client.host) + " " + std::string(client.server)));
  if (slot_ == TlsSessions::kMost) return;
  if (SSL_SESSION* known = sessions_->entries_[slot_].session) SSL_set_session(ssl_.get(), known);
}

Tls::Tls(const TlsServer& server) : context_(server.context), counts_(&server.counts) {
  attach(server.context);
  SSL_set_accept_state(ssl_.get());
}

Tls::~Tls() {
  // Without a word of ours OpenSSL would forbid to resume the session of a connection that was dropped; since TLS 1.1
  // (RFC 4346 section 7.2.1) a client may.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN);
}

void Tls::attach(const TlsContext& context) {
  ssl_.reset(SSL_new(context.get()));
  if (ssl_ == nullptr) throw std::bad_alloc();
  BIO* bio = TlsHooks::make_bio(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
}

// RFC 6066 section 3: a literal address is no server name. RFC 6125: neither is it compared like one.
void Tls::name_peer(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return;
  const std::string name(host);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_.get());
  if (is_ip_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str());
  } else {
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size());
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  }
}

void Tls::start(Output& output) {
  if (context_.is_server()) return;
  output_ = &output;
  handshake();
  output_ = nullptr;
}

void Tls::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    opened_ = true;
    state_ = State::kOpen;
    ++counts_->handshakes;
    counts_->resumed += resumed() ? 1 : 0;
  } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    fail();
  }
}

std::size_t Tls::read(wire::Bytes ciphertext, std::span<char> plain, Output& output) {
  if (ciphertext.empty() || state_ == State::kFailed || state_ == State::kEnded) return 0;
  if (state_ == State::kHandshake && looks_like_http(ciphertext.front()) && !std::exchange(heard_, true)) {
    output.write_ciphertext(context_.plain_http_answer());
    fail(context_.is_server() ? "the client speaks plain HTTP on a TLS port"
                              : "the server speaks plain HTTP, use http://");
    return 0;
  }
  heard_ = true;
  input_ = ciphertext;
  output_ = &output;
  if (state_ == State::kHandshake) handshake();
  const std::size_t size = state_ == State::kOpen ? decrypt(plain) : 0;
  counts_->received.plain += size;
  input_ = {};
  output_ = nullptr;
  return size;
}

std::size_t Tls::decrypt(std::span<char> plain) {
  std::size_t size = 0;
  ERR_clear_error();
  while (true) {
    std::size_t got = 0;
    if (SSL_read_ex(ssl_.get(), plain.data() + size, plain.size() - size, &got) == 1) {
      size += got;
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), 0);
    if (why == SSL_ERROR_ZERO_RETURN) state_ = State::kEnded;
    if (why != SSL_ERROR_ZERO_RETURN && why != SSL_ERROR_WANT_READ) fail();
    return size;
  }
}

void Tls::write(wire::Bytes plaintext, Output& output) {
  if (plaintext.empty() || !is_open()) return;
  ERR_clear_error();
  output_ = &output;
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) != 1) fail();
  counts_->sent.plain += written;
  output_ = nullptr;
}

void Tls::close(Output& output) {
  if (!is_open() || std::exchange(closed_, true)) return;
  output_ = &output;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  output_ = nullptr;
}

void Tls::peer_closed() {
  if (state_ == State::kHandshake) fail("the peer closed the connection during the TLS handshake");
}

void Tls::fail() {
  const std::string certificate = std::exchange(error_, {});
  fail(!certificate.empty() ? certificate : describe_tls_error(ERR_peek_error()));
  ERR_clear_error();
}

void Tls::fail(std::string sentence) {
  state_ = State::kFailed;
  error_ = std::move(sentence);
  ++counts_->failures;
}

bool Tls::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

std::string_view Tls::version() const {
  return SSL_get_version(ssl_.get());
}

std::string_view Tls::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace net
