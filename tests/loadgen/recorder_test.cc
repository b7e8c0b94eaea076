#include "loadgen/recorder.h"

#include <gtest/gtest.h>

#include "loadgen/accounting.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

using std::chrono::microseconds;

struct Subscribed : Reception {
  explicit Subscribed(std::uint32_t of_topic = 0, std::uint64_t first = 1) {
    topic = of_topic;
    tracker.start_at(first);
  }
};

TEST(Recorder, DeliveryLatencyCountsFromTheIntendedTimeAndServiceTimeFromTheSentOne) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed reception(0, 11);
  recorder.message(run.spec, reception, run.payload(10, microseconds(300)), run.intended(10) + microseconds(1'000));
  EXPECT_EQ(recorder.delivered, 1U);
  EXPECT_EQ(recorder.delivery_latency.value_at_quantile(1),
            measure::Histogram::highest_at(measure::Histogram::index_of(1'000'000)));
  EXPECT_EQ(recorder.service_time.value_at_quantile(1),
            measure::Histogram::highest_at(measure::Histogram::index_of(700'000)));
}

TEST(Recorder, MessagesOutsideTheMeasuredRangeAreTrackedAndNotRecorded) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed reception;
  for (std::uint64_t n = 0; n < 40; ++n) recorder.message(run.spec, reception, run.payload(n), run.intended(n));
  EXPECT_EQ(recorder.delivered, 20U);
  EXPECT_EQ(recorder.delivered_any, 40U);
  EXPECT_EQ(recorder.delivery_latency.count(), 20U);
  EXPECT_EQ(account_of(run.spec, reception, 30, {}).missing, 0U);
}

TEST(Recorder, CountsDuplicateReorderedCorruptAndForeignApart) {
  RunFixture run;
  Recorder recorder(run.spec);
  Subscribed reception(0, 11);
  const auto receive = [&](const std::string& bytes) {
    recorder.message(run.spec, reception, bytes, run.intended(30));
  };
  receive(run.payload(10));
  receive(run.payload(12));
  receive(run.payload(11));  // late
  receive(run.payload(12));  // twice
  std::string damaged = run.payload(13);
  damaged.back() ^= 1;
  receive(damaged);
  receive("hello");
  EXPECT_EQ(recorder.delivered, 3U);
  EXPECT_EQ(recorder.reordered, 1U);
  EXPECT_EQ(recorder.duplicate, 1U);
  EXPECT_EQ(recorder.corrupt, 1U);
  EXPECT_EQ(recorder.foreign, 1U);
  EXPECT_EQ(account_of(run.spec, reception, 30, {}).missing, 17U);  // 13 (damaged) to 29
}

TEST(Recorder, AMessageOfAnotherTopicIsCorruptAndNeverCountedAsDelivered) {
  RunFixture run(2);
  Recorder recorder(run.spec);
  Subscribed reception(1);
  recorder.message(run.spec, reception, run.payload(12), run.intended(12));  // topic 0
  EXPECT_EQ(recorder.delivered, 0U);
  EXPECT_EQ(recorder.corrupt, 1U);
}

TEST(Recorder, FanOutSpreadIsFromTheFirstToTheLastReceiver) {
  RunFixture run;
  Recorder recorder(run.spec);
  Recorder other(run.spec);
  Subscribed a(0, 11), b(0, 11), c(0, 11);
  recorder.message(run.spec, a, run.payload(10), run.intended(10) + microseconds(100));
  recorder.message(run.spec, b, run.payload(10), run.intended(10) + microseconds(250));
  other.message(run.spec, c, run.payload(10), run.intended(10) + microseconds(600));  // on another thread
  recorder.merge(other);
  const measure::Histogram spreads = recorder.fanout.spreads();
  EXPECT_EQ(spreads.count(), 1U);
  EXPECT_EQ(spreads.value_at_quantile(1), measure::Histogram::highest_at(measure::Histogram::index_of(500'000)));
  EXPECT_EQ(recorder.delivered, 3U);
}

TEST(Failures, KeepTheFirstExampleOfEachKind) {
  Failures failures;
  failures.add(Failure::kRefused, "first");
  failures.add(Failure::kRefused, "second");
  Failures other;
  other.add(Failure::kReset, "other");
  failures.merge(other);
  EXPECT_EQ(failures.total(), 3U);
  EXPECT_EQ(failures.example[static_cast<std::size_t>(Failure::kRefused)], "first");
  EXPECT_EQ(failures.example[static_cast<std::size_t>(Failure::kReset)], "other");
}

}  // namespace
}  // namespace loadgen
