// What OpenSSL calls back: the BIO under an SSL, new sessions, and certificates that do not hold.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace net {

class Tls;

struct TlsHooks {
  static BIO* make_bio(Tls& tls);
  static void prepare_client(SSL_CTX* context);
  static int verified(int good, X509_STORE_CTX* store);

 private:
  static const BIO_METHOD* method();
  static int read(BIO* bio, char* data, int size);
  static int write(BIO* bio, const char* data, int size);
  static int new_session(SSL* ssl, SSL_SESSION* session);
};

}  // namespace net
