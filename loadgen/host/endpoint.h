// A server as a scenario's URL names it.
#pragma once

#include <string>

namespace loadgen {

struct Endpoint {
  std::string authority;  // "127.0.0.1:8080", "[::1]:80": the port always there; to resolve, and the Host header
  std::string host;       // without brackets
  bool secure = false;    // https
  std::string base_path;  // "/base", without trailing slash; mostly empty
};

// Requires an absolute URL that wire::parse_url takes.
Endpoint endpoint_of(const std::string& url);

}  // namespace loadgen
