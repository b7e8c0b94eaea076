#include "loadgen/target/cost_meter.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "child.h"

namespace loadgen {
namespace {

// Uses 30 ms of CPU time whenever it is told to, in a thread that ends with it.
constexpr const char* kWork =
    "import signal, threading, time\n"
    "def serve():\n"
    "    while time.thread_time() < 0.03: pass\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n"
    "print('ready', flush=True)\n"
    "while True:\n"
    "    signal.sigwait({signal.SIGUSR1})\n"
    "    thread = threading.Thread(target=serve); thread.start(); thread.join()\n"
    "    print('served', flush=True)\n";

class CostMeterTest : public testing::Test {
 protected:
  CostMeterTest() {
    scenario_.path = "s.yaml";
    scenario_.target.reference = false;
    scenario_.target.url = "http://127.0.0.1:1/";
    scenario_.target.process = {.by = ProcessSelector::By::kPid, .number = server_.pid(), .command = {}};
    programs_.emplace(scenario_, "", std::vector<std::string>{});
    meter_.emplace(*programs_, false);
  }
  void serve() {
    kill(server_.pid(), SIGUSR1);
    EXPECT_EQ(server_.next_line(), "served");
  }

  static constexpr Nanos kServing = std::chrono::milliseconds(30);
  Child server_{python(kWork)};
  Scenario scenario_;
  std::optional<Programs> programs_;
  std::optional<CostMeter> meter_;
};

TEST_F(CostMeterTest, TellsTheCpuTimeOfTheWindowAndNothingAroundIt) {
  meter_->before();
  meter_->ramped();
  serve();
  meter_->begin_measure();
  serve();
  serve();
  meter_->end_measure();
  const auto ended = cpu_of(server_.pid());
  serve();
  meter_->measured();
  const TargetCost cost = meter_->finish(0);
  ASSERT_TRUE(cost.server && cost.server->cpu && ended);
  EXPECT_GE(*cost.server->cpu, 2 * kServing) << "of threads that have ended";
  EXPECT_LE(*cost.server->cpu, *ended - kServing) << "not what it used before, nor while its memory was read";
  EXPECT_GT(cost.server->rss_bytes, 1U << 20) << "read after the window";
  EXPECT_NE(cost.server->command.find("python3"), std::string::npos);
}

TEST_F(CostMeterTest, TellsTheCpuTimeOfTheIdlePhaseAlone) {
  meter_->before();
  meter_->ramped();
  serve();
  meter_->begin_idle();
  meter_->end_idle();
  serve();
  const TargetCost cost = meter_->finish(0);
  ASSERT_TRUE(cost.server && cost.server->idle_cpu);
  EXPECT_LT(*cost.server->idle_cpu, kServing) << "it waited";
  EXPECT_FALSE(cost.server->cpu) << "`measure` was not reached";
}

}  // namespace
}  // namespace loadgen
