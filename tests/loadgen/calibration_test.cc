// Truth against measurement on a virtual clock: what is known to have happened is in the percentiles where arithmetic
// puts it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "loadgen/run/accounting.h"
#include "net/tls.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanos kBase = microseconds(200);   // of every delivery
constexpr std::uint64_t kMessages = 10'000;  // ten seconds at 1,000 a second

struct TenSeconds : RunFixture {
  TenSeconds() {
    spec.first_measured = 0;
    spec.end = kMessages;
  }
};

// Within the width of the histogram's counter.
void expect_value(std::optional<std::int64_t> measured, Nanos truth, const char* what) {
  ASSERT_TRUE(measured.has_value()) << what;
  EXPECT_GE(*measured, truth.count()) << what;
  EXPECT_LE(*measured, truth.count() + truth.count() / 1024 + 1) << what;
}

// The truth, sorted: the smallest value that at least q of all do not exceed.
Nanos quantile(std::vector<Nanos> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()) - 1e-9)) - 1];
}

TEST(Calibration, AStallOfOneSecondIsWhereArithmeticPutsIt) {
  TenSeconds run;
  Recorder recorder(run.spec);
  Receiver receiver;
  receiver.tracker.start_at(1);
  // The server stands still from the fifth to the sixth second: what is due then comes when it is over.
  const wire::Time stall = run.start + seconds(5);
  for (std::uint64_t n = 0; n < kMessages; ++n) {
    const wire::Time due = run.intended(n);
    const wire::Time passed = due >= stall && due < stall + seconds(1) ? stall + seconds(1) : due;
    recorder.message(run.spec, receiver, run.payload(n), passed + kBase);
  }
  // A tenth of all messages waited: 1 s, 999 ms, … 1 ms. So the quantile q >= 90 % is that of 1 s x (10 q - 9).
  const measure::Summary summary = measure::summarise(recorder.delivery_latency, kMessages);
  expect_value(summary.at(0.5), kBase, "p50");
  expect_value(summary.at(0.9), kBase, "p90");
  expect_value(recorder.delivery_latency.value_at_quantile_of(0.95, kMessages), kBase + milliseconds(500), "p95");
  expect_value(summary.at(0.99), kBase + milliseconds(900), "p99");
  expect_value(summary.at(0.999), kBase + milliseconds(990), "p99.9");
  expect_value(summary.max, kBase + seconds(1), "max");
}

TEST(Calibration, APublisherThatStandsStillDelaysDeliveriesAndNotTheService) {
  TenSeconds run;
  Recorder recorder(run.spec);
  Receiver receiver;
  receiver.tracker.start_at(1);
  // The generator itself stops for a second and then sends what was due: omitting that wait would be coordinated
  // omission.
  for (std::uint64_t n = 0; n < kMessages; ++n) {
    const bool late = n >= 5'000 && n < 6'000;
    const Nanos lag = late ? run.spec.pacer.due(6'000) - run.spec.pacer.due(n) : Nanos(0);
    recorder.message(run.spec, receiver, run.payload(n, lag), run.intended(n) + lag + kBase);
  }
  expect_value(recorder.delivery_latency.value_at_quantile_of(0.95, kMessages), kBase + milliseconds(500), "delivery");
  expect_value(recorder.service_time.value_at_quantile_of(1, kMessages), kBase, "service");
}

TEST(Calibration, LatenciesOfAnyShapeAreFoundAtTheirQuantiles) {
  TenSeconds run;
  Recorder recorder(run.spec);
  std::vector<Nanos> truth;
  for (std::uint32_t subscriber = 0; subscriber < 3; ++subscriber) {
    Receiver receiver;
    receiver.tracker.start_at(1);
    std::uint64_t state = subscriber + 1;
    for (std::uint64_t n = 0; n < kMessages; ++n) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const Nanos latency =
          microseconds(100) + Nanos(static_cast<std::int64_t>((state >> 33) % (1ULL << (10 + n % 18))));
      truth.push_back(latency);
      recorder.message(run.spec, receiver, run.payload(n), run.intended(n) + latency);
    }
  }
  for (const double q : {0.0001, 0.5, 0.9, 0.99, 0.999, 1.0})
    expect_value(recorder.delivery_latency.value_at_quantile_of(q, truth.size()), quantile(truth, q), "any shape");
}

TEST(Calibration, WhatIsMissingIsAtTheEndOfEveryQuantile) {
  TenSeconds run;
  Recorder recorder(run.spec);
  Receiver receiver;
  receiver.tracker.start_at(1);
  for (std::uint64_t n = 0; n < kMessages; ++n) {
    if (n % 200 == 100) continue;  // 0.5 %
    recorder.message(run.spec, receiver, run.payload(n), run.intended(n) + kBase);
  }
  const ExpectedDeliveries account = account_of(run.spec, receiver, kMessages, {});
  EXPECT_EQ(account.expected, kMessages);
  EXPECT_EQ(account.missing, 50U);
  EXPECT_EQ(recorder.delivered, kMessages - 50);
  expect_value(recorder.delivery_latency.value_at_quantile_of(0.995, account.expected), kBase, "the last delivered");
  EXPECT_EQ(recorder.delivery_latency.value_at_quantile_of(0.9951, account.expected), std::nullopt);
  EXPECT_EQ(measure::summarise(recorder.delivery_latency, account.expected).max, std::nullopt);
}

TEST(Calibration, TheSpreadOfAFanOutIsFromTheFirstToTheLastReceiver) {
  TenSeconds run;
  constexpr std::uint32_t kSubscribers = 20;
  run.scenario.subscribers = kSubscribers;
  Recorder recorder(run.spec);
  for (std::uint32_t subscriber = 0; subscriber < kSubscribers; ++subscriber) {
    Receiver receiver(run.spec.topic_member_of(subscriber));
    receiver.tracker.start_at(1);
    for (std::uint64_t n = 0; n < kMessages; ++n)  // 50 us from one subscriber to the next
      recorder.message(run.spec, receiver, run.payload(n), run.intended(n) + kBase + subscriber * microseconds(50));
  }
  const measure::Histogram spreads = recorder.fanout.spreads();
  EXPECT_EQ(spreads.count(), kMessages);
  expect_value(spreads.value_at_quantile_of(0.5, kMessages), 19 * microseconds(50), "spread");
  expect_value(spreads.value_at_quantile_of(1, kMessages), 19 * microseconds(50), "spread");
  EXPECT_EQ(recorder.first_decile.count(), 2 * kMessages);
  EXPECT_EQ(recorder.last_decile.count(), 2 * kMessages);
  expect_value(recorder.first_decile.value_at_quantile_of(1, 2 * kMessages), kBase + microseconds(50), "second of 20");
  expect_value(recorder.last_decile.value_at_quantile_of(0.5, 2 * kMessages), kBase + 18 * microseconds(50), "19th");
}

TEST(Calibration, ALinkOf1500BytesIsModelledFromWhatIsReadAtOnce) {
  ByteCount count;
  const auto transfer = [&count](std::size_t bytes) {
    const ByteCount before = count;
    count.add_transfer(bytes);
    EXPECT_EQ(count.total - before.total, bytes);
    return std::pair(count.link_segments - before.link_segments,
                     count.link_acknowledgements - before.link_acknowledgements);
  };
  EXPECT_EQ(transfer(1), std::pair(std::uint64_t{1}, std::uint64_t{1}));
  EXPECT_EQ(transfer(1448), std::pair(std::uint64_t{1}, std::uint64_t{1}));
  EXPECT_EQ(transfer(1449), std::pair(std::uint64_t{2}, std::uint64_t{1}));
  EXPECT_EQ(transfer(3 * 1448), std::pair(std::uint64_t{3}, std::uint64_t{2}));
  EXPECT_EQ(transfer(1 << 20), std::pair(std::uint64_t{725}, std::uint64_t{363}));
  const ByteCount before = count;
  count.add_transfer(1440, 22);  // a record of TLS 1.3
  EXPECT_EQ(count.link_segments - before.link_segments, 2U);
  EXPECT_EQ(count.total - before.total, 1440U) << "what TLS adds is counted apart";
}

TEST(Calibration, AConnectionCostsSevenSegmentsOfItsOwn) {
  SessionCounts counts;
  counts.add_connection_begin();
  EXPECT_EQ(counts.sent.link_segments, 2U) << "SYN, ACK";
  EXPECT_EQ(counts.received.link_segments, 1U) << "SYN with ACK";
  counts.add_connection_end();
  EXPECT_EQ(counts.sent.link_segments + counts.received.link_segments, 7U);
  EXPECT_EQ(counts.received.link_segments, 3U);
  EXPECT_EQ(counts.sent.total + counts.received.total, 0U);
}

TEST(Calibration, AMessageThatTheBorderOfTheWindowCutsLeavesNoNegativeFraming) {
  ByteCount count;
  count.total = 1'000;  // the end of a message of 1 MiB: the window began in the middle of it
  count.payload = 1 << 20;
  EXPECT_EQ(count.framing(), 0U);
  count.total = (1 << 20) + 14;
  EXPECT_EQ(count.framing(), 14U);
}

TEST(Calibration, WhatTlsAddsIsToldOnce) {
  net::TlsCounts::Direction direction;
  direction.wire = 122;
  direction.plain = 100;
  EXPECT_EQ(direction.new_overhead(), 22U);
  EXPECT_EQ(direction.new_overhead(), 0U);
  direction.wire += 50;  // half a record
  EXPECT_EQ(direction.new_overhead(), 50U);
  direction.wire += 72;
  direction.plain += 100;
  EXPECT_EQ(direction.new_overhead(), 0U) << "its 22 bytes are among the 50 that were told";
}

}  // namespace
}  // namespace loadgen
