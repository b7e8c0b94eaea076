#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <ctime>
#include <memory>

namespace net {

namespace {

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable time";
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::string common_name(const X509_NAME* name) {
  const int place = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (place < 0) return "someone without a name";
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place));
  return "'" +
         std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value))) +
         "'";
}

std::string text_of(const GENERAL_NAME& name) {
  const ASN1_STRING* value = name.type == GEN_DNS     ? name.d.dNSName
                             : name.type == GEN_IPADD ? name.d.iPAddress
                                                      : nullptr;
  if (value == nullptr) return {};
  const auto* data = ASN1_STRING_get0_data(value);
  const int size = ASN1_STRING_length(value);
  if (name.type == GEN_DNS) return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof text);
  return text;
}

// "localhost, 127.0.0.1", the first few.
std::string names_of(X509* certificate) {
  constexpr int kShown = 5;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::string text;
  const int count = names != nullptr ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && i < kShown; ++i) {
    const std::string one = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!one.empty()) text += (text.empty() ? "" : ", ") + one;
  }
  if (text.empty()) return common_name(X509_get_subject_name(certificate));
  return count > kShown ? text + ", …" : text;
}

std::string wanted_name(X509_STORE_CTX* store) {
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(store);
  if (const char* host = X509_VERIFY_PARAM_get0_host(wanted, 0)) return host;
  const std::unique_ptr<char, void (*)(char*)> address(X509_VERIFY_PARAM_get1_ip_asc(wanted),
                                                       [](char* text) { OPENSSL_free(text); });
  return address != nullptr ? address.get() : "this host";
}

}  // namespace

std::string describe_tls_error(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
    if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
        reason == SSL_R_VERSION_TOO_LOW || reason == SSL_R_VERSION_TOO_HIGH)
      return "no TLS version that both sides speak (at least TLS 1.2 is wanted here)";
    if (reason == SSL_R_WRONG_VERSION_NUMBER) return "what the peer speaks is no TLS";
    if (reason == SSL_R_NO_SHARED_CIPHER) return "no cipher that both sides know";
    if (reason >= SSL_AD_REASON_OFFSET) {
      const char* const alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
      return std::string("the peer ended TLS with the alert '") + alert + "'";
    }
  }
  const char* const text = ERR_reason_error_string(code);
  return std::string("bad TLS from the peer: ") + (text != nullptr ? text : "no reason given");
}

std::string describe_certificate_error(X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  if (certificate == nullptr) return std::string("the server's certificate: ") + X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate expired on " + text_of(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid before " + text_of(X509_get0_notBefore(certificate));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for " + names_of(certificate) + ", not for " + wanted_name(store);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the server's certificate is self-signed and not a trusted one";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the server's certificate was issued by " + common_name(X509_get_issuer_name(certificate)) +
             ", who is not trusted";
    default:
      return std::string("the server's certificate: ") + X509_verify_cert_error_string(error);
  }
}

}  // namespace net
