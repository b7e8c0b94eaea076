// Why TLS failed, in one sentence for the person who reads the result.
#pragma once

#include <openssl/x509.h>

#include <string>

namespace net {

std::string describe_tls_error(unsigned long code);  // of OpenSSL's error queue

// Of a certificate that was just refused, to be called inside the verify callback.
std::string describe_certificate_error(X509_STORE_CTX* store);

}  // namespace net
