#include "loadgen/host/throwaway_certificate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace loadgen {

namespace {

void write_file(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (file >= 0) close(file);
  if (!written) throw std::runtime_error("cannot write '" + path + "': " + std::strerror(error));
}

std::string temporary_folder() {
  const char* const parent = getenv("TMPDIR");
  return std::string(parent != nullptr && *parent != 0 ? parent : "/tmp") + "/pushbench-tls-XXXXXX";
}

}  // namespace

CertificateFiles::CertificateFiles(const net::Certificate& certificate) : folder_(temporary_folder()) {
  if (mkdtemp(folder_.data()) == nullptr)
    throw std::runtime_error("cannot make a folder '" + folder_ + "': " + std::strerror(errno));
  try {
    write_file(certificate_path(), certificate.chain_pem);
    write_file(key_path(), certificate.key_pem);
  } catch (...) {
    remove();
    throw;
  }
}

CertificateFiles::~CertificateFiles() {
  remove();
}

void CertificateFiles::remove() {
  unlink(certificate_path().c_str());
  unlink(key_path().c_str());
  rmdir(folder_.c_str());
}

net::Certificate make_throwaway_certificate(const std::string& server_name) {
  net::CertificateRequest request{.names = {"localhost", "127.0.0.1", "::1"}};
  if (!server_name.empty() && std::ranges::find(request.names, server_name) == request.names.end())
    request.names.push_back(server_name);
  return net::make_certificate(request);
}

}  // namespace loadgen
