// What a subscriber that waits holds of the heap, counted and not sampled: the slope between two numbers of subscribers
// of a worker that talks to a server over loopback.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>
#include <vector>

#include "../wire/allocations.h"
#include "blocking_listener.h"
#include "loadgen/run/worker.h"
#include "loadgen/scenario/parts.h"
#include "wire/websocket/handshake.h"

namespace loadgen {
namespace {

// Answers the first request of each connection as a push server does, and then says nothing.
class QuietServer {
 public:
  explicit QuietServer(const std::string& technique) : technique_(technique) {}
  ~QuietServer() {
    listener_.end();
    thread_.join();
    for (const int connection : connections_) close(connection);
  }
  const net::Address& address() const { return listener_.address(); }

 private:
  void serve() {
    for (int connection = -1; (connection = listener_.accept_one()) >= 0;) {
      connections_.push_back(connection);
      std::string request;
      std::array<char, 4096> piece;
      while (!request.ends_with("\r\n\r\n")) {
        const ssize_t bytes = recv(connection, piece.data(), piece.size(), 0);
        if (bytes <= 0) return;
        request.append(piece.data(), static_cast<std::size_t>(bytes));
      }
      const std::string text = answer(request);
      if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
    }
  }
  std::string answer(const std::string& request) const {
    if (technique_ == "websocket") {
      const std::string name = "Sec-WebSocket-Key: ";
      const std::string key = request.substr(request.find(name) + name.size(), 24);
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nPushbench-Cursor: "
             "0\r\nSec-WebSocket-Accept: " +
             wire::websocket::accept_key(key) + "\r\n\r\n";
    }
    const std::string type = technique_ == "sse" ? "text/event-stream" : "text/html";
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nPushbench-Cursor: 0\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  const std::string technique_;
  BlockingListener listener_{1024};
  std::vector<int> connections_;
  std::thread thread_{[this] { serve(); }};
};

// True once all are subscribed; false when one has failed, who would be waited for for ever.
bool become_ready(const std::future<void>& ready, const Worker& worker) {
  while (ready.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    if (worker.live().failures > 0) return false;
  }
  return true;
}

// Held by a worker's thread once all of its subscribers are subscribed. One of many workers, so that few connect at a
// time: what an attempt takes for a moment is not what is counted here.
std::int64_t held_with(const std::string& technique, std::int64_t subscribers) {
  constexpr std::uint32_t kShares = 128;
  const QuietServer server(technique);
  Scenario scenario;
  scenario.subscribers = subscribers * kShares;
  scenario.connect.rate = {1'000'000, std::chrono::seconds(1)};
  Variant variant;
  variant.technique = find_technique(technique);
  RunSpec spec{.scenario = scenario,
               .variant = variant,
               .plan = {},
               .target = {},
               .pacer = measure::Pacer::constant({1, std::chrono::seconds(1)})};
  spec.target = server.address();
  spec.plan.authority = "127.0.0.1";
  spec.plan.topics = {"t"};
  for (const OptionSpec& option : variant.technique->options) spec.plan.options.push_back(default_option(option));
  const std::atomic<std::int64_t> never{kNotStarted};
  std::promise<void> ready;
  std::promise<std::int64_t> held;
  Worker worker(spec, never, 0, kShares, {.on_ready = [&] { ready.set_value(); }, .on_drained = {}, .on_spoken = {}});
  worker.start(scenario.subscribers);
  if (!become_ready(ready.get_future(), worker)) {
    worker.finish();
    ADD_FAILURE() << "a subscriber failed: what QuietServer answers is not what " << technique << " expects";
    return 0;
  }
  worker.loop().post([&] { held.set_value(held_bytes()); });
  const std::int64_t bytes = held.get_future().get();
  worker.finish();
  EXPECT_EQ(worker.live().failures, 0U);
  EXPECT_EQ(worker.live().subscribed, static_cast<std::uint64_t>(subscribers));
  return bytes;
}

class IdleMemory : public testing::TestWithParam<std::string> {};

// What waits without asking.
std::vector<std::string> waiting_techniques() {
  std::vector<std::string> names = {"websocket"};
  for (const TechniqueInfo& technique : techniques()) {
    if (technique.kind == TechniqueInfo::Kind::kStream) names.emplace_back(technique.name);
  }
  return names;
}

TEST_P(IdleMemory, OfASubscriberIsAtMost500Bytes) {
  constexpr std::int64_t kFew = 64;
  constexpr std::int64_t kMany = 320;
  const std::int64_t each = (held_with(GetParam(), kMany) - held_with(GetParam(), kFew)) / (kMany - kFew);
  RecordProperty("bytes", std::to_string(each));
  EXPECT_LE(each, 500);
  EXPECT_GE(each, static_cast<std::int64_t>(sizeof(Subscriber))) << "that is too little to be true";
}

INSTANTIATE_TEST_SUITE_P(Techniques, IdleMemory, testing::ValuesIn(waiting_techniques()), [](const auto& instance) {
  std::string name = instance.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace loadgen
