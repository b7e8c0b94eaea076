// One thread of the server, on a port of loopback.
#pragma once

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "net/clock.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/log/hub.h"
#include "reference-server/options.h"
#include "reference-server/process/shard.h"

namespace server {

class RunningShard {
 public:
  // `at_start` runs on its thread before anything else.
  // `other`: the inbox of a thread that the test plays.
  explicit RunningShard(
      std::function<void()> at_start = [] {}, Inbox* other = nullptr)
      : stats_page_(net::now()), shard_(options_, hub_, peers_, stats_page_, nullptr) {
    if (other != nullptr) hub_.add(*other);
    std::promise<net::Address> listening;
    auto address = listening.get_future();
    thread_ = std::thread([this, &listening, hook = std::move(at_start)] {
      hook();
      shard_.run(net::resolve("127.0.0.1:0"), false,
                 [&](const net::Address& bound, const std::string&) { listening.set_value(bound); });
    });
    address_ = address.get();
  }
  ~RunningShard() {
    shard_.stop();
    thread_.join();
  }
  const net::Address& address() const { return address_; }
  Hub& hub() { return hub_; }
  void publish(const std::string& topic, std::string payload) { hub_.publish(topic, payload, true, nullptr); }

 private:
  Options options_;
  Hub hub_{1};
  PeerShards peers_;
  StatsPage stats_page_;
  Shard shard_;
  std::thread thread_;
  net::Address address_;
};

}  // namespace server
