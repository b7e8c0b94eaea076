#include "loadgen/run/run_monitor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "loadgen/clients/techniques.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Silence final : public Publishing {
 public:
  void start() override {}
  void publish_from(wire::Time) override {}
  void stop() override {}
  void finish() override {}
  std::uint64_t published() const override { return 0; }
  std::vector<std::uint64_t> unpublished() const override { return {}; }
  std::uint64_t next() const override { return 0; }
  measure::Histogram send_lag() const override { return {}; }
  Failures failures() const override { return {}; }
};

// One worker that does not run: the test cuts its slices.
class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    fixture_.scenario.phases = {.ramp = seconds(30), .memory = {}, .measure = hours(1), .drain = Nanos(0)};
    fixture_.variant.technique = find_technique("sse");
    fixture_.spec.interval_log = log_;
    workers_.push_back(std::make_unique<Worker>(fixture_.spec, publish_start_, 0, 1, Worker::Events{}));
    slicer().start(now_, idle_);
    monitor_.emplace(loop_, fixture_.spec, workers_, silence_, 0);
    monitor_->begin(now_);
  }
  ~WatchTest() override { std::filesystem::remove(log_); }
  Slicer& slicer() { return workers_[0]->slicer(); }
  // One more second, `busy` of it, with `deliveries`; it is cut as a worker does it, when it has been asked.
  void second(Nanos busy, std::uint64_t deliveries) {
    now_ += seconds(1);
    idle_ += seconds(1) - busy;
    monitor_->second(now_);
    measure::Histogram latency;
    latency.record(1'000'000, deliveries);
    slicer().cut(latency, now_, idle_);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::ifstream file(log_);
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("Tag=")) found.push_back(line.substr(0, line.rfind(',')));
    }
    return found;
  }

  const std::string log_ = std::filesystem::temp_directory_path() / ("watch-test-" + std::to_string(getpid()));
  RunFixture fixture_;
  std::atomic<std::int64_t> publish_start_{kNotStarted};
  net::Loop loop_;
  Silence silence_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<RunMonitor> monitor_;
  wire::Time now_{hours(5)};
  Nanos idle_{0};
};

TEST_F(WatchTest, ARowOfSeveralSecondsKeepsTheBusiestOfThem) {
  monitor_->begin_measure(now_);
  for (int i = 1; i <= 7; ++i) second(i == 3 ? milliseconds(950) : milliseconds(100), 10);
  const std::vector<SeriesRow> rows = monitor_->finish(now_ + milliseconds(500));
  ASSERT_EQ(rows.size(), 3U) << "before `measure`, six seconds of it, and what came after them";
  EXPECT_FALSE(rows[0].measuring);
  EXPECT_TRUE(rows[1].measuring && rows[2].measuring);
  EXPECT_EQ(rows[1].length, seconds(6)) << "an hour has 600 rows";
  EXPECT_DOUBLE_EQ(rows[1].busy, 0.95) << "of a second, not of the six";
  EXPECT_EQ(rows[1].latencies, 60U);
  EXPECT_DOUBLE_EQ(rows[2].busy, 0.1);
  EXPECT_EQ(rows[2].latencies, 10U);
  EXPECT_EQ(rows[2].length, milliseconds(1'500));
}

TEST_F(WatchTest, TheLogHasALineForEachSecondHoweverLongARowIs) {
  monitor_->begin_measure(now_);
  for (int i = 1; i <= 6; ++i) second(milliseconds(100), i == 2 ? 0 : 10);
  monitor_->finish(now_);
  EXPECT_EQ(lines(), (std::vector<std::string>{
                         "Tag=delivery_latency,0.000,1.000,1.000", "Tag=delivery_latency,2.000,1.000,1.000",
                         "Tag=delivery_latency,3.000,1.000,1.000", "Tag=delivery_latency,4.000,1.000,1.000",
                         "Tag=delivery_latency,5.000,1.000,1.000"}))
      << "but for seconds in which nothing arrived";
}

TEST(SeriesSteps, NeitherTheWaitNorTheMeasuringHasMoreThan600Rows) {
  const SeriesSteps hour = series_steps({.memory = {}, .measure = hours(1), .drain = Nanos(0)});
  EXPECT_EQ(hour.before, seconds(1));
  EXPECT_EQ(hour.measure, seconds(6));
  const SeriesSteps day = series_steps({.memory = {}, .idle = hours(24), .measure = seconds(10)});
  EXPECT_EQ(day.before, seconds(145)) << "a day of waiting";
  EXPECT_EQ(day.measure, seconds(1)) << "does not blur ten seconds of measuring";
  const SeriesSteps stops =
      series_steps({.ramp = minutes(5), .memory = {.counts = {10, 20}, .settle = minutes(15)}, .measure = seconds(10)});
  EXPECT_EQ(stops.before, seconds(5)) << "each number of subscribers has its ramp and its wait";
}

}  // namespace
}  // namespace loadgen
