// What a delivery costs the load generator in system calls: a worker against a thread of the reference server, which
// counts nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>

#include "loadgen/run/worker.h"
#include "loadgen/scenario/parts.h"
#include "net/clock.h"
#include "running_shard.h"
#include "system_calls.h"
#include "wire/message.h"

namespace loadgen {
namespace {

constexpr std::uint64_t kSubscribers = 200;
constexpr std::uint64_t kWakings = 16;  // of the worker by the test, a read each

struct Choice {
  std::string_view key;
  std::string_view word;
};

Variant variant_of(const std::string& technique, Choice choice) {
  Variant variant;
  variant.technique = find_technique(technique);
  for (const OptionSpec& option : variant.technique->options) {
    OptionValue value = default_option(option);
    if (option.key == choice.key) {
      const auto word = std::ranges::find(option.choices, choice.word);
      value = {word - option.choices.begin(), std::string(choice.word)};
    }
    variant.options.push_back(value);
  }
  return variant;
}

struct Used {
  server::SystemCalls calls;
  Window window;
};

// One message to all subscribers of a worker: from before it is published until the last has it.
class OneMessage {
 public:
  explicit OneMessage(const std::string& technique, Choice choice = {}) : variant_(variant_of(technique, choice)) {
    scenario_.subscribers = kSubscribers;
    scenario_.connect.rate = {1'000'000, std::chrono::seconds(1)};
    scenario_.publish.payload = 100;
    spec_.target = server_.address();
    spec_.plan.authority = "127.0.0.1";
    spec_.plan.topics = {"t"};
    spec_.plan.options = variant_.options;
  }

  Used deliver() {
    worker_.start(kSubscribers);
    ready_.get_future().wait();
    publish_start_ = net::now().time_since_epoch().count();
    worker_.prepare_measure();
    worker_.begin_measure(net::now());
    std::promise<void> counting;
    worker_.loop().post([&] {
      (void)server::calls();
      counting.set_value();
    });
    counting.get_future().wait();
    std::string payload;
    wire::append_payload(payload, spec_.marker_of(0, net::now(), net::now()));
    server_.publish("t", payload);
    worker_.begin_drain(1, {});
    drained_.get_future().wait();
    Used used;
    worker_.end_measure();
    worker_.loop().post([&] { used.calls = server::calls(); });
    worker_.finish();
    used.window = worker_.window();
    EXPECT_EQ(used.window.deliveries, kSubscribers);
    EXPECT_EQ(worker_.live().failures, 0U);
    return used;
  }

 private:
  server::RunningShard server_;
  Scenario scenario_;
  Variant variant_;
  RunSpec spec_{.scenario = scenario_,
                .variant = variant_,
                .plan = {},
                .target = {},
                .pacer = measure::Pacer::constant({1, std::chrono::seconds(1)}),
                .end = 1};
  std::atomic<std::int64_t> publish_start_{kNotStarted};
  std::promise<void> ready_;
  std::promise<void> drained_;
  Worker worker_{spec_,
                 publish_start_,
                 0,
                 1,
                 {.on_ready =
                      [this] {
                        server::count_calls_of_this_thread();
                        ready_.set_value();
                      },
                  .on_drained = [this] { drained_.set_value(); },
                  .on_spoken = {}}};
};

class SystemCallsOfADelivery : public testing::TestWithParam<const char*> {};

TEST_P(SystemCallsOfADelivery, AreOneReadOnAStream) {
  const Used used = OneMessage(GetParam(), {"transport", "websocket"}).deliver();
  EXPECT_GE(used.calls.reads, kSubscribers);
  EXPECT_LE(used.calls.reads, kSubscribers + kWakings);
  EXPECT_LE(used.calls.writes, kWakings);
  EXPECT_EQ(used.calls.interests, 0U);
}

INSTANTIATE_TEST_SUITE_P(Techniques, SystemCallsOfADelivery,
                         testing::Values("http-streaming", "forever-frame", "sse", "websocket", "socketio"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, '-');
                           return name;
                         });

// When the counting begins and when it ends, each may have a request under way.
void expect_one_write_and_one_read_a_poll(const Used& used) {
  const std::uint64_t polls = used.window.counts.requests;
  EXPECT_GE(polls, kSubscribers);
  for (const std::uint64_t calls : {used.calls.writes, used.calls.reads}) {
    EXPECT_GE(calls + kSubscribers, polls);
    EXPECT_LE(calls, polls + kSubscribers + kWakings);
  }
  EXPECT_EQ(used.calls.interests, 0U);
}

TEST(SystemCallsOfAPoll, AreOneWriteAndOneReadOnAConnectionThatIsKept) {
  expect_one_write_and_one_read_a_poll(OneMessage("polling", {"timing", "closed"}).deliver());
}

TEST(SystemCallsOfAPoll, AreOneWriteAndOneReadWhereTheServerHoldsIt) {
  const Used used = OneMessage("long-polling").deliver();
  EXPECT_EQ(used.window.counts.requests, kSubscribers) << "each asks again";
  EXPECT_GE(used.calls.reads, kSubscribers);
  EXPECT_LE(used.calls.reads, kSubscribers + kWakings);
  EXPECT_GE(used.calls.writes, kSubscribers);
  EXPECT_LE(used.calls.writes, kSubscribers + kWakings);
  EXPECT_EQ(used.calls.interests, 0U);
}

}  // namespace
}  // namespace loadgen
