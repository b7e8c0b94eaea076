// What a scenario or a command line says about TLS.
#pragma once

#include <string>

#include "net/tls_context.h"

namespace loadgen {

struct TlsSettings {
  bool enabled = false;
  bool verify = true;
  std::string ca{};  // PEM file; empty: whom the system trusts, or the certificate made for the reference server
  std::string server_name{};  // empty: the host of the target
  bool resume = true;         // a simulated client that comes again resumes its session
  net::TlsVersion min_version = net::TlsVersion::k12;
  net::TlsVersion max_version = net::TlsVersion::k13;
  // "plain", "tls", "tls without resumption", "tls 1.2": what tells variants apart.
  std::string label() const;
};

}  // namespace loadgen
