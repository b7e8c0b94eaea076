// Answers with bodies of every kind (RFC 9112 section 6.3), to every technique of the load generator that reads them:
// whole and in pieces, and cut short at every byte.
#include <gtest/gtest.h>

#include <string>

#include "scripted_server.h"

namespace loadgen {
namespace {

enum class Kind { kLength, kChunked, kUntilClose, kHttp10, kHttp10Length };

struct Subject {
  std::string technique;
  std::string headers;
  std::string one;  // a body with one message, "a"
  std::string two;  // with "b"
  bool polls = false;
};

const Subject& subject(const std::string& technique) {
  static const Subject kSubjects[] = {
      {"polling", "Pushbench-Cursor: 2\r\n", "a\n", "b\n", true},
      {"long-polling", "Pushbench-Cursor: 2\r\n", "a\n", "b\n", true},
      {"http-streaming", "Pushbench-Cursor: 0\r\n", "a\n", "b\n"},
      {"forever-frame", "Content-Type: text/html\r\n", "<script>parent.pushbench&&parent.pushbench(1,\"a\")</script>\n",
       "<script>parent.pushbench&&parent.pushbench(2,\"b\")</script>\n"},
      {"sse", "Content-Type: text/event-stream\r\n", "data: a\n\n", "data: b\n\n"},
  };
  for (const Subject& one : kSubjects) {
    if (one.technique == technique) return one;
  }
  std::abort();
}

bool ends_with_the_connection(Kind kind) {
  return kind == Kind::kUntilClose || kind == Kind::kHttp10;
}

std::string chunk(const std::string& bytes, const std::string& extension = "") {
  std::string out;
  for (int digit = 4; digit >= 0; digit -= 4) out += "0123456789abcdef"[bytes.size() >> digit & 15];
  return out + extension + "\r\n" + bytes + "\r\n";
}

std::string answer(const Subject& to, Kind kind) {
  const std::string body = to.one + to.two;
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  switch (kind) {
    case Kind::kLength:
      return "HTTP/1.1 200 OK\r\n" + to.headers + length + body;
    case Kind::kChunked:
      return "HTTP/1.1 200 OK\r\n" + to.headers + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n" +
             chunk(to.one.substr(0, 1), ";name=value") + chunk(to.one.substr(1) + to.two, ";a=\"b;c\"") +
             "0;last\r\nX: y\r\nContent-Length: 9\r\n\r\n";
    case Kind::kUntilClose:
      return "HTTP/1.1 200 OK\r\n" + to.headers + "\r\n" + body;
    case Kind::kHttp10:
      return "HTTP/1.0 200 OK\r\n" + to.headers + "\r\n" + body;
    case Kind::kHttp10Length:
      return "HTTP/1.0 200 OK\r\n" + to.headers + length + body;
  }
  return {};
}

constexpr Kind kKinds[] = {Kind::kLength, Kind::kChunked, Kind::kUntilClose, Kind::kHttp10, Kind::kHttp10Length};

// By technique, and the size of the pieces in which an answer comes.
class HttpBodies : public testing::TestWithParam<std::tuple<std::string, std::size_t>> {
 protected:
  static const Subject& to() { return subject(std::get<0>(GetParam())); }
  static std::unique_ptr<ScriptedServer> client() {
    auto server = std::make_unique<ScriptedServer>(to().technique, ScriptedServer::Options{}, std::get<1>(GetParam()));
    server->accept(0);
    return server;
  }
  static Texts whole() {
    if (to().technique == "polling") return {"a", "b", "subscribed", "end"};
    if (to().polls) return {"a", "b", "subscribed"};
    return {"subscribed", "a", "b", "restart"};
  }
};

TEST_P(HttpBodies, OfEveryKindAreReadToTheirEnd) {
  for (const Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    const auto server = client();
    server->give(0, answer(to(), kind));
    if (ends_with_the_connection(kind)) server->leave(0);
    EXPECT_EQ(server->log, whole());
  }
}

TEST_P(HttpBodies, ComeAfterAnyNumberOfInterimAnswers) {
  for (const char* interim : {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
                              "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"}) {
    const auto server = client();
    server->give(0, interim + answer(to(), Kind::kChunked));
    EXPECT_EQ(server->log, whole()) << interim;
  }
}

TEST_P(HttpBodies, LeaveAConnectionForTheNextPollWhereHttpSaysSo) {
  if (!to().polls) return;
  for (const Kind kind : kKinds) {
    SCOPED_TRACE(static_cast<int>(kind));
    const auto server = client();
    server->give(0, answer(to(), kind));
    if (ends_with_the_connection(kind)) server->leave(0);
    if (server->wake_after_) server->wake();  // polling waits first
    const bool reused = kind == Kind::kLength || kind == Kind::kChunked;
    ASSERT_EQ(server->connections.size(), reused ? 1U : 2U);
    const std::string next = reused ? server->connection(0).take() : server->accept(1);
    EXPECT_TRUE(next.starts_with("GET /" + to().technique + "?topic=t&after=2")) << next;
  }
}

TEST_P(HttpBodies, CutShortAnywhereAreFailuresOfTheKindClosed) {
  if (std::get<1>(GetParam()) != SIZE_MAX) return;
  for (const Kind kind : {Kind::kLength, Kind::kChunked, Kind::kHttp10Length}) {
    const std::string text = "HTTP/1.1 100 Continue\r\n\r\n" + answer(to(), kind);
    for (std::size_t end = 0; end < text.size(); ++end) {
      const auto server = client();
      server->give(0, text.substr(0, end));
      server->leave(0);
      ASSERT_FALSE(server->log.empty());
      ASSERT_EQ(server->log.back(), end == 0
                                        ? "fail closed: the server closed the connection before it answered"
                                        : "fail closed: the server closed the connection in the middle of an answer")
          << "kind " << static_cast<int>(kind) << " cut at byte " << end;
    }
  }
}

TEST_P(HttpBodies, ThatEndInsideTheirHeadAreFailuresWhateverWouldFollow) {
  const auto server = client();
  server->give(0, "HTTP/1.0 200 OK\r\n");
  server->leave(0);
  EXPECT_EQ(server->log, Texts{"fail closed: the server closed the connection in the middle of an answer"});
}

TEST_P(HttpBodies, ThatHttpForbidsAreFailuresOfTheKindProtocol) {
  const std::string head = "HTTP/1.1 200 OK\r\n" + to().headers;
  for (const std::string& bad :
       {head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", head + "Content-Length: 4, 4\r\n\r\n",
        head + "Content-Length: -4\r\n\r\n", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        head + "Transfer-Encoding: gzip\r\n\r\n", head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", head + "X : y\r\n\r\n",
        std::string("HTTP/2.0 200 OK\r\n\r\n"), std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n")}) {
    const auto server = client();
    server->give(0, bad);
    ASSERT_FALSE(server->log.empty()) << bad;
    EXPECT_TRUE(server->log.back().starts_with("fail protocol: bad HTTP answer: ")) << server->log.back() << "\n"
                                                                                    << bad;
  }
}

INSTANTIATE_TEST_SUITE_P(EachTechnique, HttpBodies,
                         testing::Combine(testing::Values("polling", "long-polling", "http-streaming", "forever-frame",
                                                          "sse"),
                                          testing::Values(1, 7, SIZE_MAX)),
                         [](const auto& subject) {
                           std::string name = std::get<0>(subject.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           const std::size_t size = std::get<1>(subject.param);
                           return name + (size == SIZE_MAX ? "_whole" : "_in_pieces_of_" + std::to_string(size));
                         });

// Whatever their headers say (RFC 9112 section 6.3): what follows is the next answer.
TEST(HttpAnswersWithoutBody, AreCompleteAtTheirHead) {
  ScriptedServer held("long-polling", {{"empty", "204"}});
  held.accept(0);
  for (int i = 0; i < 3; ++i) {
    held.give(0, "HTTP/1.1 204 No Content\r\nPushbench-Cursor: 7\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(held.connection(0).take().starts_with("GET /long-polling?topic=t&after=7&hold=25000&empty=204 "));
  }
  EXPECT_EQ(held.counts().empty_answers, 3U);
  ScriptedServer polling("polling", {{"validator", "etag"}});
  polling.accept(0);
  polling.answer(0, "", "200 OK\r\nPushbench-Cursor: 7\r\nETag: \"7\"");
  for (int i = 0; i < 3; ++i) {
    polling.wake();
    EXPECT_NE(polling.connection(0).take().find("\r\nIf-None-Match: \"7\"\r\n"), std::string::npos);
    polling.give(0, "HTTP/1.1 304 Not Modified\r\nPushbench-Cursor: 7\r\nETag: \"7\"\r\nContent-Length: 5\r\n\r\n");
  }
  EXPECT_EQ(polling.counts().empty_answers, 4U);
  EXPECT_EQ(polling.connections.size(), 1U);
}

}  // namespace
}  // namespace loadgen
