// The text of requests: what a plan or a redirect prescribes holds for every technique.
#include "loadgen/clients/request.h"

#include <gtest/gtest.h>

namespace loadgen {
namespace {

std::string target(Bytes typed, Bytes query) {
  std::string out;
  append_target(out, typed, query);
  return out;
}

SessionConfig plan() {
  SessionConfig plan;
  plan.authority = "h:8080";
  plan.base_path = "/base";
  return plan;
}

const RequestText kSse{
    .route = "/sse", .topic = "t", .query = "&after=5", .headers = "Accept: text/event-stream\r\n", .method = {}};

std::string text(const SessionConfig& of, const RequestText& request = kSse, const Destination* destination = nullptr) {
  std::string out;
  append_request(out, of, request, destination);
  return out;
}

TEST(RequestTarget, IsAsTypedWhenNothingIsAsked) {
  EXPECT_EQ(target("/sse?topic=t&after=0", ""), "/sse?topic=t&after=0");
  EXPECT_EQ(target("/sse?", ""), "/sse?");
}

TEST(RequestTarget, HasTheCursorInPlaceOfTheTypedOne) {
  EXPECT_EQ(target("/sse?after=0&topic=t", "&after=5"), "/sse?topic=t&after=5");
  EXPECT_EQ(target("/sse", "&after=5"), "/sse?after=5");
  EXPECT_EQ(target("/sse?thereafter=0", "&after=5"), "/sse?thereafter=0&after=5");
}

TEST(RequestTarget, HasTheTopicWhereAForeignServerWantsIt) {
  const auto path = [](Bytes text) {
    std::string out;
    append_path(out, text, "news");
    return out;
  };
  EXPECT_EQ(path("/sub/{topic}?a={topic}&b={}"), "/sub/news?a=news&b={}");
  EXPECT_EQ(path("/sub"), "/sub");
  EXPECT_EQ(path("{topic}"), "news");
  SessionConfig of = plan();
  of.target = "/base/sub/{topic}";
  of.headers = "TE: chunked\r\n";
  EXPECT_EQ(text(of),
            "GET /base/sub/t?after=5 HTTP/1.1\r\nHost: h:8080\r\nAccept: text/event-stream\r\nTE: chunked\r\n\r\n");
}

TEST(RequestTarget, KeepsEveryOtherParameterAsTyped) {
  EXPECT_EQ(target("/lp?hold=100", "&after=5&hold=25000"), "/lp?hold=100&after=5");
  EXPECT_EQ(target("/lp?after=0", "&hold=0"), "/lp?after=0&hold=0");
  EXPECT_EQ(target("/lp?a=b=c&&d", "&after=5"), "/lp?a=b=c&&d&after=5");
}

TEST(Request, IsMadeOfBaseRouteTopicAndQuery) {
  EXPECT_EQ(text(plan()),
            "GET /base/sse?topic=t&after=5 HTTP/1.1\r\nHost: h:8080\r\nAccept: text/event-stream\r\n\r\n");
}

TEST(Request, TakesTargetHeadersMethodAndBodyOfThePlan) {
  SessionConfig typed = plan();
  typed.target = "/x?after=1";
  typed.headers = "accept: */*\r\nX-One: 1\r\n";
  typed.method = "POST";
  typed.body = "abc";
  EXPECT_EQ(text(typed),
            "POST /x?after=5 HTTP/1.1\r\nHost: h:8080\r\naccept: */*\r\nX-One: 1\r\nContent-Length: 3\r\n\r\nabc");
}

TEST(Request, FramesAnEmptyBodyWhereOneIsExpectedAndLeavesFramingToThePlan) {
  SessionConfig typed = plan();
  typed.method = "POST";
  EXPECT_NE(text(typed).find("Content-Length: 0\r\n\r\n"), std::string::npos);
  typed.headers = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(text(typed).find("Content-Length"), std::string::npos);
}

TEST(Request, MayHaveAHostOfThePlan) {
  SessionConfig typed = plan();
  typed.headers = "host: other\r\n";
  EXPECT_EQ(text(typed).find("h:8080"), std::string::npos);
  EXPECT_NE(text(typed).find("\r\nhost: other\r\n"), std::string::npos);
}

TEST(Request, OfATechniqueWithAMethodOfItsOwnHasNoBody) {
  SessionConfig typed = plan();
  typed.method = "POST";
  typed.body = "abc";
  RequestText websocket = kSse;
  websocket.method = "GET";
  EXPECT_TRUE(text(typed, websocket).starts_with("GET "));
  EXPECT_TRUE(text(typed, websocket).ends_with("\r\n\r\n"));
}

TEST(Request, ToAnotherServerCarriesNoSecrets) {
  SessionConfig typed = plan();
  typed.headers = "Authorization: a\r\ncookie: b\r\nHost: c\r\nX: d\r\n";
  const Destination other{"other:1", "/there?x", true, false};
  EXPECT_EQ(text(typed, kSse, &other),
            "GET /there?x&after=5 HTTP/1.1\r\nHost: other:1\r\nAccept: text/event-stream\r\nX: d\r\n\r\n");
  const Destination here{"h:8080", "/there", false, false};
  EXPECT_NE(text(typed, kSse, &here).find("Authorization: a\r\ncookie: b\r\nHost: c\r\n"), std::string::npos);
}

TEST(Request, ThatARedirectMadeAGetHasNoBodyAndNothingAboutIt) {
  SessionConfig typed = plan();
  typed.method = "POST";
  typed.body = "abc";
  typed.headers = "Content-Type: text/plain\r\n";
  const Destination see_other{"h:8080", "/there", false, true};
  EXPECT_EQ(text(typed, kSse, &see_other),
            "GET /there?after=5 HTTP/1.1\r\nHost: h:8080\r\nAccept: text/event-stream\r\n\r\n");
}

}  // namespace
}  // namespace loadgen
