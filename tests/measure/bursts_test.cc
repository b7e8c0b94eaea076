#include "loadgen/measure/bursts.h"

#include <gtest/gtest.h>

#include <random>

namespace measure {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t kBytes = 200;

// Subscribers that receive what is sent, through something that the test makes up.
struct Watch {
  BurstDetector detector;
  Time start{std::chrono::hours(1)};

  void arrived(Nanos sent, Nanos received, std::uint32_t slot = 0, std::uint64_t bytes = kBytes) {
    detector.arrived(slot, start + sent, start + received, bytes);
  }
  bool fires(Nanos jitter = milliseconds(1)) const { return detector.judge(jitter).has_value(); }
};

constexpr Nanos kPeriod = milliseconds(20);
constexpr Nanos kWay = microseconds(300);

// `messages` at a constant rate; each waits until `size` bytes are there.
void through_buffer(Watch& watch, int messages, std::uint64_t size, std::uint32_t slot = 0) {
  std::vector<Nanos> waiting;
  for (int i = 0; i < messages; ++i) {
    waiting.push_back(i * kPeriod);
    if (waiting.size() * kBytes < size) continue;
    for (const Nanos sent : waiting) watch.arrived(sent, i * kPeriod + kWay, slot);
    waiting.clear();
  }
}

TEST(Bursts, OfABufferThatGoesWhenItIsFullAreFoundWithTheirSize) {
  Watch watch;
  through_buffer(watch, 200, 1'460);
  const auto found = watch.detector.judge(milliseconds(1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->messages, 8U);
  EXPECT_EQ(found->bytes, 1'600U);
  EXPECT_EQ(found->period, 8 * kPeriod);
}

TEST(Bursts, OfABufferThatGoesByTheClockAreFoundWhateverTheirSize) {
  Watch watch;
  std::mt19937 random(1);
  std::exponential_distribution<double> gap(1.0 / 20);
  double sent = 0;
  for (int i = 0; i < 1'000; ++i) {
    sent += gap(random);
    const double flush = std::ceil(sent / 250) * 250;
    watch.arrived(microseconds(static_cast<int>(sent * 1'000)), microseconds(static_cast<int>(flush * 1'000) + 300));
  }
  const auto found = watch.detector.judge(milliseconds(1));
  ASSERT_TRUE(found);
  EXPECT_NEAR(static_cast<double>(found->period.count()), 250e6, 1e6);
}

TEST(Bursts, OfAFullBufferAreFoundUnderRandomArrivalsAndSizes) {
  Watch watch;
  std::mt19937 random(2);
  std::exponential_distribution<double> gap(1.0 / 20);
  std::vector<double> waiting;
  double sent = 0;
  for (int i = 0; i < 2'000; ++i) {
    sent += gap(random);
    waiting.push_back(sent);
    if (waiting.size() < 20) continue;
    for (const double one : waiting)
      watch.arrived(microseconds(static_cast<int>(one * 1'000)), microseconds(static_cast<int>(sent * 1'000) + 300));
    waiting.clear();
  }
  EXPECT_TRUE(watch.fires());
}

TEST(Bursts, AreFoundOverSeveralSubscribersAndThreads) {
  Watch first;
  Watch second;
  for (std::uint32_t slot = 0; slot < 4; ++slot) through_buffer(first, 40, 1'460, slot);
  for (std::uint32_t slot = 4; slot < 8; ++slot) through_buffer(second, 40, 1'460, slot);
  first.detector.merge(second.detector);
  EXPECT_TRUE(first.fires());
}

TEST(Bursts, AreNotSeenInAStream) {
  for (const Nanos period :
       {Nanos(microseconds(50)), Nanos(milliseconds(1)), kPeriod, Nanos(std::chrono::seconds(1))}) {
    Watch watch;
    std::mt19937 random(3);
    for (int i = 0; i < 5'000; ++i) watch.arrived(i * period, i * period + kWay + microseconds(random() % 200));
    EXPECT_FALSE(watch.fires()) << period.count();
  }
}

TEST(Bursts, OfTheScheduleAreNotHeldBack) {
  Watch watch;
  for (int i = 0; i < 500; ++i) {
    for (int k = 0; k < 10; ++k) watch.arrived(i * 10 * kPeriod + microseconds(20 * k), i * 10 * kPeriod + kWay);
  }
  EXPECT_FALSE(watch.fires());
}

TEST(Bursts, BehindAStallNowAndThenAreNoBuffer) {
  Watch watch;
  for (int i = 0; i < 1'000; ++i) {
    const Nanos sent = i * kPeriod;
    const bool stalled = i % 100 >= 70;  // 600 ms of every 2 s
    watch.arrived(sent, stalled ? (i / 100 * 100 + 100) * kPeriod + kWay : sent + kWay);
  }
  EXPECT_FALSE(watch.fires());
}

TEST(Bursts, OfAThreadThatRunsNowAndThenAreNoBuffer) {
  Watch watch;
  std::mt19937 random(4);
  Nanos wakes{0};
  for (int i = 0; i < 5'000; ++i) {
    const Nanos sent = i * Nanos(milliseconds(2));
    while (wakes < sent) wakes += milliseconds(5 + random() % 120);
    watch.arrived(sent, wakes + kWay);
  }
  EXPECT_FALSE(watch.fires()) << "neither alike in size nor in distance";
  Watch throttled;
  for (int i = 0; i < 5'000; ++i)
    throttled.arrived(i * Nanos(milliseconds(2)), (i / 50 + 1) * Nanos(milliseconds(100)) + kWay);
  EXPECT_FALSE(throttled.fires(milliseconds(99))) << "its own lateness explains it";
  EXPECT_TRUE(throttled.fires(milliseconds(1)));
}

TEST(Bursts, OfAServerAtItsLimitAreNoBuffer) {
  Watch watch;
  for (int i = 0; i < 2'000; ++i) {  // collects for 50 ms what it needs the next 50 ms for
    const Nanos sent = i * Nanos(milliseconds(1));
    watch.arrived(sent, (i / 50 + 2) * Nanos(milliseconds(50)));
  }
  EXPECT_FALSE(watch.fires()) << "the last of each waits as long as they took to come together";
}

TEST(Bursts, NeedToBeSeveral) {
  Watch watch;
  through_buffer(watch, 8 * 4, 1'460);
  EXPECT_FALSE(watch.fires());
  EXPECT_FALSE(Watch().fires());
}

}  // namespace
}  // namespace measure
