// A worker against a server written by hand, over loopback.
#include "loadgen/run/worker.h"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>
#include <vector>

#include "blocking_listener.h"
#include "loadgen/judge/rules.h"
#include "loadgen/scenario/parts.h"
#include "net/clock.h"
#include "rules_fixture.h"
#include "wire/websocket/reader.h"
#include "wire/websocket/handshake.h"

namespace loadgen {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr std::string_view kComment = ": c\n\n";

// Runs `task` on the worker's thread and returns when it is over.
void on_thread(Worker& worker, const std::function<void()>& task) {
  std::promise<void> done;
  worker.loop().post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void until(Worker& worker, const std::function<bool()>& condition) {
  for (bool met = false; !met;) on_thread(worker, [&] { met = condition(); });
}

struct Working : RunFixture {
  explicit Working(std::int64_t subscribers) {
    scenario.subscribers = subscribers;
    scenario.connect.rate = {1'000'000, std::chrono::seconds(1)};
    variant.technique = find_technique("sse");
    spec.plan.topics = {"t"};
    spec.plan.authority = "h";
    spec.target = server.address();
  }
  // Every subscriber is connected and has had the head of its stream.
  void connect(Worker& worker) {
    worker.start(static_cast<std::uint64_t>(scenario.subscribers));
    for (std::int64_t i = 0; i < scenario.subscribers; ++i) {
      streams.push_back(server.accept_one());
      say(streams.back(), kHead);
    }
    if (scenario.subscribers > 0) ready.get_future().wait();
  }
  static void say(int stream, std::string_view text) {
    EXPECT_EQ(send(stream, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  ~Working() {
    for (const int stream : streams) close(stream);
  }
  Worker::Events events() {
    return {[this] { ready.set_value(); }, [] {}, [] {}};
  }

  BlockingListener server{4096};
  std::promise<void> ready;
  std::vector<int> streams;
  std::atomic<std::int64_t> publish_start{kNotStarted};
};

class AStall : public Rules {};

TEST_F(AStall, OfOneWorkerIsToldByRule10) {
  Working run(0);
  Worker worker(run.spec, run.publish_start, 0, 1, run.events());
  run.connect(worker);
  worker.prepare_measure();
  worker.begin_measure(net::now());
  constexpr auto kStall = milliseconds(300);
  on_thread(worker, [&] { std::this_thread::sleep_for(kStall); });
  // The probes that were missed are recorded when the loop comes around: after that stall.
  until(worker, [&] { return worker.recorder().loop_lag.count() >= 30; });
  worker.end_measure();
  worker.finish();
  const measure::Histogram& lags = worker.recorder().loop_lag;
  EXPECT_GE(lags.count(), 30U) << "one for each 10 ms";
  EXPECT_GE(lags.max(), std::chrono::nanoseconds(kStall - LagProbe::kPeriod).count());
  result.recorder.loop_lag.merge(lags);
  EXPECT_NE(said(10), "") << "a latency of 5 ms beside it";
}

TEST(Worker, CountsTheSegmentsOfTheWindowInSlices) {
  constexpr std::int64_t kSubscribers = 1'200;  // more than a slice
  Working run(kSubscribers);
  Worker worker(run.spec, run.publish_start, 0, 1, run.events());
  run.connect(worker);
  worker.prepare_measure();
  worker.begin_measure(net::now());
  on_thread(worker, [] {});
  for (const int stream : run.streams) Working::say(stream, kComment);
  const std::uint64_t before = kSubscribers * kHead.size();
  until(worker, [&] { return worker.counts().received.total == before + kSubscribers * kComment.size(); });
  worker.end_measure();
  worker.finish();  // between two slices
  EXPECT_EQ(worker.window().segments.in, static_cast<std::uint64_t>(kSubscribers));
  EXPECT_LE(worker.window().segments.out, static_cast<std::uint64_t>(kSubscribers)) << "acknowledgements";
  EXPECT_EQ(worker.window().counts.received.total, kSubscribers * kComment.size());
  EXPECT_EQ(worker.recorder().subscriber_bandwidth.count(), static_cast<std::uint64_t>(kSubscribers));
}

struct WorkingOn : Working {
  WorkingOn(const std::string& technique, const std::string& key, std::int64_t choice) : Working(1) {
    variant.technique = find_technique(technique);
    for (const OptionSpec& option : variant.technique->options) {
      spec.plan.options.push_back(default_option(option));
      if (option.key == key) spec.plan.options.back().number = choice;
    }
    spec.plan.options.shrink_to_fit();
  }
  static std::string request(int connection) {
    std::string text;
    for (std::array<char, 4096> piece; !text.ends_with("\r\n\r\n");) {
      const ssize_t bytes = recv(connection, piece.data(), piece.size(), 0);
      if (bytes <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(bytes));
    }
    return text;
  }
};

// Its answers would take half as much memory as the pings.
TEST(Worker, KeepsNothingForAServerThatPingsAndNeverReads) {
  constexpr std::size_t kPings = std::size_t{64} << 20;  // bytes
  WorkingOn run("websocket", "", 0);
  const int small = 4'096;
  run.server.set_receive_buffer(small);
  Worker worker(run.spec, run.publish_start, 0, 1, run.events());
  worker.start(1);
  run.streams.push_back(run.server.accept_one());
  const std::string name = "Sec-WebSocket-Key: ";
  const std::string asked = WorkingOn::request(run.streams[0]);
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      wire::websocket::accept_key(asked.substr(asked.find(name) + name.size(), 24)) + "\r\n\r\n";
  Working::say(run.streams[0], head);
  run.ready.get_future().wait();
  std::string pings;
  while (pings.size() < kPings / 64)
    wire::websocket::append_frame(pings, wire::websocket::Opcode::kPing, std::string(125, 'p'));
  std::size_t said = head.size();
  for (; said < kPings; said += pings.size()) Working::say(run.streams[0], pings);
  until(worker, [&] { return worker.counts().received.total >= said; });
  worker.finish();
  EXPECT_EQ(worker.live().failures, 0U);
  EXPECT_LT(worker.counts().sent.total, kPings / 4) << "what the kernel took, and a little";
}

// A server whose queue of connections is full drops what asks for one more.
TEST(Worker, CountsAPollThatCannotConnectAsAFailure) {
  WorkingOn run("long-polling", "connection", 1);
  run.server.set_backlog(0);
  run.scenario.connect.timeout = milliseconds(1500);
  Worker worker(run.spec, run.publish_start, 0, 1, run.events());
  worker.start(1);
  const int first = run.server.accept_one();
  WorkingOn::request(first);
  const std::vector<int> others = run.server.fill_backlog();
  Working::say(first, "HTTP/1.1 200 OK\r\nPushbench-Cursor: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  run.ready.get_future().wait();
  until(worker, [&] { return worker.recorder().failures.total() > 0; });
  worker.finish();
  EXPECT_EQ(worker.recorder().failures.count[static_cast<std::size_t>(Failure::kTimeout)], 1U);
  EXPECT_NE(worker.recorder().failures.example[static_cast<std::size_t>(Failure::kTimeout)].find("connect.timeout"),
            std::string::npos);
  for (const int other : others) close(other);
  close(first);
}

// Ends its stream twice in one event, as a codec may that hands out the rest of a read.
class EndsTwice final : public Session {
 public:
  explicit EndsTwice(Host& host) : host_(host) {}
  void start() override { host_.open(); }
  void on_open(Link&) override { host_.subscribed(); }
  void on_bytes(Link&, Bytes) override {
    host_.restart();
    host_.restart();
    host_.fail(Failure::kClosed, "and fails");
  }
  void on_close(Link&) override {}

 private:
  Host& host_;
};

TEST(Worker, ASessionThatEndsTwiceInOneEventComesBackOnce) {
  Working run(1);
  const TechniqueInfo twice{
      .name = "twice",
      .description = "",
      .options = {},
      .make = [](Host& host, const SessionConfig&, const std::string&) -> std::unique_ptr<Session> {
        return std::make_unique<EndsTwice>(host);
      }};
  run.variant.technique = &twice;
  // After one end without a message it waits 10 ms, after two in a row hours.
  run.scenario.reconnect = {.initial = milliseconds(10), .max = std::chrono::hours(9), .factor = 1e6, .jitter = 0};
  Worker worker(run.spec, run.publish_start, 0, 1, run.events());
  worker.start(1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(run.server.is_asked()) << "it does not come back";
    run.streams.push_back(run.server.accept_one());
    if (i == 0) run.ready.get_future().wait();
    Working::say(run.streams.back(), "x");
  }
  worker.finish();
  EXPECT_EQ(worker.live().failures, 0U);
}

}  // namespace
}  // namespace loadgen
