// A connection and the request in its hand, on their way to the thread that owns what the request is about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/tcp.h"
#include "reference-server/seam/technique.h"
#include "wire/http1/header.h"
#include "wire/http1/request.h"

namespace server {

// A request that outlives the bytes it was read from.
class RequestCopy {
 public:
  explicit RequestCopy(const wire::http1::Request& request);
  RequestCopy(const RequestCopy&) = delete;
  RequestCopy& operator=(const RequestCopy&) = delete;
  const wire::http1::Request& get() const { return request_; }

 private:
  std::string text_;
  std::vector<wire::http1::Header> headers_;
  wire::http1::Request request_;
};

// Dropping it closes the connection.
struct Migration {
  Migration(unsigned s, const wire::http1::Request& r, const Exchange& e) : shard(s), request(r), exchange(e) {}
  const unsigned shard;  // to which it goes
  const RequestCopy request;
  const Exchange exchange;
  std::string rest;                        // bytes behind the request
  std::optional<net::Tcp::Moving> socket;  // once what was to leave before has left
};

}  // namespace server
