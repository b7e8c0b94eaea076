#include "server/departure.h"

#include <utility>

#include "server/connection_reading.h"
#include "server/shard.h"

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

void HttpConnection::move(unsigned thread, const wire::http1::Request& request) {
  reading().departure = std::make_unique<Departure>(thread, request, exchange_);
}

bool HttpConnection::departing() const {
  return reading_ != nullptr && reading_->departure != nullptr;
}

// Answers to requests before this one leave from here.
void HttpConnection::depart() {
  if (tcp_->unsent_bytes() > 0) return shard_.resume_later(*this);
  std::unique_ptr<Departure> departure = std::move(reading_->departure);
  if (reading_->kept != nullptr) departure->rest += *reading_->kept;
  departure->socket.emplace(net::Tcp::depart(std::move(tcp_)));
  shard_.hand_over(std::move(departure));
  leave();
}

void HttpConnection::go_on(const Departure& departure) {
  start();
  exchange_ = departure.exchange;
  shard_.serve(*this, departure.request.get());
  read_requests(departure.rest);
}

}  // namespace server
