// What a connection keeps while a request is incomplete or waits. Included by connection.cc and departure.cc only.
#pragma once

#include <memory>
#include <string>

#include "server/connection.h"
#include "server/departure.h"

namespace server {

struct HttpConnection::Reading final : net::Timer::Handler {
  explicit Reading(HttpConnection& connection) : owner(connection) {}
  void on_timer(net::Timer&) override { owner.on_deadline(); }

  HttpConnection& owner;
  std::unique_ptr<wire::http1::RequestParser> parser;  // only while a request is incomplete
  std::unique_ptr<std::string> kept;                   // requests that must wait for the answer in hand
  net::Timer timer;                                    // armed for a time not after `deadline`
  wire::Time deadline = wire::Time::max();             // technique_: on_wake; else the client's time is over
  wire::Time armed{};
  std::uint32_t request_bytes = 0;  // of the incomplete request
  Technique* told = nullptr;        // of its head
  std::unique_ptr<Departure> departure;
};

}  // namespace server
