// Rules 14, 25, 28 and 35, and what is said when the server's cost cannot be known.
#include <filesystem>
#include <fstream>

#include "loadgen/campaign/previous_runs.h"
#include "rules_fixture.h"

namespace loadgen {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

MemoryPoint point(std::uint64_t subscribers, std::uint64_t bytes) {
  MemoryPoint made;
  made.subscribers = subscribers;
  made.server.pss_bytes = bytes;
  return made;
}

ServerUsage measured_server() {
  ServerUsage server;
  server.pid = 123;
  server.cpu = seconds(1);
  server.pss_bytes = 1 << 20;
  return server;
}

TEST_F(Rules, ARuntimeWithJitIsToldWithItsWarmUp) {
  result.server = measured_server();
  result.phases.warm_up = seconds(2);
  EXPECT_EQ(said(14), "");
  result.server->runtimes = {"node"};
  EXPECT_EQ(said(14), "info: runtime with JIT (node): 2s warm-up used, 15s are advised (phases.warm-up)");
  result.phases.warm_up = seconds(15);
  EXPECT_EQ(said(14), "info: runtime with JIT (node): 15s warm-up used");
}

TEST_F(Rules, MemoryThatDoesNotGrowInALineIsWarnedAbout) {
  result.memory = {point(1000, 1'000'000), point(2000, 2'000'000), point(4000, 4'000'000)};
  EXPECT_EQ(said(25), "");
  result.memory = {point(1000, 1'000'000), point(2000, 4'000'000), point(4000, 4'100'000)};
  EXPECT_EQ(
      said(25),
      "warn: the server's memory does not grow in a line with its subscribers (r² 0.60 of 3 points): the slope is "
      "not what one of them costs");
}

TEST_F(Rules, SystemCallsThatWereAskedForAndAreNotCountedAreTold) {
  result.server = measured_server();
  result.server->syscalls = 7;
  EXPECT_EQ(said(0), "");
  result.server->syscalls = {};
  result.server->syscalls_unknown = "no";
  EXPECT_EQ(said(0), "info: the server's system calls are not counted: no");
}

TEST_F(Rules, AServerThatEndedOrHidesItsMemoryIsTold) {
  result.server = measured_server();
  EXPECT_EQ(said(0), "");
  result.server->pss_bytes = 0;
  EXPECT_EQ(
      said(0),
      "info: not permitted to read the memory of process 123 (/proc/123/smaps_rollup): run as its user or as root");
  result.server = ServerUsage{};
  result.server->pid = 123;
  result.server->ended = true;
  EXPECT_EQ(said(0), "warn: the measured process 123 ended while it was measured: the server's cost is unknown");
}

class UnlikeSettings : public Rules {
 protected:
  UnlikeSettings() : other(fixture.spec) {
    sse.name = "sse";
    variant.technique = &sse;
    other.variant = &variant;
  }
  std::string said_of_both() {
    const std::vector<VariantSummary> groups = {VariantSummary(*result.variant, {&result}),
                                                VariantSummary(variant, {&other})};
    std::string text;
    for (const Warning& warning : compare_runs(fixture.scenario, groups)) {
      if (warning.rule == 28) text += std::string(level_name(warning.level)) + ": " + warning.message + "\n";
    }
    return text;
  }

  TechniqueInfo sse{};
  Variant variant;
  RunResult other;
};

TEST_F(UnlikeSettings, OfCompressionAndTlsAreWarnedAbout) {
  EXPECT_EQ(said_of_both(), "");
  result.window.counts.compressed_messages = 5;
  EXPECT_EQ(said_of_both(), "warn: polling ran with compression, sse without: bytes and CPU time do not compare\n");
  other.window.counts.received.encoded = 100;
  EXPECT_EQ(said_of_both(), "") << "both are compressed, each in its way";
  other.tls = true;
  EXPECT_EQ(said_of_both(), "warn: sse ran with TLS, polling without: bytes and CPU time do not compare\n");
}

TEST_F(UnlikeSettings, OfOneTechniqueAreWhatWasAskedFor) {
  variant.technique = &technique;
  other.tls = true;
  EXPECT_EQ(said_of_both(), "");
}

class AttemptsTest : public testing::Test {
 protected:
  AttemptsTest() { fs::create_directories(root_); }
  ~AttemptsTest() override { fs::remove_all(root_); }

  void write(const std::string& folder, const std::string& started, const std::string& verdict, const std::string& plan,
             const std::vector<std::string>& replaced = {}) {
    fs::create_directories(root_ / folder);
    const nlohmann::json result = {
        {"started", started},
        {"attempts", {{"plan_sha256", plan}, {"replaced", replaced}}},
        {"runs", {{{"verdict", "valid"}, {"histograms", {{"a", "b"}}}}, {{"verdict", verdict}}}}};
    std::ofstream(root_ / folder / "result.json") << result;
  }
  PreviousRuns find(const std::string& folder) {
    return find_previous_runs(scenario, (root_ / folder).string(), "2026-03-02T12:00:00Z");
  }

  fs::path root_ = fs::temp_directory_path() / ("attempts-test-" + std::to_string(getpid()));
  Scenario scenario;
};

TEST_F(AttemptsTest, OfTheSamePlanTodayAreCountedInTheOrderOfTheirTime) {
  scenario.text = "name: a";
  const std::string plan = plan_hash(scenario);
  EXPECT_EQ(find("new").number(), 1U);
  write("b", "2026-03-02T09:00:00Z", "doubtful", plan);
  write("a", "2026-03-02T10:00:00Z", "invalid", plan);
  write("yesterday", "2026-03-01T23:59:59Z", "invalid", plan);
  write("another", "2026-03-02T10:30:00Z", "invalid", "0000");
  const PreviousRuns found = find("new");
  EXPECT_EQ(found.previous, (std::vector<std::string>{"doubtful", "invalid"}));
  EXPECT_EQ(previous_runs_text(found), "3rd attempt of this scenario today (previous: doubtful, invalid)");
  EXPECT_TRUE(found.replaced.empty());
}

TEST_F(AttemptsTest, ThatWereOverwrittenAreNotForgotten) {
  scenario.text = "name: a";
  write("out", "2026-03-02T10:00:00Z", "valid", plan_hash(scenario), {"invalid", "doubtful"});
  for (const std::string folder : {"out", "out/", "./out"}) {
    const PreviousRuns found = find(folder);
    EXPECT_EQ(found.replaced, (std::vector<std::string>{"invalid", "doubtful", "valid"})) << folder;
    EXPECT_EQ(found.previous, found.replaced);
    EXPECT_EQ(previous_runs_text(found), "4th attempt of this scenario today (previous: invalid, doubtful, valid)");
  }
}

TEST_F(AttemptsTest, PassOverWhatIsNoResult) {
  fs::create_directories(root_ / "broken");
  std::ofstream(root_ / "broken/result.json") << "{\"started\": 5";
  fs::create_directories(root_ / "old");
  std::ofstream(root_ / "old/result.json") << "{\"started\": \"2026-03-02T10:00:00Z\", \"runs\": []}";
  EXPECT_EQ(find("new").number(), 1U);
}

TEST_F(AttemptsTest, OfAnotherPlanAreOthers) {
  scenario.text = "name: a";
  const std::string plan = plan_hash(scenario);
  scenario.repetitions = 2;
  EXPECT_NE(plan_hash(scenario), plan);
  scenario.repetitions = 1;
  scenario.overrides = {"publish.rate=2/s"};
  EXPECT_NE(plan_hash(scenario), plan);
}

TEST(Ordinals, AreEnglish) {
  const auto ordinal = [](std::size_t number) {
    PreviousRuns attempts;
    attempts.previous.assign(number - 1, "valid");
    const std::string text = previous_runs_text(attempts);
    return text.substr(0, text.find(' '));
  };
  for (const auto& [number, word] : std::vector<std::pair<std::size_t, std::string>>{{2, "2nd"},
                                                                                     {3, "3rd"},
                                                                                     {4, "4th"},
                                                                                     {11, "11th"},
                                                                                     {12, "12th"},
                                                                                     {13, "13th"},
                                                                                     {21, "21st"},
                                                                                     {22, "22nd"},
                                                                                     {111, "111th"}})
    EXPECT_EQ(ordinal(number), word);
}

}  // namespace
}  // namespace loadgen
