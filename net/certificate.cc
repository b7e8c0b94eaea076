#include "net/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>

namespace net {

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

std::string read_file(const std::string& path, const char* what) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             [](std::FILE* f) { return std::fclose(f); });
  std::string text;
  if (file != nullptr) {
    char buffer[4096];
    while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, size);
  }
  if (file == nullptr || std::ferror(file.get()) != 0)
    throw std::runtime_error(std::string("cannot read the ") + what + " '" + path + "': " + std::strerror(errno));
  return text;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (is_ip_address(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

void set_time(ASN1_TIME* time, wire::Nanos from_now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(from_now).count();
  require(ASN1_TIME_set(time, std::time(nullptr) + seconds) != nullptr, "a time is out of range");
}

void fill(X509* certificate, EVP_PKEY* key, const CertificateRequest& request) {
  X509_set_version(certificate, X509_VERSION_3);
  std::int64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random numbers");
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), serial & INT64_MAX);
  set_time(X509_getm_notBefore(certificate), request.valid_from);
  set_time(X509_getm_notAfter(certificate), request.valid_until);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* common = reinterpret_cast<const unsigned char*>(request.names.front().c_str());
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, -1, -1, 0) == 1, "its name");
  X509_set_issuer_name(certificate, name);
  require(X509_set_pubkey(certificate, key) == 1, "its key");
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_key_identifier, "hash");
  add_extension(certificate, NID_subject_alt_name, alternative_names(request.names));
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "its signature");
}

}  // namespace

Certificate read_certificate(const std::string& chain_file, const std::string& key_file) {
  return {read_file(chain_file, "certificate"), read_file(key_file, "key"), "'" + chain_file + "'",
          "'" + key_file + "'"};
}

Certificate make_certificate(const CertificateRequest& request) {
  require(!request.names.empty(), "it has no name");
  const Key key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  require(key != nullptr && certificate != nullptr, "no key");
  fill(certificate.get(), key.get(), request);
  const BioPtr chain(BIO_new(BIO_s_mem()));
  const BioPtr secret(BIO_new(BIO_s_secmem()));
  require(PEM_write_bio_X509(chain.get(), certificate.get()) == 1, "its text");
  require(PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "its key's text");
  Certificate made;
  made.chain_pem = text_of(chain.get());
  made.key_pem = text_of(secret.get());
  return made;
}

bool is_ip_address(std::string_view host) {
  unsigned char address[16];
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), address) == 1 || inet_pton(AF_INET6, text.c_str(), address) == 1;
}

}  // namespace net
