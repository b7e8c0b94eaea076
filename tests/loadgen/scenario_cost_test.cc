// target.process and phases.memory.
#include "scenario_helpers.h"

namespace loadgen::scenario_tests {
namespace {

std::string target(const std::string& process) {
  return with("target: { url: \"http://127.0.0.1:8080\", process: " + process + " }\n");
}

TEST(ProcessInScenario, IsAPidAPartOfTheCommandOrAPort) {
  EXPECT_EQ(good(target("{ pid: 123 }")).target.process.by, ProcessSelector::By::kPid);
  EXPECT_EQ(good(target("{ pid: 123 }")).target.process.number, 123);
  const ProcessSelector command = good(target("{ command: nginx -p /srv }")).target.process;
  EXPECT_EQ(command.by, ProcessSelector::By::kCommand);
  EXPECT_EQ(command.command, "nginx -p /srv");
  EXPECT_EQ(command.text(), "command: nginx -p /srv");
  EXPECT_EQ(good(target("{ port: 8080 }")).target.process.text(), "port: 8080");
  EXPECT_EQ(good(target("none")).target.process.by, ProcessSelector::By::kNone);
  EXPECT_EQ(good(kMinimal).target.process.by, ProcessSelector::By::kDefault);
  EXPECT_EQ(good(kMinimal, {"target.url=http://127.0.0.1:8080", "target.process.pid=5"}).target.process.number, 5);
}

TEST(SyscallsInScenario, AreCountedWhereItAsks) {
  EXPECT_FALSE(good(target("{ pid: 123 }")).target.count_syscalls);
  EXPECT_TRUE(good(with("target: { url: reference, syscalls: true }\n")).target.count_syscalls);
  EXPECT_NE(errors_of(parse(with("target: { url: reference, syscalls: some }\n"))).find("target.syscalls"),
            std::string::npos);
}

TEST(ProcessInScenario, IsOneThingAndInRange) {
  for (const std::string wrong : {"{}", "{ pid: 1, port: 2 }", "123", "nginx", "[1]", "all"}) {
    EXPECT_NE(errors_of(parse(target(wrong))).find("must be none, or a map of one of pid: 123"), std::string::npos)
        << wrong;
  }
  EXPECT_NE(errors_of(parse(target("{ pid: 0 }"))).find("must be at least 1"), std::string::npos);
  EXPECT_NE(errors_of(parse(target("{ port: 70000 }"))).find("must be at most 65535"), std::string::npos);
  EXPECT_NE(errors_of(parse(target("{ user: root }"))).find("unknown key"), std::string::npos);
}

TEST(TargetInScenario, IsOnLoopbackByItsAddressAndNotByTheBeginningOfItsName) {
  const auto is = [](const std::string& url) {
    const Target target = good(with("target: { url: \"" + url + "\" }\n")).target;
    return std::pair(target.is_loopback(), target.takes_loopback_sources());
  };
  for (const char* url : {"http://127.0.0.1", "https://127.8.9.10:8443/x", "http://localhost:8080/127.0.0.1"})
    EXPECT_EQ(is(url), std::pair(true, true)) << url;
  EXPECT_EQ(is("http://[::1]:8080"), std::pair(true, false));
  for (const char* url : {"http://127.evil.example", "http://127.0.0.1.example:80", "http://localhost.example",
                          "http://localhosting.example", "http://example.org/127.0.0.1", "http://192.0.2.127"})
    EXPECT_EQ(is(url), std::pair(false, false)) << url;
}

TEST(ProcessInScenario, MakesThresholdsOfTheServersCostPossible) {
  const std::string check = "thresholds: [server_cpu_per_delivery < 1ms]\n";
  EXPECT_TRUE(parse(with("target: http://127.0.0.1:1\n" + check)).scenario) << "who listens there may be found";
  EXPECT_TRUE(parse(with("target: http://localhost:1\n" + check)).scenario);
  EXPECT_TRUE(parse(with("target: { url: \"http://example.org\", process: { pid: 5 } }\n" + check)).scenario);
  EXPECT_NE(errors_of(parse(with("target: http://example.org\n" + check))).find("the server's process is not known"),
            std::string::npos);
  EXPECT_NE(errors_of(parse(target("none") + check)).find("the server's process is not known"), std::string::npos);
}

TEST(MemoryInScenario, IsCountsAndAWait) {
  const MemorySettings memory = good(with("phases: { memory: { counts: [2, 5, 10] } }\n")).phases.memory;
  EXPECT_EQ(memory.counts, (std::vector<std::int64_t>{2, 5, 10}));
  EXPECT_EQ(memory.settle, std::chrono::seconds(5));
  EXPECT_TRUE(good(kMinimal).phases.memory.counts.empty());
  EXPECT_EQ(good(with("phases: { memory: { counts: [1, 2, 3], settle: 0s } }\n")).phases.memory.settle, Nanos(0));
}

TEST(MemoryInScenario, NeedsThreeGrowingCountsOfSubscribersThatThereAre) {
  struct Row {
    std::string counts, message;
  };
  for (const Row& row : std::vector<Row>{{"[5, 10]", "must be a list of 3 to 100 numbers"},
                                         {"10", "must be a list of 3 to 100 numbers"},
                                         {"[5, 5, 10]", "must be more than the one before it (5)"},
                                         {"[0, 5, 10]", "must be at least 1"},
                                         {"[1, many, 10]", "'many'"},
                                         {"[1, [2], 10]", "must be a whole number"},
                                         {"[5, 10, 11]", "more than subscribers: there are 10"}}) {
    const std::string errors = errors_of(parse(with("phases: { memory: { counts: " + row.counts + " } }\n")));
    EXPECT_NE(errors.find(row.message), std::string::npos) << row.counts << ": " << errors;
    EXPECT_NE(errors.find("phases.memory.counts"), std::string::npos) << errors;
  }
  EXPECT_NE(errors_of(parse(with("phases: { memory: { settle: 1s } }\n"))).find("missing"), std::string::npos);
}

TEST(MemoryInScenario, IsPartOfTheTimeAndOfThePlan) {
  const Scenario scenario = good(with("phases: { memory: { counts: [2, 5, 10], settle: 2s }, ramp: 10s }\n"));
  const Scenario without = good(with("phases: { ramp: 10s }\n"));
  EXPECT_EQ(run_totals(scenario).at_most - run_totals(without).at_most, std::chrono::seconds(3 * (10 + 2)));
  EXPECT_NE(describe(scenario).find("read at 2, 5, 10 subscribers, 2s after the last of them"), std::string::npos);
}

TEST(MemoryInScenario, AdmitsNoMoreSubscribersThanThereAre) {
  Scenario scenario = good(with("phases: { memory: { counts: [2, 5, 10] } }\n"));
  EXPECT_EQ(scenario.admitted_after(0), 2);
  EXPECT_EQ(scenario.admitted_after(2), 10);
  EXPECT_EQ(scenario.admitted_after(3), 10);
  scenario.subscribers = 4;
  EXPECT_EQ(scenario.admitted_after(1), 4);
  EXPECT_EQ(scenario.admitted_after(3), 4);
}

}  // namespace
}  // namespace loadgen::scenario_tests
