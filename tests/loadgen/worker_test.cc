// A worker against a server written by hand, over loopback.
#include "loadgen/run/worker.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "blocking_listener.h"
#include "loadgen/judge/rules.h"
#include "net/clock.h"
#include "rules_fixture.h"

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

}  // namespace
}  // namespace loadgen
