#include "loadgen/campaign/preflight.h"

#include <gtest/gtest.h>

#include "fake_system.h"

namespace loadgen {
namespace {

class PreflightTest : public testing::Test {
 protected:
  // A machine that carries a thousand subscribers with ease.
  PreflightTest() {
    scenario.subscribers = 1000;
    scenario.publish.rate = {10, std::chrono::seconds(1)};
    system.write("proc/sys/fs/file-max", "9223372036854775807\n");
    system.write("proc/sys/fs/file-nr", "1325\t0\t9223372036854775807\n");
    system.write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    system.write("proc/sys/net/ipv4/tcp_tw_reuse", "2\n");
    system.write("proc/sys/net/core/somaxconn", "4096\n");
    system.write("proc/sys/net/ipv4/tcp_max_syn_backlog", "512\n");
    system.write("proc/sys/net/ipv4/tcp_syncookies", "1\n");
    system.write("proc/sys/net/ipv4/tcp_mem", "287901\t383869\t575802\n");
    system.write("proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n");
    system.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    system.write("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm \n");
  }
  std::vector<Preflight> checks() { return preflight(scenario, limits, system.files()); }
  Preflight of(const std::string& subject) {
    for (const Preflight& check : checks()) {
      if (check.subject == subject) return check;
    }
    ADD_FAILURE() << "no check of " << subject;
    return {};
  }
  void expect(const std::string& subject, Level level, const std::string& fix) {
    const Preflight check = of(subject);
    EXPECT_EQ(level_name(check.level), level_name(level)) << subject;
    EXPECT_EQ(check.fix, fix);
  }

  // At a server that is not the reference server.
  void aim(const std::string& url) {
    scenario.target.reference = false;
    scenario.target.url = url;
  }
  Variant& use(const std::string& name, std::vector<OptionValue> options) {
    scenario.variants.clear();
    return scenario.variants.emplace_back(Variant{find_technique(name), "", std::move(options), 1});
  }
  // The options of socketio with this transport.
  static std::vector<OptionValue> transport(std::int64_t number) {
    std::vector<OptionValue> options(find_technique("socketio")->options.size());
    options.front().number = number;
    return options;
  }
  static constexpr std::int64_t kUpgrade = 0, kPolling = 1, kWebSocket = 2;

  FakeSystem system;
  Scenario scenario;
  ProcessLimits limits{20'000, false, 2};
};

TEST_F(PreflightTest, AMachineWithRoomHasNoProblem) {
  EXPECT_EQ(checks().size(), 8u);
  EXPECT_EQ(preflight_text(checks(), true), "");
  EXPECT_FALSE(is_fatal(checks()));
}

TEST_F(PreflightTest, TooFewDescriptorsAreHopelessUnlessThreadsMayHaveTheirOwn) {
  scenario.subscribers = 30'000;
  expect("file descriptors", Level::kInvalid, "ulimit -Hn 30124 (as root; or set nofile in /etc/security/limits.conf)");
  EXPECT_TRUE(is_fatal(checks()));
  EXPECT_EQ(refusal(scenario, checks()), "30000 subscribers do not fit on this machine: about 19876 do");
  limits.own_tables = true;
  expect("file descriptors", Level::kInfo, "");
}

TEST_F(PreflightTest, WhatTheKernelAllowsNobodyToHaveIsRaisedFirst) {
  scenario.subscribers = 1'200'000;
  system.write("proc/sys/fs/nr_open", "1048576\n");
  EXPECT_TRUE(of("file descriptors").fix.starts_with("sysctl -w fs.nr_open=1200124 && ulimit -Hn 1200124 (as root;"));
}

TEST_F(PreflightTest, SocketIoHoldsAsManyConnectionsAsItsTransportTakes) {
  const std::pair<std::int64_t, std::string> kRows[] = {
      {kWebSocket, "1,124"}, {kPolling, "2,124"}, {kUpgrade, "3,124"}};
  for (const auto& [number, needed] : kRows) {
    use("socketio", transport(number));
    EXPECT_EQ(of("file descriptors").needed, needed);
  }
}

TEST_F(PreflightTest, SubscribersThatPublishByPostHoldAConnectionMore) {
  scenario.publish.from = PublishFrom::kSubscribers;
  use("sse", {});
  EXPECT_EQ(of("file descriptors").needed, "2,124");
  use("websocket", std::vector<OptionValue>(find_technique("websocket")->options.size()));
  EXPECT_EQ(of("file descriptors").needed, "1,124") << "they publish over the connection that they have";
}

TEST_F(PreflightTest, ConnectionsOfOneSessionDoNotFitWhereEachThreadHasATable) {
  scenario.subscribers = 12'000;
  limits.own_tables = true;
  use("socketio", transport(kWebSocket));
  EXPECT_FALSE(is_fatal(checks()));
  use("socketio", transport(kPolling));
  EXPECT_EQ(of("file descriptors").limit, "20,000 a table, and those of a session of socketio must be in one");
  EXPECT_TRUE(is_fatal(checks()));
  EXPECT_EQ(refusal(scenario, checks()), "12000 subscribers do not fit on this machine: about 9938 do");
}

TEST_F(PreflightTest, TheSystemsOpenFilesCountEveryEndOnThisMachine) {
  system.write("proc/sys/fs/file-max", "3000\n");
  expect("open files, all programs", Level::kInvalid, "sysctl -w fs.file-max=3541");
  aim("http://127.0.0.1:${nchan.port}");
  EXPECT_EQ(of("open files, all programs").needed, "3,541");
  aim("http://192.0.2.1");
  EXPECT_EQ(of("open files, all programs").needed, "2,433");
}

TEST_F(PreflightTest, LoopbackHasASourceAddressForEach14000Connections) {
  scenario.subscribers = 100'000;
  EXPECT_EQ(of("source ports").limit, "28,232 x 8 source addresses");
  EXPECT_EQ(of("source ports").level, Level::kInfo);
}

TEST_F(PreflightTest, FewerSubscribersShareASourceAddressWhereEachHoldsSeveralConnections) {
  scenario.subscribers = 14'000;
  EXPECT_EQ(scenario.source_count(), 1u);
  use("socketio", transport(kPolling));
  EXPECT_EQ(of("source ports").limit, "28,232 x 2 source addresses");
  EXPECT_EQ(of("source ports").needed, "28,000");
}

TEST_F(PreflightTest, ARemoteTargetHasTheRangeOnceForEachSourceAddress) {
  constexpr auto kCure = "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", or source_addresses in the scenario";
  scenario.target.reference = false;
  scenario.target.url = "http://192.0.2.1";
  scenario.subscribers = 25'000;
  expect("source ports", Level::kWarn, kCure);
  scenario.subscribers = 30'000;
  expect("source ports", Level::kInvalid, kCure);
  EXPECT_EQ(scenario.sources.add("127.0.1.1-127.0.1.3"), "");
  EXPECT_EQ(of("source ports").limit, "28,232 x 3 source addresses");
  expect("source ports", Level::kInfo, "");
}

TEST_F(PreflightTest, ALocalServerOfSomebodyElseIsReachedFromManySourceAddresses) {
  scenario.target.reference = false;
  scenario.target.url = "http://127.0.0.1:${nginx.port}";
  scenario.subscribers = 30'000;
  EXPECT_EQ(of("source ports").limit, "28,232 x 3 source addresses");
}

TEST_F(PreflightTest, ASourceAddressOfAnotherMachineIsHopeless) {
  EXPECT_EQ(scenario.sources.add("127.0.0.9"), "");
  EXPECT_FALSE(is_fatal(checks()));
  EXPECT_EQ(scenario.sources.add("192.0.2.77"), "");
  expect("source address 192.0.2.77", Level::kInvalid, "ip address add 192.0.2.77 dev INTERFACE");
}

TEST_F(PreflightTest, AConnectionForEachPollHoldsPortsInTimeWait) {
  TechniqueInfo technique{};
  technique.traits = [](std::span<const OptionValue>) -> Traits {
    return {.polls = PollSchedule{"interval", std::chrono::seconds(1)}, .connects_anew = true};
  };
  scenario.variants.push_back({&technique, "", {}, 1});
  EXPECT_EQ(of("source ports").needed, "2,000");  // reused after a second on loopback
  system.write("proc/sys/net/ipv4/tcp_tw_reuse", "0\n");
  EXPECT_EQ(of("source ports").needed, "61,000");
  EXPECT_EQ(of("source ports").level, Level::kWarn);
}

TEST_F(PreflightTest, ShortListenQueuesAreWarnedOf) {
  system.write("proc/sys/net/core/somaxconn", "128\n");
  expect("net.core.somaxconn", Level::kWarn, "sysctl -w net.core.somaxconn=1000");
  expect("net.ipv4.tcp_max_syn_backlog", Level::kInfo, "");
  system.write("proc/sys/net/ipv4/tcp_syncookies", "0\n");
  expect("net.ipv4.tcp_max_syn_backlog", Level::kWarn, "sysctl -w net.ipv4.tcp_max_syn_backlog=1000");
}

TEST_F(PreflightTest, SocketMemoryHoldsAMessageForEachSubscriber) {
  system.write("proc/sys/net/ipv4/tcp_mem", "600\t800\t1200\n");
  expect("net.ipv4.tcp_mem", Level::kWarn, "sysctl -w net.ipv4.tcp_mem=\"750 1000 1500\"");
}

TEST_F(PreflightTest, MemoryForTheSubscribersAskedIsReckoned) {
  scenario.subscribers = 1'000'000;
  limits.own_tables = true;
  const Preflight check = of("memory");
  EXPECT_EQ(check.level, Level::kInvalid);
  EXPECT_EQ(check.needed, "11.7 GiB") << "with the recorders of 52 threads";
  EXPECT_EQ(check.fix, "about 314,553 subscribers fit");
}

TEST_F(PreflightTest, MemoryOfConnectionsIsThatOfTheirEndsWithTlsAndWhatDecompresses) {
  scenario.subscribers = 10'000;
  std::vector<OptionValue> options(find_technique("websocket")->options.size());
  Variant& variant = use("websocket", options);
  EXPECT_EQ(of("memory").needed, "184 MiB") << "64 of programs, 3 of a thread, 12 KiB a subscriber";
  variant.tls.enabled = true;
  EXPECT_EQ(of("memory").needed, "575 MiB") << "20 KiB more at each end";
  variant.options[1].number = 1;  // deflate: on
  EXPECT_EQ(of("memory").needed, "1005 MiB") << "44 KiB more at the client's";
}

TEST_F(PreflightTest, MemoryForTheMessagesOfALongRunIsReckoned) {
  scenario.threads = 4;
  scenario.publish.rate = {10'000, std::chrono::seconds(1)};
  scenario.phases.measure = std::chrono::hours(1);
  EXPECT_EQ(of("memory").level, Level::kInfo);
  EXPECT_EQ(of("memory").needed, "2.23 GiB")
      << "36,000,000 messages, 16 bytes each in each of 4 threads, and what each has else";
  scenario.phases.measure = std::chrono::hours(2);
  expect("memory", Level::kInvalid,
         "a shorter phases.measure: its messages are 4.29 GiB, 16 bytes each in each of 4 threads");
}

TEST_F(PreflightTest, ConnectionTrackingIsCheckedWhereItIsLoaded) {
  system.write("proc/sys/net/netfilter/nf_conntrack_max", "1024\n");
  system.write("proc/sys/net/netfilter/nf_conntrack_count", "100\n");
  expect("net.netfilter.nf_conntrack_max", Level::kWarn, "sysctl -w net.netfilter.nf_conntrack_max=2200");
}

TEST_F(PreflightTest, ASlowClockNamesTheFastOne) {
  system.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  expect("clock source", Level::kWarn, "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource");
}

TEST_F(PreflightTest, WhatTheKernelDoesNotTellIsLeftOut) {
  FakeSystem bare;
  const auto list = preflight(scenario, limits, bare.files());
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].subject, "file descriptors");
}

TEST_F(PreflightTest, TheTextSaysLimitNeedAndCommand) {
  system.write("proc/sys/net/core/somaxconn", "128\n");
  EXPECT_EQ(
      preflight_text(checks(), true),
      "  little      net.core.somaxconn              128, needed 1,000; lift it: sysctl -w net.core.somaxconn=1000\n");
}

}  // namespace
}  // namespace loadgen
