#include "reference-server/http/migration.h"

namespace server {

RequestCopy::RequestCopy(const wire::http1::Request& request) : request_(request) {
  std::size_t size = request.target.size() + request.path.size() + request.query.size() + request.body.size();
  for (const wire::http1::Header& header : request.headers) size += header.name.size() + header.value.size();
  text_.reserve(size);  // views into it must stay
  const auto keep = [this](Bytes bytes) {
    text_ += bytes;
    return Bytes(text_).substr(text_.size() - bytes.size());
  };
  request_.target = keep(request.target);
  request_.path = keep(request.path);
  request_.query = keep(request.query);
  request_.body = keep(request.body);
  headers_.reserve(request.headers.size());
  for (const wire::http1::Header& header : request.headers) {
    headers_.push_back({.name = keep(header.name), .value = keep(header.value)});
  }
  request_.headers = headers_;
}

}  // namespace server
