// The `sse` session as an EventSource (HTML standard section 9.2), against answers written by hand: whole, and byte by
// byte.
#include <gtest/gtest.h>

#include <deque>

#include "loadgen/clients/techniques.h"
#include "loadgen/scenario/parts.h"

namespace loadgen {
namespace {

using Texts = std::vector<std::string>;

class FakeLink final : public Link {
 public:
  void send(Bytes bytes) override { sent += bytes; }
  void send(const wire::SharedBytes& bytes) override { send(bytes.view()); }
  void close() override { closed = true; }
  std::string sent;
  bool closed = false;
};

class FakeHost final : public Host {
 public:
  explicit FakeHost(const std::string& last_event_id = "", const std::string& technique = "sse") {
    plan.authority = "h:1";
    plan.target = "/start";
    plan.last_event_id = last_event_id;
    const TechniqueInfo& info = *find_technique(technique);
    for (const OptionSpec& spec : info.options) plan.options.push_back(default_option(spec));
    session = info.make(*this, plan, topic);
    session->start();
  }
  // Opens the connection that was asked for last, and answers it.
  void answer(const std::string& bytes, std::size_t piece = SIZE_MAX) {
    FakeLink& link = *links.back();
    session->on_open(link);
    for (std::size_t at = 0; at < bytes.size() && usable(link); at += std::min(piece, bytes.size() - at)) {
      session->on_bytes(link, Bytes(bytes).substr(at, piece));
    }
  }
  void close() { session->on_close(*links.back()); }
  bool usable(const FakeLink& link) const { return !link.closed && !ended; }
  const std::string& request() const { return links.back()->sent; }

  Link& open() override { return open_to("h:1"); }
  Link& open_at(const wire::Url& url) override { return open_to(url.host_port()); }
  Link& open_to(const std::string& host_port) {
    ended = false;
    opened.push_back(host_port);
    links.push_back(std::make_unique<FakeLink>());
    return *links.back();
  }
  void subscribed() override { log.push_back("open"); }
  void deliver(Bytes message) override { log.push_back("plain " + std::string(message)); }
  void deliver_event(const Event& event) override {
    log.push_back(std::string(event.type) + "|" + std::string(event.data) + "|" + std::string(event.id));
  }
  void wake_after(Nanos) override {}
  void cancel_wake() override {}
  void fail(Failure kind, std::string_view detail) override { end("fail", kind, detail); }
  void give_up(Failure kind, std::string_view detail) override { end("give up", kind, detail); }
  void end(const std::string& how, Failure kind, std::string_view detail) {
    log.push_back(how + " " + std::string(failure_name(kind)));
    why = detail;
    ended = true;
  }
  void restart() override {
    log.push_back("restart");
    ended = true;
  }
  void set_retry(Nanos delay) override { log.push_back("retry " + std::to_string(delay.count() / 1'000'000)); }
  SessionCounts& counts() override { return counts_; }
  std::uint64_t random() override { return 4; }

  SessionConfig plan;
  std::string topic = "t";
  std::unique_ptr<Session> session;
  std::deque<std::unique_ptr<FakeLink>> links;
  Texts opened;
  Texts log;
  std::string why;
  bool ended = false;

 private:
  SessionCounts counts_;
};

const std::string kStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

std::string redirect(int status, const std::string& location) {
  return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
         "\r\nContent-Length: 4\r\n\r\nbody";
}

// Cut into pieces of every size up to one that takes it whole.
class EventSource : public testing::TestWithParam<std::size_t> {};

TEST_P(EventSource, HandsOutTypesDataAndIds) {
  FakeHost host;
  host.answer(kStream +
                  "\xef\xbb\xbf"
                  "id: 7\ndata: a\n\nevent: x\rdata: b\r\rid\r\ndata: c\r\n\r\n: no event\nevent: empty\n\ndata: never",
              GetParam());
  host.close();
  EXPECT_EQ(host.log, (Texts{"open", "message|a|7", "x|b|7", "message|c|", "restart"}));
}

// What a cache mode of "no-store" sends (Fetch standard, HTTP-network-or-cache fetch).
TEST_P(EventSource, AsksWithTheHeadersOfABrowser) {
  FakeHost host;
  host.answer(kStream, GetParam());
  EXPECT_TRUE(host.request().ends_with("\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n"))
      << host.request();
}

TEST_P(EventSource, ComesBackWithTheLastEventIdUnlessItIsEmpty) {
  FakeHost host;
  host.answer(kStream + "retry: 70\nid: 7\ndata: a\n\n", GetParam());
  EXPECT_EQ(host.request().find("Last-Event-ID"), std::string::npos);
  host.close();
  host.session->start();
  host.answer(kStream + "id\ndata: b\n\n", GetParam());
  EXPECT_NE(host.request().find("\r\nLast-Event-ID: 7\r\n"), std::string::npos);
  host.close();
  host.session->start();
  host.answer("", GetParam());
  EXPECT_EQ(host.request().find("Last-Event-ID"), std::string::npos);
  EXPECT_EQ(host.log, (Texts{"open", "retry 70", "message|a|7", "restart", "open", "message|b|", "restart"}));
}

TEST_P(EventSource, GivesUpAtEveryStatusThatIsNot200) {
  for (const char* status : {"204 No Content", "205 Reset Content", "304 Not Modified", "401 Unauthorized",
                             "404 Not Found", "500 Oops", "503 Later"}) {
    FakeHost host;
    host.answer(std::string("HTTP/1.1 ") + status + "\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n",
                GetParam());
    EXPECT_EQ(host.log, Texts{"give up status"}) << status;
    EXPECT_EQ(host.why, "HTTP " + std::string(status));
  }
}

TEST_P(EventSource, GivesUpAtAnotherContentType) {
  for (const char* type : {"Content-Type: text/plain\r\n", "", "Content-Type: text/event-streams\r\n",
                           "Content-Type: x; text/event-stream\r\n"}) {
    FakeHost host;
    host.answer("HTTP/1.1 200 OK\r\n" + std::string(type) + "\r\ndata: a\n\n", GetParam());
    EXPECT_EQ(host.log, Texts{"give up protocol"}) << type;
  }
}

TEST_P(EventSource, TakesTheContentTypeInAnyCaseAndWithParameters) {
  for (const char* type : {"TEXT/Event-Stream", "text/event-stream;charset=latin1", "text/event-stream ; a=b"}) {
    FakeHost host;
    host.answer("HTTP/1.0 200 OK\r\nContent-Type: " + std::string(type) + "\r\n\r\ndata: a\n\n", GetParam());
    EXPECT_EQ(host.log, (Texts{"open", "message|a|"})) << type;
  }
}

TEST_P(EventSource, FollowsEveryRedirectAndBeginsAgainAtTheOriginalUrl) {
  for (const int status : {301, 302, 303, 307, 308}) {
    FakeHost host("6");
    host.answer(redirect(status, "next?x=1"), GetParam());
    ASSERT_EQ(host.links.size(), 2U) << status;
    EXPECT_TRUE(host.links.front()->closed);
    host.answer(redirect(status, "//other:2/last"), GetParam());
    host.answer(kStream + "data: a\n\n", GetParam());
    host.close();
    host.session->start();
    host.answer("");
    EXPECT_EQ(host.opened, (Texts{"h:1", "h:1", "other:2", "h:1"}));
    EXPECT_TRUE(host.links[1]->sent.starts_with("GET /next?x=1 HTTP/1.1\r\nHost: h:1\r\n")) << host.links[1]->sent;
    EXPECT_TRUE(host.links[2]->sent.starts_with("GET /last HTTP/1.1\r\nHost: other:2\r\n")) << host.links[2]->sent;
    EXPECT_NE(host.links[2]->sent.find("\r\nLast-Event-ID: 6\r\n"), std::string::npos);
    EXPECT_TRUE(host.links[3]->sent.starts_with("GET /start HTTP/1.1\r\n"));
    EXPECT_EQ(host.log, (Texts{"open", "message|a|6", "restart"}));
  }
}

TEST_P(EventSource, ResolvesARedirectAgainstThePathOfARun) {
  FakeHost host;
  host.plan.target.clear();
  host.plan.base_path = "/base";
  host.answer(redirect(302, "next"), GetParam());
  host.answer("");
  EXPECT_TRUE(host.request().starts_with("GET /base/next HTTP/1.1\r\n")) << host.request();
}

TEST_P(EventSource, KnowsItsServerByHostAndPort) {
  FakeHost host;
  host.plan.authority = "h";
  host.plan.headers = "Authorization: a\r\n";
  host.answer(redirect(302, "http://H:80/next"), GetParam());
  host.answer("");
  EXPECT_NE(host.request().find("Authorization: a\r\n"), std::string::npos);
}

TEST_P(EventSource, GivesUpAfterTwentyRedirects) {
  FakeHost host;
  for (int i = 0; i <= 20; ++i) host.answer(redirect(302, "/again"), GetParam());
  EXPECT_EQ(host.log, Texts{"give up protocol"});
  EXPECT_EQ(host.links.size(), 21U);
  EXPECT_NE(host.why.find("more than 20 times"), std::string::npos);
}

TEST_P(EventSource, GivesUpWhereARedirectLeadsNowhere) {
  FakeHost strange;
  strange.answer(redirect(302, "ftp://h/x"), GetParam());
  EXPECT_EQ(strange.log, Texts{"give up protocol"});
  FakeHost silent;
  silent.answer("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", GetParam());
  EXPECT_EQ(silent.log, Texts{"give up status"});
}

TEST_P(EventSource, TriesAgainWhenTheConnectionBreaks) {
  FakeHost before;
  before.answer("", GetParam());
  before.close();
  EXPECT_EQ(before.log, Texts{"fail closed"});
  FakeHost inside;
  inside.answer(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: "
      "a\n\n\r\n5\r\nda",
      GetParam());
  inside.close();
  EXPECT_EQ(inside.log, (Texts{"open", "message|a|", "fail closed"}));
}

TEST_P(EventSource, IsAloneInGivingUpOtherTechniquesTryAgain) {
  FakeHost host("", "http-streaming");
  host.answer("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", GetParam());
  EXPECT_EQ(host.log, Texts{"fail status"});
}

INSTANTIATE_TEST_SUITE_P(Pieces, EventSource, testing::Values(1, 2, 3, 7, SIZE_MAX), [](const auto& size) {
  return size.param == SIZE_MAX ? std::string("whole") : "of_" + std::to_string(size.param);
});

}  // namespace
}  // namespace loadgen
