// What a delivery costs in system calls: one write a subscriber, however many messages wait for it, and where clients
// ask one read for each request.
#include "system_calls.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "running_shard.h"
#include "wire/websocket/frame.h"

namespace server {
namespace {

constexpr std::size_t kSubscribers = 200;

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
  // Reads until `what` has come so often; returns what came.
  std::string await(const std::string& what, std::size_t times = 1) {
    while (true) {
      std::size_t at = 0;
      std::size_t found = 0;
      while ((at = received_.find(what, at)) != std::string::npos) ++found, at += what.size();
      if (found >= times) break;
      char buffer[65'536];
      const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
      if (size <= 0) {
        ADD_FAILURE() << "the connection ended after " << received_;
        break;
      }
      received_.append(buffer, static_cast<std::size_t>(size));
    }
    return std::exchange(received_, {});
  }
  std::string session;  // of Engine.IO

 private:
  int socket_;
  std::string received_;
};

std::string publish(const std::string& message) {
  return "POST /publish?topic=t HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(message.size()) + "\r\n\r\n" +
         message;
}

std::string get(const std::string& target, const std::string& headers = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

const std::string kUpgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// How a subscriber of topic t speaks.
struct Technique {
  enum class Asks : std::uint8_t { kNever, kBefore, kAfter };  // it is published
  std::string name;
  void (*subscribe)(Client& client);
  Asks asks = Asks::kNever;
  std::string (*request)(const Client& client, std::uint64_t cursor) = nullptr;
};

template <const char* kRoute>
void subscribe_stream(Client& client) {
  client.say(get(std::string("/") + kRoute + "?topic=t", std::string_view(kRoute) == "websocket" ? kUpgrade : ""));
  client.await("\r\n\r\n");
}

template <const char* kRoute>
std::string poll(const Client&, std::uint64_t cursor) {
  return get(std::string("/") + kRoute + "?topic=t&after=" + std::to_string(cursor));
}

void subscribe_by_asking(Client&) {}

void subscribe_socketio(Client& client) {
  client.say(get("/socket.io/?EIO=4&transport=websocket&topic=t", kUpgrade));
  client.await("\"sid\"");
  std::string connect;
  wire::websocket::append_masked_frame(connect, wire::websocket::Opcode::kText, "40", 0x12345678);
  client.say(connect);
  client.await("40{\"sid\"");
}

std::string poll_socketio(const Client& client, std::uint64_t) {
  return get("/socket.io/?EIO=4&transport=polling&sid=" + client.session);
}

void subscribe_socketio_by_polling(Client& client) {
  client.say(get("/socket.io/?EIO=4&transport=polling&topic=t"));
  const std::string opened = client.await("}");
  constexpr std::string_view kKey = "\"sid\":\"";
  const std::size_t at = opened.find(kKey) + kKey.size();
  client.session = opened.substr(at, opened.find('"', at) - at);
  client.say("POST /socket.io/?EIO=4&transport=polling&sid=" + client.session +
             " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40");
  client.await("ok");
  client.say(poll_socketio(client, 0));
  client.await("40{\"sid\"");
}

class SystemCallsOfAPublish : public testing::TestWithParam<Technique> {
 protected:
  SystemCallsOfAPublish() : publisher_(server_.address()) {
    for (std::size_t i = 0; i < kSubscribers; ++i) {
      subscribers_.push_back(std::make_unique<Client>(server_.address()));
      GetParam().subscribe(*subscribers_.back());
    }
    deliver("settled", 1);
  }
  // Publishes so many at once, in one write of the publisher; returns what that took until everybody had them.
  SystemCalls deliver(const std::string& message, std::size_t times) {
    std::string requests;
    for (std::size_t i = 0; i < times; ++i) requests += publish(message);
    (void)calls();
    if (GetParam().asks == Technique::Asks::kBefore) ask();
    publisher_.say(requests);
    publisher_.await("\"sequence\"", times);
    if (GetParam().asks == Technique::Asks::kAfter) ask();
    published_ += times;
    for (const auto& subscriber : subscribers_) subscriber->await(message, times);
    return calls();
  }
  void ask() {
    for (const auto& subscriber : subscribers_) subscriber->say(GetParam().request(*subscriber, published_));
  }
  // The publisher's request and answer, and those of who asks; a subscriber's deadline is no system call.
  void expect_one_write_each(const SystemCalls& used) const {
    const bool asks = GetParam().asks != Technique::Asks::kNever;
    EXPECT_EQ(used.writes, kSubscribers + 1);
    EXPECT_EQ(used.reads, asks ? kSubscribers + 1 : 1U);
    EXPECT_EQ(used.interests, 0U);
    if (asks) return;  // they may come one by one
    EXPECT_LE(used.waits, 8U);
    EXPECT_LE(used.timers, 2U);
  }

  std::uint64_t published_ = 0;
  RunningShard server_{count_calls_of_this_thread};
  Client publisher_;
  std::vector<std::unique_ptr<Client>> subscribers_;
};

TEST_P(SystemCallsOfAPublish, AreOneWriteForEachSubscriber) {
  expect_one_write_each(deliver("words", 1));
}

TEST_P(SystemCallsOfAPublish, AreOneWriteForEachSubscriberWhenSixteenWait) {
  expect_one_write_each(deliver("words", 16));
}

constexpr char kWebsocket[] = "websocket";
constexpr char kSse[] = "sse";
constexpr char kHttpStreaming[] = "http-streaming";
constexpr char kForeverFrame[] = "forever-frame";
constexpr char kLongPolling[] = "long-polling";
constexpr char kPolling[] = "polling";

INSTANTIATE_TEST_SUITE_P(
    Techniques, SystemCallsOfAPublish,
    testing::Values(Technique{kWebsocket, subscribe_stream<kWebsocket>}, Technique{kSse, subscribe_stream<kSse>},
                    Technique{kHttpStreaming, subscribe_stream<kHttpStreaming>},
                    Technique{kForeverFrame, subscribe_stream<kForeverFrame>},
                    Technique{kPolling, subscribe_by_asking, Technique::Asks::kAfter, poll<kPolling>},
                    Technique{kLongPolling, subscribe_by_asking, Technique::Asks::kBefore, poll<kLongPolling>},
                    Technique{"socketio", subscribe_socketio},
                    Technique{"socketio-polling", subscribe_socketio_by_polling, Technique::Asks::kBefore,
                              poll_socketio}),
    [](const auto& technique) {
      std::string name = technique.param.name;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace server
