#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenario_helpers.h"

namespace loadgen {
namespace {

using namespace scenario_tests;

std::vector<std::string> labels(const Scenario& scenario) {
  std::vector<std::string> all;
  for (const Variant& variant : scenario.variants) all.push_back(variant.label());
  return all;
}

TEST(ScenarioTls, IsOffUntilSomebodyAsksForIt) {
  EXPECT_FALSE(good(kMinimal).variants[0].tls.enabled);
  EXPECT_TRUE(good(with("tls: true\n")).variants[0].tls.enabled);
  EXPECT_FALSE(good(with("tls: false\n")).variants[0].tls.enabled);
  EXPECT_FALSE(good(with("tls: { enabled: false, verify: none }\n")).variants[0].tls.enabled);
}

TEST(ScenarioTls, AMapSaysHow) {
  const TlsSettings tls =
      good(with("tls: { verify: none, server-name: push.example, resume: false, min-version: 1.3 }\n")).variants[0].tls;
  EXPECT_TRUE(tls.enabled);
  EXPECT_FALSE(tls.verify);
  EXPECT_FALSE(tls.resume);
  EXPECT_EQ(tls.server_name, "push.example");
  EXPECT_EQ(tls.min_version, net::TlsVersion::k13);
  EXPECT_EQ(tls.max_version, net::TlsVersion::k13);
}

TEST(ScenarioTls, AnHttpsTargetIsTls) {
  const Scenario s = good(with("target: https://push.example/base\ntls: { ca: ca.pem }\n"));
  EXPECT_TRUE(s.target.is_secure());
  EXPECT_TRUE(s.variants[0].tls.enabled);
  EXPECT_EQ(s.variants[0].tls.ca, "ca.pem");
}

TEST(ScenarioTls, ATechniqueSaysWhatDiffersAndItsVariantsAreNamedByIt) {
  const Scenario s = good(
      replaced(
          "techniques",
          "techniques: [sse, sse: { tls: false }, sse: { tls: { resume: false } }, sse: { tls: { max-version: 1.2 } },"
          " polling: { interval: 1s }, polling: { interval: 2s }]") +
      "tls: { verify: none }\n");
  EXPECT_EQ(labels(s),
            (std::vector<std::string>{"sse tls unverified", "sse plain", "sse tls without resumption unverified",
                                      "sse tls 1.2 unverified", "polling 1s", "polling 2s"}));
}

TEST(ScenarioTls, SaysWhatIsWrong) {
  const auto error = [](const std::string& text) { return errors_of(parse(text)); };
  EXPECT_EQ(error(with("tls: maybe\n")),
            "a.yaml:5:6: key 'tls': 'maybe': must be true, false, or a map such as { verify: none }\n");
  EXPECT_EQ(error(with("tls: { verify: some }\n")),
            "a.yaml:5:16: key 'tls.verify': 'some': unknown value: one of none, ca\n");
  EXPECT_EQ(error(with("tls: { min-version: 1.1 }\n")),
            "a.yaml:5:21: key 'tls.min-version': '1.1': unknown value: did you mean '1.2'?\n");
  EXPECT_NE(error(with("tls: { min-version: 1.3, max-version: 1.2 }\n")).find("no version is left"), std::string::npos);
  EXPECT_NE(error(with("tls: { server-name: 'a b' }\n")).find("must be a host name or an address"), std::string::npos);
  EXPECT_NE(error(with("tls: { ca: x.pem }\n")).find("key 'tls.ca': 'x.pem': only for a server of your own"),
            std::string::npos);
  EXPECT_NE(error(with("target: http://h\ntls: true\n")).find("the target's URL says http: write https://"),
            std::string::npos);
  EXPECT_NE(error(with("target: https://h\ntls: false\n")).find("the target's URL says https: it is always TLS"),
            std::string::npos);
  const std::string technique =
      error(replaced("techniques", "techniques: [sse: { tls: false }]") + "target: https://h\n");
  EXPECT_NE(technique.find("key 'techniques[0].sse.tls'"), std::string::npos) << technique;
}

}  // namespace
}  // namespace loadgen
