#include "loadgen/run/client_tls.h"

#include <utility>

#include "net/certificate.h"

namespace loadgen {

ClientTls::ClientTls(TlsSettings settings, std::string ca_pem)
    : settings_(std::move(settings)), ca_pem_(std::move(ca_pem)) {
  if (settings_.enabled || !settings_.ca.empty()) context();
  if (!settings_.enabled) return;
  const net::TlsContext peer = net::TlsContext::server(net::make_certificate({.names = {"localhost"}}));
  net::TlsContext::warm_up(*context_, peer);
}

const net::TlsContext& ClientTls::context() const {
  std::call_once(made_, [this] {
    context_ = net::TlsContext::client({.verify = settings_.verify,
                                        .ca_file = settings_.ca,
                                        .ca_pem = ca_pem_,
                                        .min = settings_.min_version,
                                        .max = settings_.max_version});
  });
  return *context_;
}

net::TlsClient ClientTls::client(std::string_view host, net::TlsCounts& counts, net::TlsSessions& sessions) const {
  return {context(), counts, host, settings_.resume ? &sessions : nullptr};
}

}  // namespace loadgen
