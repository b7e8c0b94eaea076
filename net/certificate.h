// X.509 certificates and their keys as PEM text: read from files, or made for a server that lives for one run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/time.h"

namespace net {

struct Certificate {
  std::string chain_pem;  // the server's own certificate first, then those that lead to a trusted one
  std::string key_pem;
  std::string chain_name = "the certificate";  // for error sentences: the files they came from
  std::string key_name = "the key";
};

// Start-up only. Throws std::runtime_error with one sentence that names the file. What is in the files is checked by
// TlsContext::server().
Certificate read_certificate(const std::string& chain_file, const std::string& key_file);

struct CertificateRequest {
  std::vector<std::string> names;                   // host names and IP addresses it is good for; the first is its CN
  wire::Nanos valid_from = -std::chrono::hours(1);  // from now: clocks differ
  wire::Nanos valid_until = std::chrono::hours(24);
};

// A new EC P-256 key and a certificate that it has signed itself, which is therefore its own CA file (RFC 5280). Throws
// std::runtime_error when OpenSSL refuses a name.
Certificate make_certificate(const CertificateRequest& request);

bool is_ip_address(std::string_view host);  // IPv4 or IPv6, without brackets

}  // namespace net
