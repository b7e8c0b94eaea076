#include "reference-server/http/access.h"

#include <algorithm>

#include "reference-server/seam/reply.h"
#include "wire/text.h"
#include "wire/url.h"

namespace server {

namespace http1 = wire::http1;
using wire::Bytes;

namespace {

constexpr Bytes kAny = "*";

bool lists(const std::vector<std::string>& list, Bytes text) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return one == kAny || wire::equal_ignoring_case(one, text); });
}

// The host of "host:port", without brackets; a name without the dot of the root.
Bytes host_of(Bytes authority) {
  if (authority.starts_with('[')) return authority.substr(1, std::min(authority.find(']'), authority.size()) - 1);
  const Bytes host = authority.substr(0, authority.find(':'));
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

}  // namespace

AccessRules::AccessRules(const Options& options) : hosts_(options.hosts), origins_(options.origins) {
  hosts_.emplace_back(host_of(options.listen));
  if (!options.cors.empty()) origins_.push_back(options.cors);
}

// A request without Origin comes from no page, or from one of this server; OPTIONS tells what may be asked, and does
// nothing.
std::string AccessRules::objection(const http1::Request& request) const {
  const Bytes host = request.header("Host");
  if (!answers_to(host)) {
    return "this server does not answer to the host " + in_quotes(host) + " (it would with --hosts " +
           std::string(host_of(host)) + ")";
  }
  const std::size_t origins = http1::count_headers(request.headers, "Origin");
  if (origins == 0 || request.method == "OPTIONS") return {};
  if (origins > 1) return "a request has one Origin at most";
  const Bytes origin = request.header("Origin");
  if (takes_pages_of(origin, host)) return {};
  return "pages of " + in_quotes(origin) + " may not ask this server (--origins names those that may)";
}

// An address cannot be pointed elsewhere, and neither can a name without a dot: the public name service has none.
bool AccessRules::answers_to(Bytes host_header) const {
  const Bytes host = host_of(host_header);
  return host.find('.') == Bytes::npos || wire::is_ip_literal(host) || wire::is_loopback_host(host) ||
         lists(hosts_, host);
}

bool AccessRules::takes_pages_of(Bytes origin, Bytes host_header) const {
  if (lists(origins_, origin)) return true;
  const auto page = wire::parse_url(origin);
  if (!page) return false;
  if (wire::is_loopback_host(page.value->host)) return true;
  const auto own = wire::parse_url(page.value->scheme + "://" + std::string(host_header));
  return own && own.value->port == page.value->port && wire::equal_ignoring_case(own.value->host, page.value->host);
}

}  // namespace server
