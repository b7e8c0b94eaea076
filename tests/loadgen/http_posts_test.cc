// `http-streaming` by POST: what the request says, again at every connection, and what redirects make of it.
#include <gtest/gtest.h>

#include <string>

#include "scenario_helpers.h"
#include "scripted_server.h"

namespace loadgen {
namespace {

using scenario_tests::errors_of;

const std::string kBody = R"({"channel":"{topic}","stream":true})";
const std::string kSent = R"({"channel":"t","stream":true})";
const std::string kPlain = "Content-Type: text/plain; charset=utf-8\r\n";
const std::string kLength = "Content-Length: 29\r\n";

ScriptedServer::Options posting(const std::string& body) {
  return {{"method", "POST"}, {"body", body}};
}

TEST(HttpPosts, SayTheirBodyWithItsLengthAndType) {
  ScriptedServer server("http-streaming", posting(kBody));
  EXPECT_EQ(server.accept(0),
            "POST /http-streaming?topic=t HTTP/1.1\r\nHost: h:1\r\n" + kPlain + kLength + "\r\n" + kSent);
}

TEST(HttpPosts, CountTheirBodyAsFramingAndNotAsAHead) {
  ScriptedServer with("http-streaming", posting(kBody));
  const std::string request = with.accept(0);
  EXPECT_EQ(with.counts().sent.http, request.size() - kSent.size());
  EXPECT_EQ(with.counts().sent.payload, 0U);
}

TEST(HttpPosts, TakeTheTypeOfThePlan) {
  ScriptedServer server("http-streaming", posting("{}"));
  server.plan.headers = "content-type: application/json\r\n";
  EXPECT_EQ(server.accept(0),
            "POST /http-streaming?topic=t HTTP/1.1\r\nHost: h:1\r\ncontent-type: application/json\r\n"
            "Content-Length: 2\r\n\r\n{}");
}

TEST(HttpPosts, WithoutABodySayNothingOfAType) {
  ScriptedServer server("http-streaming", {{"method", "POST"}});
  EXPECT_EQ(server.accept(0), "POST /http-streaming?topic=t HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n");
}

TEST(HttpPosts, SayItAgainWhenAStreamHasEndedByDesign) {
  ScriptedServer server("http-streaming", {{"method", "POST"}, {"body", kBody}, {"limit", "2"}, {"encoding", "gzip"}});
  server.accept(0);
  server.answer(0, "a\nb\n", "200 OK\r\nPushbench-Cursor: 5");
  EXPECT_EQ(server.log, (Texts{"subscribed", "a", "b", "restart"}));
  server.session->start();
  EXPECT_EQ(server.accept(1),
            "POST /http-streaming?topic=t&after=7&limit=2 HTTP/1.1\r\nHost: h:1\r\nAccept-Encoding: gzip\r\n" + kPlain +
                kLength + "\r\n" + kSent);
}

TEST(HttpPosts, BecomeAGetWhereARedirectSaysSo) {
  for (const char* status : {"301 Moved Permanently", "302 Found", "303 See Other"}) {
    ScriptedServer server("http-streaming", posting(kBody));
    server.accept(0);
    server.give(0, std::string("HTTP/1.1 ") + status + "\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(server.accept(1), "GET /there HTTP/1.1\r\nHost: h:1\r\n\r\n") << status;
    EXPECT_GT(server.counts().sent.http, 0U);
  }
}

TEST(HttpPosts, StayAPostWithTheirBodyElse) {
  for (const char* status : {"307 Temporary Redirect", "308 Permanent Redirect"}) {
    ScriptedServer server("http-streaming", posting(kBody));
    server.accept(0);
    server.give(0, std::string("HTTP/1.1 ") + status + "\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(server.accept(1), "POST /there HTTP/1.1\r\nHost: h:1\r\n" + kPlain + kLength + "\r\n" + kSent) << status;
  }
}

TEST(HttpPosts, AreReadFromAScenario) {
  const auto load = [](const std::string& options) {
    return parse_scenario(
        "name: a\nsubscribers: 10\npublish: { rate: 20/s }\ntechniques: [http-streaming: " + options + "]\n", "a.yaml",
        {}, {techniques(), {}});
  };
  const LoadedScenario good = load(R"({ method: POST, body: '{"a":"{topic}"}' })");
  ASSERT_TRUE(good.scenario) << errors_of(good);
  EXPECT_EQ(good.scenario->variants[0].options.back().text, R"({"a":"{topic}"})");
  const LoadedScenario bad = load("{ body: hello }");
  ASSERT_EQ(bad.errors.size(), 1U) << errors_of(bad);
  EXPECT_EQ(bad.errors[0].text(),
            "a.yaml:4:38: key 'techniques[0].http-streaming.body': 'hello': only with method: POST");
}

}  // namespace
}  // namespace loadgen
