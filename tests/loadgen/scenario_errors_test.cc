#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "loadgen/scenario/scenario.h"
#include "scenario_helpers.h"

namespace loadgen {
namespace {

using namespace scenario_tests;

TEST(ScenarioFile, RefusesOtherTargets) {
  for (const std::string url : {"wss://h", "h:80", "refrence", "http://", "http://:80", "http://h:0", "http://h:65536",
                                "'http://h:'", "http://h:8a", "http://u@h", "http://h/?a=b", "http://h/#x",
                                "http://[::1", "http://[::1]x", "http://[]", "http://[x]", "'http://h/a b'"}) {
    const LoadedScenario loaded = parse(with("target: " + url + "\n"));
    ASSERT_EQ(loaded.errors.size(), 1U) << url;
    EXPECT_EQ(loaded.errors[0].key, "target") << url;
  }
}

TEST(ScenarioFile, RefusesOtherUrlsToPublishTo) {
  for (const std::string url : {"wss://h", "h:80", "'http://h/?a=b'", "'http://h:${x.port}'"}) {
    const LoadedScenario loaded = parse(replaced("publish", "publish: { rate: 20/s, url: " + url + " }"));
    ASSERT_EQ(loaded.errors.size(), 1U) << url;
    EXPECT_EQ(loaded.errors[0].key, "publish.url") << url;
  }
}

TEST(Variants, MayNotShareAName) {
  for (const std::string techniques : {"[sse, sse]", "[polling: {interval: 1000ms}, polling]",
                                       "[polling: {interval: 2s, variant: 3s}, polling: {interval: 3s}]",
                                       "[polling: {variant: a}, polling: {interval: 2s, variant: a}]"}) {
    const LoadedScenario loaded = parse(replaced("techniques", "techniques: " + techniques));
    ASSERT_EQ(loaded.errors.size(), 1U) << techniques;
    EXPECT_EQ(loaded.errors[0].key, "techniques[1]");
    EXPECT_NE(loaded.errors[0].message.find("(the first is on line 4)"), std::string::npos) << loaded.errors[0].message;
  }
}

// One wrong line in an otherwise right file: exactly this error, nothing else.
TEST(ScenarioErrors, SayFileLineColumnKeyValueAndWhatWouldBeRight) {
  const std::vector<std::pair<std::string, std::string>> errors = {
      {"topics: many", "a.yaml:5:9: key 'topics': 'many': must be a plain whole number, such as 1000 or 1_000"},
      {"topics: 0", "a.yaml:5:9: key 'topics': '0': must be at least 1"},
      {"topics: 11",
       "a.yaml:5:9: key 'topics': '11': more topics than subscribers (10): some would be published to nobody"},
      {"topics:", "key 'topics': has no value: must be a whole number"},
      {"topics: [1]", "a.yaml:5:9: key 'topics': is not a single value: must be a whole number"},
      {"topcis: 1", "a.yaml:5:1: key 'topcis': '1': unknown key: did you mean 'topics'?"},
      {"zzz: 1", "a.yaml:5:1: key 'zzz': '1': unknown key: one of name, description, target"},
      {"subscribers: 5", "a.yaml:5:1: key 'subscribers': '5': given twice: already on line 2"},
      {"connect: { rate: 20 }", "a.yaml:5:18: key 'connect.rate': '20': a rate needs a unit: 20/s"},
      {"connect: fast", "a.yaml:5:10: key 'connect': 'fast': must be a map of keys (rate, timeout)"},
      {"connect:\n  tiemout: 1s", "a.yaml:6:3: key 'connect.tiemout': '1s': unknown key: did you mean 'timeout'?"},
      {"connect: { rate: 1/h }",
       "a.yaml:5:18: key 'connect.rate': '1/h': too slow: 10 subscribers at 1/h take 3.6e+04s, phases.ramp allows 30s"},
      {"connect: { timeout: 2h }", "must be at most 1h"},
      {"reconnect: { initial: 2s, max: 1s }",
       "a.yaml:5:32: key 'reconnect.max': '1s': shorter than reconnect.initial (2s)"},
      {"reconnect: { jitter: 50 }", "write 50% for percent"},
      {"reconnect: { factor: 0.5 }", "must be between 1 and 100"},
      {"phases: { measure: 0s }", "a.yaml:5:20: key 'phases.measure': '0s': must be at least 1ms"},
      {"phases: { measure: 10ms }", "nothing to measure: 0.2 messages in the 10ms of phases.measure"},
      {"phases: { warm_up: 1s }", "unknown key: did you mean 'warm-up'?"},
      {"server: { heartbeat: 20 }", "key 'server.heartbeat': '20': a duration needs a unit"},
      {"server: { policy: drop }", "unknown value: one of disconnect, drop-oldest"},
      {"server: { cors: --x }", "has no blanks and no '-' in front"},
      {"server: { cors: a b }", "has no blanks and no '-' in front"},
      {"server: { hold: 0s }", "must be at least 1ms"},
      {"server: { max-topics: 1 }\ntopics: 2",
       "key 'topics': '2': more than the reference server takes (1): set server.max-topics: 2"},
      {"server: { max-payload: 100B }", "key 'publish.payload': larger than server.max-payload (100B)"},
      {"target: http://h\nserver: { threads: 1 }",
       "a.yaml:6:9: key 'server': only where the reference server is started"},
      {"target: http://h\nthresholds: [server_cpu_per_delivery < 1ms]", "cannot be measured"},
      {"target: [a]",
       "a.yaml:5:9: key 'target': must be reference, a URL, or a map of keys (url, programs, process, syscalls)"},
      {"target: { programs: {} }", "key 'target.url': missing: write url: http://127.0.0.1:${nginx.port}"},
      {"target: 'http://h:${x.port}'",
       "a.yaml:5:9: key 'target': 'http://h:${x.port}': unknown placeholder ${x.port}: one of ${reference.port}, "
       "${scenario.folder}"},
      {"target: { url: 'http://h:${x.port}', programs: { y: { command: [sh] } } }",
       "a.yaml:5:16: key 'target.url': 'http://h:${x.port}': unknown placeholder ${x.port}: did you mean ${y.port}?"},
      {"target: { url: reference, programs: { y: { command: [sh, '${y.prot}'] } } }",
       "key 'target.programs.y.command[1]': '${y.prot}': unknown placeholder ${y.prot}: did you mean ${y.port}?"},
      {"target: { url: reference, programs: { y: { command: [sh], files: { a: '${b' } } } }",
       "key 'target.programs.y.files.a': '${b': '${b' is not closed"},
      {"target: { url: reference, programs: { y: { command: [no-such-program] } } }",
       "a.yaml:5:54: key 'target.programs.y.command[0]': 'no-such-program': there is no such program in PATH or the "
       "folders of system daemons: install it, or write its path"},
      {"target: { url: reference, programs: { y: { command: ['${scenario.folder}/no-such'] } } }",
       "there is no such executable file (a path is relative to the current folder"},
      {"target: { url: reference, programs: { y: { command: sh } } }", "must be a list of words, such as [node"},
      {"target: { url: reference, programs: { y: { files: {} } } }", "key 'target.programs.y.command': missing"},
      {"target: { url: reference, programs: { y: sh } }", "must be a map of keys (command, files, start-timeout)"},
      {"target: { url: reference, programs: { y: { command: [sh], file: {} } } }", "did you mean 'files'?"},
      {"target: { url: reference, programs: { reference: { command: [sh] } } }", "is not reference or scenario"},
      {"target: { url: reference, programs: { a b: { command: [sh] } } }", "a program's name has letters"},
      {"target: { url: reference, programs: { y: { command: [sh], files: { ../a: b } } } }", "a file's name has"},
      {"target: { url: reference, programs: { y: { command: [sh] }, y: { command: [sh] } } }", "given twice"},
      {"thresholds: missing == 0", "must be a list, such as [missing == 0]"},
      {"thresholds:\n  - misssing == 0",
       "a.yaml:6:5: key 'thresholds[0]': 'misssing == 0': unknown metric 'misssing': did you mean 'missing'?"},
      {"thresholds: [{ technique: see, check: missing == 0 }]",
       "'see' is not among the techniques of this scenario: did you mean 'sse'?"},
      {"thresholds: [{ technique: polling, check: missing == 0 }]", "'polling' is not among the techniques"},
      {"thresholds: [{ technique: sse, variant: x, check: missing == 0 }]", "'sse x' is not among the techniques"},
      {"thresholds: [{ variant: x, check: missing == 0 }]", "needs a technique beside it"},
      {"thresholds: [{ technique: sse }]",
       "key 'thresholds[0].check': missing: write check: delivery_latency.p99 < 50ms"},
      {"thresholds: [{ technique: sse, chekc: missing == 0, check: missing == 0 }]", "did you mean 'check'?"},
      {"thresholds: [[missing]]", "must be a check, such as missing == 0"},
      {"description: ''", "has no value: must be a text"},
      {"repetitions: 1001", "must be at most 1000"},
      {"? [a]\n: b", "a.yaml:5:3: a key must be a word"},
      {"topics: &a 1", "a.yaml:5:9: anchors (&name) are not allowed here"},
      {"topics: !!int 1", "tags (!name) are not allowed here"},
      {"topics: [1", "a.yaml:"},
      {"---\nname: b", "it holds more than one document"}};
  for (const auto& [line, expected] : errors) {
    const LoadedScenario loaded = parse(with(line + "\n"));
    EXPECT_FALSE(loaded.scenario) << line;
    ASSERT_EQ(loaded.errors.size(), 1U) << line << "\n" << errors_of(loaded);
    EXPECT_NE(loaded.errors[0].text().find(expected), std::string::npos) << line << "\n" << loaded.errors[0].text();
  }
}

TEST(ScenarioErrors, KnowWhatTechniquesNeed) {
  const std::vector<std::pair<std::string, std::string>> errors = {
      {"[]", "must be a list of at least one technique"},
      {"sse", "must be a list of at least one technique"},
      {"[see]", "a.yaml:4:14: key 'techniques[0]': 'see': unknown technique 'see': did you mean 'sse'?"},
      {"[carrier-pigeon]", "one of polling, long-polling, sse, odd"},
      {"[polling: { intervall: 1s }]",
       "a.yaml:4:25: key 'techniques[0].polling.intervall': '1s': unknown key: did you mean 'interval'?"},
      {"[polling: { interval: 1 }]", "key 'techniques[0].polling.interval': '1': a duration needs a unit: 1ms or 1s"},
      {"[polling: { interval: 10us }]", "must be at least 1ms"},
      {"[polling: { interval: 11s }]", "longer than phases.drain (10s): the last messages could not be received"},
      {"[polling: { timing: fixed }]", "unknown value: one of fixed-rate, fixed-delay"},
      {"[polling: { timing: fixed-rat }]", "did you mean 'fixed-rate'?"},
      {"[polling: { variant: 'a,b' }]", "a name has letters, digits, spaces and . _ + - only"},
      {"[polling: fast]", "must be a map of keys (interval, timing, connection, path, headers, tls, variant)"},
      {"[{ polling: , interval: 1s }]", "one technique an entry: write its options as polling: { key: value }"},
      {"[[sse]]", "must be a technique, such as sse"},
      {"[long-polling: { hold: 26s }]", "longer than the reference server holds (25s): set server.hold: 26s"},
      {"[sse: { path: sub }]",
       "a.yaml:4:27: key 'techniques[0].sse.path': 'sub': a path starts with / and has no blanks and no #, such as "
       "/sub/{topic}"},
      {"[sse: { path: '/a b' }]", "a path starts with /"},
      {"[sse: { headers: { 'a b': c } }]",
       "a.yaml:4:32: key 'techniques[0].sse.headers.a b': 'c': a header's name has letters, digits and - only"},
      {"[sse: { headers: { Content-length: 5 } }]", "is made by pushbench itself"},
      {"[sse: { headers: { Accept: \"a\\nb\" } }]", "a header's value is one line without control characters"},
      {"[sse: { headers: { Accept: a, Accept: b } }]", "given twice"},
      {"[sse: { headers: Accept }]", "must be a map of keys"},
      {"[odd: { batch: 101 }]", "must be at most 100"},
      {"[odd: { deflate: maybe }]", "one of false, true"},
      {"[odd: { buffer: 2MiB }]", "must be at most 1MiB"}};
  for (const auto& [techniques, expected] : errors) {
    const LoadedScenario loaded = parse(replaced("techniques", "techniques: " + techniques));
    ASSERT_EQ(loaded.errors.size(), 1U) << techniques << "\n" << errors_of(loaded);
    EXPECT_NE(loaded.errors[0].text().find(expected), std::string::npos) << techniques << "\n"
                                                                         << loaded.errors[0].text();
  }
}

TEST(ScenarioErrors, KnowWhatArrivalsNeed) {
  const std::vector<std::pair<std::string, std::string>> errors = {
      {"{ payload: 1KiB }", "key 'publish.rate': missing: write rate: 20/s"},
      {"{ rate: 20/s, payload: 39B }", "must be at least 40B"},
      {"{ rate: 20/s, payload: 17MiB }", "must be at most 16MiB"},
      {"{ rate: 20/s, payload: 128 }", "a size needs a unit: 128B"},
      {"{ rate: 20/s, arrivals: poison }", "did you mean 'poisson'?"},
      {"{ rate: 20/s, arrivals: burst }", "missing: arrivals: burst needs the messages of one burst"},
      {"{ rate: 20/s, burst: 5 }", "only for arrivals: burst"},
      {"{ rate: 20/s, arrivals: ramp }", "missing: arrivals: ramp needs the rate at its end"},
      {"{ rate: 20/s, to: 5/s }", "only for arrivals: ramp"},
      {"{ rate: 20000000/s }", "must be at most 10000000/s"},
      {"{ rate: 1/h }", "nothing to measure"}};
  for (const auto& [publish, expected] : errors) {
    const LoadedScenario loaded = parse(replaced("publish", "publish: " + publish));
    ASSERT_EQ(loaded.errors.size(), 1U) << publish << "\n" << errors_of(loaded);
    EXPECT_NE(loaded.errors[0].text().find(expected), std::string::npos) << publish << "\n" << loaded.errors[0].text();
  }
}

TEST(ScenarioErrors, AreAllReportedInTheOrderOfTheFile) {
  const LoadedScenario loaded =
      parse("techniques: [see, ssse]\npublish: { rate: 20, payload: 1B }\nsubscribers: none\n");
  std::vector<std::string> keys;
  for (const ScenarioError& error : loaded.errors) keys.push_back(error.key);
  EXPECT_EQ(keys, std::vector<std::string>(
                      {"name", "techniques[0]", "techniques[1]", "publish.rate", "publish.payload", "subscribers"}));
}

TEST(ScenarioErrors, AreLimitedInNumber) {
  std::string text(kMinimal);
  for (int i = 0; i < 1000; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const LoadedScenario loaded = parse(text);
  ASSERT_EQ(loaded.errors.size(), 51U);
  EXPECT_EQ(loaded.errors.back().message, "950 more errors not shown");
}

TEST(ScenarioErrors, ShowValuesOnOneLineAndCut) {
  const LoadedScenario loaded = parse(with("topics: \"1\\e[31m\\n" + std::string(500, 'x') + "\"\n"));
  ASSERT_EQ(loaded.errors.size(), 1U);
  const std::string text = loaded.errors[0].text();
  EXPECT_LT(text.size(), 200U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(ScenarioFile, ThatCannotBeReadIsOneError) {
  const std::vector<std::string> none;
  const LoadedScenario absent = load_scenario("/nonexistent/x.yaml", none, table());
  ASSERT_EQ(absent.errors.size(), 1U);
  EXPECT_EQ(absent.errors[0].text(), "/nonexistent/x.yaml: cannot be opened: No such file or directory");
  const LoadedScenario folder = load_scenario("/", none, table());
  ASSERT_EQ(folder.errors.size(), 1U);
  EXPECT_EQ(folder.errors[0].text(), "/: cannot be read: Is a directory");
}

TEST(ScenarioFile, ThatIsEmptyOrNoMapIsOneError) {
  for (const std::string text : {"", "\n\n", "# only a comment\n", "- a\n", "word\n"}) {
    const LoadedScenario loaded = parse(text);
    ASSERT_EQ(loaded.errors.size(), 1U) << text;
  }
}

TEST(Overrides, AreNamedInTheirErrors) {
  const std::vector<std::pair<std::string, std::string>> errors = {
      {"publish.rate=20", "--set publish.rate=20: key 'publish.rate': '20': a rate needs a unit: 20/s"},
      {"subscribres=20", "--set subscribres=20: key 'subscribres': '20': unknown key: did you mean 'subscribers'?"},
      {"subscribers=", "--set subscribers=: key 'subscribers': has no value"},
      {"subscribers", "--set subscribers: must be KEY=VALUE, such as publish.rate=50/s"},
      {"=5", "--set =5: must be KEY=VALUE"},
      {"a..b=5", "a key is written publish.rate or techniques[0].polling.interval"},
      {"techniques[5]=sse", "there is no '5' to set"},
      {"name.x=5", "there is no 'x' to set"},
      {"publish.rate=[", "--set publish.rate=[: key 'publish.rate': YAML: "}};
  for (const auto& [override_text, expected] : errors) {
    const LoadedScenario loaded = parse(kMinimal, {override_text});
    ASSERT_EQ(loaded.errors.size(), 1U) << override_text << "\n" << errors_of(loaded);
    EXPECT_NE(loaded.errors[0].text().find(expected), std::string::npos) << loaded.errors[0].text();
    EXPECT_EQ(loaded.errors[0].line, 0);
  }
  std::string deep = "a";
  for (int i = 0; i < 10'000; ++i) deep += ".a";
  EXPECT_EQ(parse(kMinimal, {deep + "=1"}).errors.size(), 1U);
}

TEST(ScenarioFile, TellOfOptionsThatATechniqueDoesNotTakeTogether) {
  const std::string text = "techniques: [odd: {batch: 60, deflate: true}]";
  EXPECT_NE(errors_of(parse(replaced("techniques", text)))
                .find("key 'techniques[0].odd.batch': '60': with deflate at most 50"),
            std::string::npos);
  EXPECT_TRUE(parse(replaced("techniques", text), {"techniques[0].odd.batch=50"}).scenario);
}

}  // namespace
}  // namespace loadgen
