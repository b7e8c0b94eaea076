#include "loadgen/run/interval_recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace loadgen {
namespace {

using std::chrono::milliseconds;
constexpr wire::Time kStart{std::chrono::hours(1)};

TEST(Slicer, CutsWhatWasRecordedAndPutsItBackAtTheEnd) {
  Slicer slicer;
  measure::Histogram recording;
  slicer.start(kStart, milliseconds(10));
  recording.record(1'000, 5);
  slicer.note_lag(milliseconds(3));
  slicer.note_lag(milliseconds(2));
  slicer.cut(recording, kStart + milliseconds(1'000), milliseconds(610));
  EXPECT_EQ(recording.count(), 0u);
  Slice* slice = slicer.take();
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slicer.take(), nullptr) << "once";
  EXPECT_EQ(slice->latency.count(), 5u);
  EXPECT_EQ(slice->length, milliseconds(1'000));
  EXPECT_EQ(slice->busy, milliseconds(400));
  EXPECT_EQ(slice->lag, milliseconds(3));
  slicer.give_back(slice);
  recording.record(2'000, 7);
  slicer.finish(recording, kStart + milliseconds(1'500), milliseconds(700));
  EXPECT_EQ(slicer.last().latency.count(), 7u);
  EXPECT_EQ(slicer.last().lag, milliseconds(0));
  EXPECT_EQ(recording.count(), 12u);
}

TEST(Slicer, AnIntervalGrowsWhileTheControllerHoldsTheLast) {
  Slicer slicer;
  measure::Histogram recording;
  slicer.start(kStart, milliseconds(0));
  recording.record(1'000);
  slicer.cut(recording, kStart + milliseconds(1'000), milliseconds(0));
  recording.record(1'000);
  slicer.cut(recording, kStart + milliseconds(2'000), milliseconds(0));
  EXPECT_EQ(recording.count(), 1u) << "not cut";
  slicer.give_back(slicer.take());
  slicer.cut(recording, kStart + milliseconds(3'000), milliseconds(0));
  const Slice* slice = slicer.take();
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->latency.count(), 1u);
  EXPECT_EQ(slice->length, milliseconds(2'000));
}

TEST(Slicer, LosesNothingBetweenTwoThreads) {
  Slicer slicer;
  measure::Histogram recording;
  constexpr std::uint64_t kValues = 20'000;
  std::atomic<bool> done{false};
  std::uint64_t seen = 0;
  slicer.start(kStart, milliseconds(0));
  std::thread worker([&] {
    for (std::uint64_t i = 0; i < kValues; ++i) {
      recording.record(static_cast<std::int64_t>(i));
      if (i % 100 == 0) slicer.cut(recording, kStart, milliseconds(0));
    }
    slicer.finish(recording, kStart, milliseconds(0));
    done = true;
  });
  const auto gather = [&] {
    Slice* slice = slicer.take();
    if (slice == nullptr) return;
    seen += slice->latency.count();
    slicer.give_back(slice);
  };
  while (!done) gather();
  worker.join();
  gather();
  EXPECT_EQ(seen + slicer.last().latency.count(), kValues);
  EXPECT_EQ(recording.count(), kValues);
}

}  // namespace
}  // namespace loadgen
