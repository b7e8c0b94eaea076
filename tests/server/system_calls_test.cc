// What a delivery costs in system calls: one write a subscriber, however many messages wait for it.
#include "system_calls.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/clock.h"
#include "server/hub.h"
#include "server/options.h"
#include "server/process.h"
#include "server/shard.h"

namespace server {
namespace {

constexpr std::size_t kSubscribers = 200;

// One thread of the server, on a port.
class Running {
 public:
  Running() : process_(net::now()), shard_(options_, hub_, process_, nullptr) {
    std::promise<net::Address> listening;
    auto address = listening.get_future();
    thread_ = std::thread([&] {
      count_calls_of_this_thread();
      shard_.run(net::resolve("127.0.0.1:0"), false,
                 [&](const net::Address& bound, const std::string&) { listening.set_value(bound); });
    });
    address_ = address.get();
  }
  ~Running() {
    shard_.stop();
    thread_.join();
  }
  const net::Address& address() const { return address_; }

 private:
  Options options_;
  Hub hub_{1};
  Process process_;
  Shard shard_;
  std::thread thread_;
  net::Address address_;
};

class Client {
 public:
  explicit Client(const net::Address& address) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    EXPECT_EQ(connect(socket_, address.get(), address.size()), 0);
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  void say(const std::string& text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // Reads until `what` has come so often.
  void await(const std::string& what, std::size_t times = 1) {
    while (true) {
      std::size_t at = 0;
      std::size_t found = 0;
      while ((at = received_.find(what, at)) != std::string::npos) ++found, at += what.size();
      if (found >= times) break;
      char buffer[65'536];
      const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
      ASSERT_GT(size, 0) << received_;
      received_.append(buffer, static_cast<std::size_t>(size));
    }
    received_.clear();
  }

 private:
  int socket_;
  std::string received_;
};

std::string publish(const std::string& message) {
  return "POST /publish?topic=t HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(message.size()) + "\r\n\r\n" +
         message;
}

struct Stream {
  std::string route;
  std::string headers;
};

class SystemCallsOfAPublish : public testing::TestWithParam<Stream> {
 protected:
  SystemCallsOfAPublish() : publisher_(server_.address()) {
    for (std::size_t i = 0; i < kSubscribers; ++i) {
      subscribers_.push_back(std::make_unique<Client>(server_.address()));
      subscribers_.back()->say("GET /" + GetParam().route + "?topic=t HTTP/1.1\r\nHost: x\r\n" + GetParam().headers +
                               "\r\n");
      subscribers_.back()->await("\r\n\r\n");
    }
    deliver("settled", 1);
  }
  // Publishes so many at once, in one write of the publisher; returns what that took until everybody had them.
  SystemCalls deliver(const std::string& message, std::size_t times) {
    std::string requests;
    for (std::size_t i = 0; i < times; ++i) requests += publish(message);
    (void)calls();
    publisher_.say(requests);
    publisher_.await("\"sequence\"", times);
    for (const auto& subscriber : subscribers_) subscriber->await(message, times);
    return calls();
  }

  Running server_;
  Client publisher_;
  std::vector<std::unique_ptr<Client>> subscribers_;
};

TEST_P(SystemCallsOfAPublish, AreOneWriteForEachSubscriber) {
  const SystemCalls used = deliver("message", 1);
  EXPECT_EQ(used.writes, kSubscribers + 1);  // the publisher's answer
  EXPECT_EQ(used.reads, 1U);
  EXPECT_EQ(used.interests, 0U);
  EXPECT_LE(used.waits, 8U);
  EXPECT_LE(used.timers, 2U);
}

TEST_P(SystemCallsOfAPublish, AreOneWriteForEachSubscriberWhenSixteenWait) {
  const SystemCalls used = deliver("message", 16);
  EXPECT_EQ(used.writes, kSubscribers + 1);
  EXPECT_EQ(used.reads, 1U);
  EXPECT_EQ(used.interests, 0U);
  EXPECT_LE(used.waits, 8U);
  EXPECT_LE(used.timers, 2U);
}

INSTANTIATE_TEST_SUITE_P(Streams, SystemCallsOfAPublish,
                         testing::Values(Stream{"websocket",
                                                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                                                "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
                                         Stream{"sse", ""}, Stream{"http-streaming", ""}, Stream{"forever-frame", ""}),
                         [](const auto& stream) {
                           std::string name = stream.param.route;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace server
