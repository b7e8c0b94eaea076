#include "loadgen/host/endpoint.h"

#include "wire/url.h"

namespace loadgen {

Endpoint endpoint_of(const std::string& url) {
  const wire::Url parsed = *wire::parse_url(url).value;
  std::string path = parsed.target;
  while (path.ends_with('/')) path.pop_back();
  return {parsed.host_port(), parsed.host, parsed.is_secure(), path};
}

}  // namespace loadgen
