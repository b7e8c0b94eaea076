// The certificate of a reference server that lives for one run, in files that live until it has read them.
#pragma once

#include <string>

#include "net/certificate.h"

namespace loadgen {

// In a folder of its own that nobody else may enter (0700), the key's file 0600; both go with the object.
class CertificateFiles {
 public:
  // Throws std::runtime_error with one sentence; leaves nothing behind then.
  explicit CertificateFiles(const net::Certificate& certificate);
  ~CertificateFiles();
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;
  std::string certificate_path() const { return folder_ + "/cert.pem"; }
  std::string key_path() const { return folder_ + "/key.pem"; }

 private:
  void remove();
  std::string folder_;
};

// Good for the loopback addresses, localhost, and `server_name` when it is not empty.
net::Certificate make_throwaway_certificate(const std::string& server_name);

}  // namespace loadgen
