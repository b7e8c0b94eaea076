// Rules about the generator, the network and the machine.
#include "rules_fixture.h"

namespace loadgen {
namespace {

TEST_F(Rules, Rule9TellsABusyThreadAndIsInvalidWhenItIsBusyForLong) {
  SeriesRow row;
  row.measuring = true;
  row.busy = 0.5;
  result.series.assign(10, row);
  EXPECT_EQ(said(9), "");
  result.series[3].busy = 0.93;
  EXPECT_EQ(said(9), "warn: generator thread at 93 % in 1 of 10 windows: latency includes the generator");
  result.series[4].busy = result.series[5].busy = 0.9;
  EXPECT_EQ(said(9), "invalid: generator thread at 93 % in 3 of 10 windows: latency includes the generator");
  for (SeriesRow& any : result.series) any.measuring = false;
  EXPECT_EQ(said(9), "") << "the ramp may be as busy as it likes";
}

TEST_F(Rules, Rule10TellsBytesThatLayUnread) {
  result.recorder.read_delay.record(20'000, 2'000);
  EXPECT_EQ(said(10), "");
  result.recorder.read_delay.record(1'750'000, 40);
  EXPECT_EQ(said(10), "warn: client read delay p99 1.75 ms = 35 % of the measured p99");
  result.recorder.read_delay.record(4'000'000, 100);
  EXPECT_EQ(said(10), "invalid: client read delay p99 4.00 ms = 80 % of the measured p99");
}

TEST_F(Rules, Rule10TellsWhatIsNearTheFloorOfTheTool) {
  result.baseline_p50 = 2'400'000;
  EXPECT_EQ(said(10), "");
  result.baseline_p50 = 2'600'000;
  EXPECT_EQ(said(10),
            "warn: p50 5.00 ms is < 2 x the tool's own floor (2.60 ms): most of it is the tool's and the kernel's");
}

TEST_F(Rules, Rule12TellsStallsOfTheProbe) {
  for (int i = 0; i < 1'000; ++i) result.jitter.woke(std::chrono::microseconds(60));
  EXPECT_EQ(said(12), "");
  for (int i = 0; i < 12; ++i) result.jitter.woke(std::chrono::milliseconds(8));
  EXPECT_EQ(said(12).substr(0, 57), "warn: 12 stalls > 5 ms of a thread that only wants to run");
  result.jitter.woke(std::chrono::seconds(3));
  EXPECT_EQ(said(12).substr(0, 8), "invalid:");
}

TEST_F(Rules, Rule10TellsLateLoops) {
  result.recorder.loop_lag.record(100'000, 1'000);
  EXPECT_EQ(said(10), "");
  result.recorder.loop_lag.record(4'000'000, 100);
  EXPECT_EQ(said(10), "warn: generator loop lag p99 4.00 ms = 80 % of the measured p99");
}

TEST_F(Rules, Rule12TellsStealAndThrottling) {
  result.machine.ticks = 2'000;
  result.machine.stolen_ticks = 10;
  result.machine.throttled = 0;
  EXPECT_EQ(said(12), "");
  result.machine.stolen_ticks = 82;
  EXPECT_EQ(said(12), "warn: steal 4.1 %: the hypervisor ran somebody else");
  result.machine.stolen_ticks = 0;
  result.machine.throttled = 12;
  result.machine.throttled_time = std::chrono::milliseconds(84);
  EXPECT_EQ(said(12), "warn: the CPU quota of this cgroup stopped it 12 times, 84.0 ms in all");
  result.machine.throttled_time = std::chrono::seconds(3);
  EXPECT_EQ(said(12), "invalid: the CPU quota of this cgroup stopped it 12 times, 3.00 s in all");
}

TEST_F(Rules, Rule18TellsWhatASlowClockCosts) {
  host.clock_read = Nanos(1'900);
  EXPECT_EQ(said(18), "");
  host.clocksource = "acpi_pm";
  EXPECT_EQ(said(18), "warn: clocksource acpi_pm: 1.90 µs per read");
}

TEST_F(Rules, Rule20TellsPollsInStepWithPublishing) {
  EXPECT_EQ(said(20), "");
  result.topic_period = std::chrono::seconds(2);
  EXPECT_EQ(said(20), "warn: publish period is 2 x the interval of polling: data age is an aliasing artefact");
  EXPECT_EQ(result.verdict, Verdict::kDoubtful);
  for (const auto drifting : {PollSchedule::Timing::kFixedDelay, PollSchedule::Timing::kClosed}) {
    set_timing(drifting);
    EXPECT_EQ(said(20), "") << static_cast<int>(drifting);
  }
  set_timing(PollSchedule::Timing::kFixedRate);
  result.topic_period = Nanos(0);
  EXPECT_EQ(said(20), "") << "messages that are not evenly apart";
}

TEST_F(Rules, Rule20CountsTheMessagesOfOneTopic) {
  result.topics = 10;
  result.topic_period = std::chrono::seconds(1);
  EXPECT_EQ(said(20),
            "warn: publish period of a topic is 1 x the interval of polling: data age is an aliasing artefact");
}

TEST_F(Rules, Rules22And30TellOfEveryServerOnThisMachine) {
  host.cores = 2;
  const auto told = [&](const std::string& url) {
    fixture.scenario.target.reference = false;
    fixture.scenario.target.url = url;
    return std::pair(!said(22).empty(), !said(30).empty());
  };
  EXPECT_EQ(told("http://127.0.0.1:8080"), std::pair(true, true));
  EXPECT_EQ(told("http://localhost:8080"), std::pair(true, true));
  EXPECT_EQ(told("http://192.0.2.1:8080"), std::pair(false, false));
}

TEST_F(Rules, Rule21SeesAPeakAtTheDelayOfAnAcknowledgement) {
  deliver(900, 41'000'000);
  EXPECT_EQ(said(21), "") << "4.3 % are too few";
  deliver(900, 42'500'000);
  EXPECT_EQ(said(21), "warn: 8.26 % of deliveries cluster at 40.0 ms: Nagle + delayed ACK on the server?");
}

TEST_F(Rules, Rule21SeesTheOtherSystemsDelayToo) {
  deliver(4'000, 203'000'000);
  EXPECT_EQ(said(21), "warn: 16.7 % of deliveries cluster at 200 ms: Nagle + delayed ACK on the server?");
}

TEST_F(Rules, Rule21AccusesNoBroadDistribution) {
  for (std::int64_t ms = 1; ms <= 100; ++ms) deliver(1'000, ms * 1'000'000);  // as polling every 100 ms has it
  EXPECT_EQ(said(21), "");
  deliver(20'000, 47'000'000);  // a peak, but at another place
  EXPECT_EQ(said(21), "");
}

TEST_F(Rules, Rule23TellsSourceAddressesAndAnEndOfPorts) {
  EXPECT_EQ(said(23), "");
  fixture.scenario.subscribers = 40'000;
  EXPECT_EQ(said(23), "info: 40,000 connections use 3 source addresses, 127.0.0.1 to 127.0.0.3");
  result.failures.add(Failure::kNoPorts, "EADDRNOTAVAIL");
  EXPECT_EQ(said(23).substr(0, 8), "invalid:");
}

TEST_F(Rules, Rule24TellsAListenQueueThatOverflowed) {
  result.machine_in_ramp.listen_overflows = 0;
  result.machine_in_ramp.listen_drops = 0;
  EXPECT_EQ(said(24), "");
  result.machine_in_ramp.listen_drops = 212;
  EXPECT_EQ(said(24),
            "warn: listen queue overflowed 212 times during ramp: connect times include SYN retries (1 s steps)");
}

TEST_F(Rules, Rules25And30And31TellWhatTheMachineIs) {
  EXPECT_EQ(said(25) + said(30) + said(31), "");
  host.huge_pages = "always";
  EXPECT_EQ(said(25), "warn: THP=always: memory slope may step");
  host.cores = 2;
  EXPECT_EQ(said(30), "warn: 2 cores: generator and server share CPUs; CPU per delivery is valid, capacity is not");
  host.load_average = 1.9;
  EXPECT_EQ(said(31), "warn: machine busy before start (load 1.9 on 2 cores); --wait-idle 120s waits for it to calm");
}

}  // namespace
}  // namespace loadgen
