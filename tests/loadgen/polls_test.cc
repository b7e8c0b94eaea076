// When `polling` and `long-polling` ask, on which connection, and what they count: against a server written by hand.
#include <gtest/gtest.h>

#include <string>

#include "scripted_server.h"

namespace loadgen {
namespace {

using namespace std::chrono_literals;

void answer(ScriptedServer& server, std::size_t number, const std::string& body, int cursor) {
  server.answer(number, body, "200 OK\r\nPushbench-Cursor: " + std::to_string(cursor));
}

bool asks(const std::string& request, const std::string& query) {
  return request.starts_with("GET /polling?topic=t" + query + " HTTP/1.1\r\n") ||
         request.starts_with("GET /long-polling?topic=t" + query + " HTTP/1.1\r\n");
}

// A client whose first answer has told the cursor, 5.
std::unique_ptr<ScriptedServer> primed(const std::string& technique, const ScriptedServer::Options& options = {}) {
  auto server = std::make_unique<ScriptedServer>(technique, options);
  server->accept(0);
  answer(*server, 0, "", 5);
  server->log.clear();
  return server;
}

TEST(Polling, AtAFixedRateKeepsItsScheduleHoweverLongAnAnswerTakes) {
  const auto client = primed("polling", {{"interval", "100ms"}});
  ScriptedServer& server = *client;
  ASSERT_TRUE(server.wake_after_);
  EXPECT_LT(*server.wake_after_, 100ms) << "clients do not ask in step";
  server.wake();
  EXPECT_EQ(server.wake_after_, 100ms) << "due before the answer is there";
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=5"));
  answer(server, 0, "a\n", 6);
  EXPECT_EQ(server.wake_after_, 100ms);
  server.wake();
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=6"));
}

TEST(Polling, SkipsWhatFallsDueWhileAnAnswerIsOutstandingAndCountsIt) {
  const auto client = primed("polling", {{"interval", "100ms"}});
  ScriptedServer& server = *client;
  server.wake();
  server.connection(0).take();
  for (int i = 1; i <= 3; ++i) {
    server.wake();
    EXPECT_EQ(server.wake_after_, 100ms) << "the schedule goes on";
    EXPECT_EQ(server.connection(0).take(), "") << "never two at a time";
    EXPECT_EQ(server.counts().skipped_polls, static_cast<std::uint64_t>(i));
  }
  answer(server, 0, "a\nb\n", 7);
  server.wake();
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=7"));
  EXPECT_EQ(server.counts().skipped_polls, 3U);
  EXPECT_EQ(server.log, (Texts{"begin", "a", "b", "subscribed", "end", "begin"}))
      << "one round trip, from due to answer";
}

TEST(Polling, WithAFixedDelayWaitsAnIntervalAfterEachAnswerAndSkipsNothing) {
  const auto client = primed("polling", {{"interval", "100ms"}, {"timing", "fixed-delay"}});
  ScriptedServer& server = *client;
  server.wake();
  EXPECT_FALSE(server.wake_after_) << "nothing is due before the answer";
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=5"));
  answer(server, 0, "", 5);
  EXPECT_EQ(server.wake_after_, 100ms);
  EXPECT_EQ(server.counts().skipped_polls, 0U);
}

TEST(Polling, InAClosedLoopAsksAgainRightAfterEachAnswer) {
  const auto client = primed("polling", {{"timing", "closed"}});
  ScriptedServer& server = *client;
  EXPECT_FALSE(server.wake_after_);
  for (int poll = 0; poll < 3; ++poll) {
    EXPECT_TRUE(asks(server.connection(0).take(), "&after=5"));
    answer(server, 0, "", 5);
  }
  EXPECT_EQ(server.counts().skipped_polls, 0U);
  EXPECT_EQ(server.counts().requests, 5U) << "the first one, which only learns the cursor, and the one under way, too";
}

TEST(Polling, CountsThePollsThatBroughtNothing) {
  const auto client = primed("polling");
  ScriptedServer& server = *client;
  for (const char* body : {"", "a\n", "", "b\nc\n", ""}) {
    server.wake();
    answer(server, 0, body, 9);
  }
  EXPECT_EQ(server.counts().empty_answers, 4U) << "the first one, too";
  EXPECT_EQ(server.counts().full_answers, 2U);
  EXPECT_EQ(server.counts().requests, 6U);
}

TEST(Polling, ConnectsAnewForEachPollWhereItIsToldTo) {
  ScriptedServer server("polling", {{"connection", "close"}});
  EXPECT_NE(server.accept(0).find("\r\nConnection: close\r\n"), std::string::npos);
  const std::string closing = "200 OK\r\nConnection: close\r\nPushbench-Cursor: 5";
  server.answer(0, "", closing);
  EXPECT_TRUE(server.connection(0).closed);
  for (std::size_t number = 1; number <= 3; ++number) {
    server.wake();
    ASSERT_EQ(server.connections.size(), number + 1);
    EXPECT_TRUE(asks(server.accept(number), "&after=5"));
    server.answer(number, "", closing);
    EXPECT_TRUE(server.connection(number).closed);
  }
}

TEST(Polling, KeepsOneConnectionElse) {
  const auto client = primed("polling");
  ScriptedServer& server = *client;
  for (int i = 0; i < 3; ++i) {
    server.wake();
    EXPECT_EQ(server.connection(0).take().find("Connection: close"), std::string::npos);
    answer(server, 0, "", 5);
  }
  EXPECT_EQ(server.connections.size(), 1U);
}

// A poll that an idle connection's end has cut off may be repeated (RFC 9112 section 9.3.1).
TEST(Polling, RepeatsAPollThatTheEndOfAnIdleConnectionHasCutOff) {
  const auto client = primed("polling");
  ScriptedServer& server = *client;
  server.wake();
  server.connection(0).take();
  server.leave(0);
  EXPECT_TRUE(asks(server.accept(1), "&after=5"));
  server.leave(1);
  EXPECT_EQ(server.log.back(), "fail closed: the server closed the connection before it answered")
      << "a connection that never answered is a failure";
}

TEST(Polling, AsksWithTheTagOfTheLastAnswerThatIsWhole) {
  ScriptedServer server("polling", {{"validator", "etag"}});
  EXPECT_NE(server.accept(0).find("\r\nIf-None-Match: \"\"\r\n"), std::string::npos) << "tags are wanted";
  server.answer(0, "a\n", "200 OK\r\nPushbench-Cursor: 1\r\nETag: \"1\"");
  server.wake();
  EXPECT_NE(server.connection(0).take().find("\r\nIf-None-Match: \"1\"\r\n"), std::string::npos);
  server.give(0, "HTTP/1.1 200 OK\r\nPushbench-Cursor: 3\r\nETag: \"3\"\r\nContent-Length: 4\r\n\r\nb\n");
  server.leave(0);
  server.session->start();
  const std::string again = server.accept(1);
  EXPECT_TRUE(asks(again, "&after=2")) << "what came of the broken answer counts";
  EXPECT_NE(again.find("\r\nIf-None-Match: \"\"\r\n"), std::string::npos) << "its tag does not";
}

TEST(Polling, TakesNoNotModifiedThatItHasNotAskedFor) {
  ScriptedServer server("polling");
  server.accept(0);
  server.give(0, "HTTP/1.1 304 Not Modified\r\nPushbench-Cursor: 5\r\n\r\n");
  EXPECT_EQ(server.log, Texts{"fail status: HTTP 304 Not Modified"});
}

TEST(LongPolling, AsksAgainAtOnceFromTheCursorOfTheAnswer) {
  const auto client = primed("long-polling", {{"hold", "2s"}});
  ScriptedServer& server = *client;
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=5&hold=2000"));
  answer(server, 0, "a\nb\n", 7);
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=7&hold=2000"));
  EXPECT_EQ(server.log, (Texts{"a", "b", "subscribed"}));
}

TEST(LongPolling, LearnsTheCursorByARequestThatIsNotHeld) {
  ScriptedServer server("long-polling");
  EXPECT_TRUE(asks(server.accept(0), "&hold=0"));
  ScriptedServer no_content("long-polling", {{"empty", "204"}});
  EXPECT_TRUE(asks(no_content.accept(0), "&hold=0&empty=204"));
}

TEST(LongPolling, TakesAHoldThatIsOverByEitherStatus) {
  const auto client = primed("long-polling");
  ScriptedServer& server = *client;
  server.connection(0).take();
  answer(server, 0, "", 5);
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=5&hold=25000"));
  server.give(0, "HTTP/1.1 204 No Content\r\nPushbench-Cursor: 5\r\n\r\n");
  EXPECT_TRUE(asks(server.connection(0).take(), "&after=5&hold=25000"));
  EXPECT_EQ(server.counts().empty_answers, 3U);
}

// The server may have answered at that moment: what it sent is asked for again.
TEST(LongPolling, GivesUpAHeldRequestAfterItsOwnTimeAndAsksAgainFromItsCursor) {
  const auto client = primed("long-polling", {{"timeout", "1s"}});
  ScriptedServer& server = *client;
  server.connection(0).take();
  EXPECT_EQ(server.wake_after_, 1s);
  server.wake();
  EXPECT_TRUE(server.connection(0).closed);
  EXPECT_EQ(server.counts().request_timeouts, 1U);
  EXPECT_TRUE(asks(server.accept(1), "&after=5&hold=25000"));
  EXPECT_EQ(server.wake_after_, 1s);
  server.give(1, "HTTP/1.1 200 OK\r\nPushbench-Cursor: 7\r\nContent-Length: 4\r\n\r\na\nb");
  server.wake();
  EXPECT_TRUE(asks(server.accept(2), "&after=6&hold=25000")) << "a whole line counts, the rest of the answer not";
  answer(server, 2, "b\n", 7);
  EXPECT_EQ(server.log, (Texts{"a", "b", "subscribed"}));
  EXPECT_EQ(server.counts().request_timeouts, 2U);
}

TEST(LongPolling, FailsWhenTheNextConnectionDoesNotComeAbout) {
  const auto client = primed("long-polling", {{"timeout", "1s"}});
  ScriptedServer& server = *client;
  server.wake();
  ASSERT_EQ(server.connections.size(), 2U);
  server.wake();
  EXPECT_EQ(server.log.back(), "fail timeout: no connection within the time-out of a request");
  EXPECT_EQ(server.counts().request_timeouts, 1U) << "of the request, not of the connection";
}

TEST(LongPolling, DoesNotTimeOutWhatItsServerAnswersInTime) {
  const auto client = primed("long-polling", {{"timeout", "1s"}});
  ScriptedServer& server = *client;
  for (int cursor = 6; cursor < 9; ++cursor) {
    answer(server, 0, "a\n", cursor);
    EXPECT_EQ(server.wake_after_, 1s) << "anew for each request";
  }
  EXPECT_EQ(server.counts().request_timeouts, 0U);
}

TEST(LongPolling, ByValidatorsSendsThoseOfTheLastWholeAnswer) {
  ScriptedServer server("long-polling", {{"resume", "validators"}});
  const std::string first = server.accept(0);
  EXPECT_EQ(first.find("If-"), std::string::npos) << first;
  EXPECT_EQ(server.log, Texts{"subscribed"}) << "nothing is answered before the first message";
  server.answer(0, "one", "200 OK\r\nETag: 3\r\nLast-Modified: Mon, 23 Nov 2026 20:00:00 GMT");
  const std::string second = server.connection(0).take();
  EXPECT_NE(second.find("\r\nIf-None-Match: 3\r\n"), std::string::npos) << second;
  EXPECT_NE(second.find("\r\nIf-Modified-Since: Mon, 23 Nov 2026 20:00:00 GMT\r\n"), std::string::npos) << second;
  server.give(0, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  const std::string third = server.connection(0).take();
  EXPECT_NE(third.find("\r\nIf-None-Match: 3\r\n"), std::string::npos) << "a hold that is over changes nothing";
  server.give(0, "HTTP/1.1 200 OK\r\nETag: 4\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_EQ(server.delivered, 2U);
  server.answer(0, "three");
  EXPECT_EQ(server.log.back(),
            "fail protocol: the answer has neither ETag nor Last-Modified to ask for the next message with");
}

}  // namespace
}  // namespace loadgen
