#include "net/timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "net/clock.h"
#include "net/loop.h"

namespace net {
namespace {

using std::chrono::milliseconds;

struct Recorder final : Timer::Handler {
  void on_timer(Timer& timer) override {
    fired.push_back(&timer);
    if (on_fire) on_fire(timer);
  }
  std::vector<Timer*> fired;
  std::function<void(Timer&)> on_fire;
};

TEST(Timers, FireInTheOrderOfTheirDeadlinesAndNeverEarly) {
  Loop loop;
  Recorder recorder;
  const wire::Time start = now();
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<int> order(50);
  for (int i = 0; i < 50; ++i) order[static_cast<std::size_t>(i)] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(7));
  for (int i = 0; i < 50; ++i) timers.push_back(std::make_unique<Timer>());
  for (const int i : order) {
    timers[static_cast<std::size_t>(i)]->start(loop.timers(), start + std::chrono::microseconds(200 * i), recorder);
  }
  recorder.on_fire = [&](Timer& timer) {
    EXPECT_EQ(&timer, timers[recorder.fired.size() - 1].get());
    EXPECT_GE(now(), start + std::chrono::microseconds(200 * (recorder.fired.size() - 1)));
    if (recorder.fired.size() == 50) loop.stop();
  };
  loop.run();
  EXPECT_EQ(recorder.fired.size(), 50U);
  EXPECT_EQ(loop.timers().size(), 0U);
}

TEST(Timers, StoppedAndRestartedTimersFireAsLastAsked) {
  Loop loop;
  Recorder recorder;
  Timer stopped;
  Timer moved;
  Timer last;
  const wire::Time start = now();
  stopped.start(loop.timers(), start + milliseconds(1), recorder);
  moved.start(loop.timers(), start + milliseconds(1), recorder);
  last.start(loop.timers(), start + milliseconds(4), recorder);
  stopped.stop();
  moved.start(loop.timers(), start + milliseconds(3), recorder);
  recorder.on_fire = [&](Timer& timer) {
    if (&timer == &last) loop.stop();
  };
  loop.run();
  EXPECT_EQ(recorder.fired, (std::vector<Timer*>{&moved, &last}));
}

TEST(Timers, ATimerRestartedInThePastLetsOthersAndTheLoopHaveTheirTurn) {
  Loop loop;
  Recorder recorder;
  Timer busy;
  int rounds = 0;
  recorder.on_fire = [&](Timer& timer) {
    if (++rounds < 1'000) timer.start(loop.timers(), wire::Time{}, recorder);
  };
  busy.start(loop.timers(), wire::Time{}, recorder);
  loop.post([&] {
    EXPECT_LT(rounds, 1'000);  // the post came in between
    loop.stop();
  });
  loop.run();
}

TEST(Timers, RandomStartsAndStopsKeepTheHeapInOrder) {
  Loop loop;
  Recorder recorder;
  std::mt19937 random(11);
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<wire::Time> deadlines(300);
  const wire::Time start = now();
  for (int i = 0; i < 300; ++i) timers.push_back(std::make_unique<Timer>());
  for (int step = 0; step < 5'000; ++step) {
    const std::size_t i = random() % timers.size();
    if (random() % 3 == 0) {
      timers[i]->stop();
    } else {
      deadlines[i] = start + std::chrono::microseconds(random() % 2'000);
      timers[i]->start(loop.timers(), deadlines[i], recorder);
    }
  }
  const std::size_t active = loop.timers().size();
  ASSERT_GT(active, 0U);
  wire::Time previous{};
  recorder.on_fire = [&](Timer& timer) {
    const auto place = std::find_if(timers.begin(), timers.end(), [&](const auto& t) { return t.get() == &timer; });
    const wire::Time deadline = deadlines[static_cast<std::size_t>(place - timers.begin())];
    EXPECT_LE(previous, deadline);
    previous = deadline;
    if (recorder.fired.size() == active) loop.stop();
  };
  loop.run();
  EXPECT_EQ(recorder.fired.size(), active);
}

}  // namespace
}  // namespace net
