#include "net/tls_hooks.h"

#include <algorithm>
#include <cstring>

#include "net/tls.h"
#include "net/tls_error.h"

namespace net {

const BIO_METHOD* TlsHooks::method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pushbench");
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1L : 0L; });
    return method;
  }();
  return made;
}

BIO* TlsHooks::make_bio(Tls& tls) {
  BIO* bio = BIO_new(method());
  BIO_set_data(bio, &tls);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsHooks::read(BIO* bio, char* data, int size) {
  Tls& tls = *static_cast<Tls*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (tls.input_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(tls.input_.size(), static_cast<std::size_t>(size));
  std::memcpy(data, tls.input_.data(), taken);
  tls.input_.remove_prefix(taken);
  tls.counts_->received.wire += taken;
  if (!tls.opened_) tls.counts_->received.handshake += taken;
  return static_cast<int>(taken);
}

int TlsHooks::write(BIO* bio, const char* data, int size) {
  Tls& tls = *static_cast<Tls*>(BIO_get_data(bio));
  const auto bytes = static_cast<std::size_t>(size);
  BIO_clear_retry_flags(bio);
  tls.counts_->sent.wire += bytes;
  if (!tls.opened_) tls.counts_->sent.handshake += bytes;
  if (tls.output_ != nullptr) tls.output_->write_ciphertext({data, bytes});
  return size;
}

void TlsHooks::prepare_client(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, new_session);
}

// The latest replaces the one before (RFC 8446 section 4.6.1). 1: the reference is ours from now on.
int TlsHooks::new_session(SSL* ssl, SSL_SESSION* session) {
  const Tls& tls = *static_cast<const Tls*>(SSL_get_app_data(ssl));
  if (tls.slot_ == TlsSessions::kMost) return 0;
  SSL_SESSION*& kept = tls.sessions_->entries_[tls.slot_].session;
  SSL_SESSION_free(kept);
  kept = session;
  return 1;
}

int TlsHooks::verified(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  SSL* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Tls& tls = *static_cast<Tls*>(SSL_get_app_data(ssl));
  if (tls.error_.empty()) tls.error_ = describe_certificate_error(store);
  return 0;
}

}  // namespace net
