#include "reference-server/http/routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>

#include "memory_server.h"

namespace server {
namespace {

PlainResponse ask(MemoryServer& server, std::string_view method, std::string_view target, std::string_view headers = {},
                  std::string_view body = {}) {
  MemoryConnection& client = server.connect();
  server.request(client, method, target, headers, body);
  server.settle();
  return response_of(client.taken);
}

TEST(Routes, PublishAndGiveTheSequence) {
  MemoryServer server;
  for (int i = 1; i <= 2; ++i) {
    const PlainResponse response = ask(server, "POST", "/publish?topic=t", {}, "hello");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{\"sequence\":" + std::to_string(i) + "}\n");
    EXPECT_NE(response.head.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  }
  EXPECT_EQ(ask(server, "POST", "/publish?topic=t").body, "{\"sequence\":3}\n") << "an empty message is a message";
  EXPECT_EQ(ask(server, "GET", "/polling?topic=t&after=0").body, "hello\nhello\n\n");
}

// By the field of its row, wherever in the table that is.
TEST(Routes, ServeATechniqueOfTheConformanceProfileWithTheOptionAlone) {
  MemoryServer plain;
  MemoryServer profile({.conformance = true});
  std::size_t of_the_profile = 0;
  for (const TechniqueInfo& row : techniques()) {
    const std::string route(row.route);
    EXPECT_EQ(ask(plain, "GET", route).status == 404, row.conformance) << route;
    EXPECT_NE(ask(profile, "GET", route).status, 404) << route;
    EXPECT_EQ(ask(plain, "GET", "/nowhere").body.find("GET " + route) == std::string::npos, row.conformance) << route;
    of_the_profile += row.conformance ? 1 : 0;
  }
  EXPECT_GT(of_the_profile, 0U);
}

TEST(Routes, DecodeTheTopicsName) {
  MemoryServer server;
  ask(server, "POST", "/publish?topic=a%20b%2Fc", {}, "x");
  EXPECT_EQ(ask(server, "GET", "/polling?after=0&topic=a+b/c").body, "x\n");
}

TEST(Routes, TakeAMessageForTextOnlyWhenItIs) {
  const std::tuple<std::string, std::string, char> table[] = {
      {"", "plain", '\x81'},
      {"Content-Type: text/plain\r\n", "plain", '\x81'},
      {"Content-Type: application/octet-stream\r\n", "plain", '\x82'},
      {"Content-Type: Application/Octet-Stream ; x=y\r\n", "plain", '\x82'},
      {"", "\xff", '\x82'},
      {"", "gr\xc3\xbc\xc3\x9f", '\x81'},
  };
  for (const auto& [headers, body, first_byte] : table) {
    MemoryServer server;
    MemoryConnection& client = server.subscribe("websocket", "topic=t");
    server.settle();
    client.taken.clear();
    ask(server, "POST", "/publish?topic=t", headers, body);
    ASSERT_FALSE(client.taken.empty());
    EXPECT_EQ(client.taken[0], first_byte) << headers << body;
  }
}

TEST(Routes, RefuseABadPublishInOneSentence) {
  MemoryServer server({.max_topics = 1});
  EXPECT_EQ(ask(server, "POST", "/publish", {}, "x").status, 400);
  EXPECT_EQ(ask(server, "POST", "/publish?topic=", {}, "x").status, 400);
  server.get("/sse?topic=a");
  EXPECT_EQ(ask(server, "POST", "/publish?topic=a", {}, "x").status, 200);
  EXPECT_EQ(ask(server, "POST", "/publish?topic=b", {}, "x").status, 503);
}

nlohmann::json stats_of(MemoryServer& server, std::string_view query = "") {
  return nlohmann::json::parse(ask(server, "GET", "/stats" + std::string(query)).body);
}

TEST(Routes, ATopicThatWasOnlyAskedForLastsAsLongAsItsSubscribers) {
  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::tuple<const char*, std::string, int> table[] = {
      {"/polling?topic=t", "", 0},
      {"/long-polling?topic=t", "", 1},
      {"/long-polling?topic=t&hold=0", "", 0},
      {"/http-streaming?topic=t", "", 1},
      {"/http-streaming?topic=t&framing=raw", "Accept-Encoding: gzip\r\n", 1},
      {"/forever-frame?topic=t", "", 1},
      {"/sse?topic=t", "", 1},
      {"/websocket?topic=t", upgrade, 1},
      {"/socket.io/?EIO=4&transport=websocket&topic=t", upgrade, 1},
  };
  for (const auto& [target, headers, topics] : table) {
    MemoryServer server({.max_topics = 1});
    MemoryConnection& client = server.get(target, headers);
    server.settle();
    EXPECT_EQ(stats_of(server)["topics_total"], topics) << target;
    EXPECT_EQ(ask(server, "HEAD", "/sse?topic=other").status, topics == 0 ? 200 : 503) << target;
    if (client.open) client.leave();
    server.settle();
    EXPECT_EQ(stats_of(server)["topics_total"], 0) << target;
    EXPECT_EQ(ask(server, "POST", "/publish?topic=other", {}, "x").status, 200) << target;
  }
}

TEST(Routes, ATopicThatIsGivenUpAndComesAgainTellsWhatItLost) {
  MemoryServer server({.max_topics = 1});
  for (const char* topic : {"t", "t", "other"}) server.say(topic, "old");
  server.say("t", "new");
  EXPECT_EQ(ask(server, "GET", "/polling?topic=t&after=1").body, "\x10gap 2 2\nnew\n");
  server.say("other", "x");
  server.settle();
  const std::string asked_before = ask(server, "GET", "/polling?topic=t&after=3").body;
  EXPECT_EQ(asked_before, "");
  server.say("t", "newest");
  EXPECT_EQ(ask(server, "GET", "/polling?topic=t&after=3").body, "newest\n") << "no answer of another topic's log";
}

TEST(Routes, ShowTopicsAPageAtATime) {
  MemoryServer server;
  for (int i = 0; i < 2'500; ++i) server.say("t" + std::to_string(i), "x");
  const nlohmann::json first = stats_of(server);
  EXPECT_EQ(first["topics"].size(), 1'000U);
  EXPECT_EQ(first["topics_total"], 2'500);
  std::set<std::string> names;
  nlohmann::json page = first;
  for (;;) {
    for (const nlohmann::json& topic : page["topics"]) EXPECT_TRUE(names.insert(topic["name"]).second);
    if (page["topics_next"].is_null()) break;
    page = stats_of(server, "?topics=700&topics-from=" + page["topics_next"].dump());
  }
  EXPECT_EQ(names.size(), 2'500U);
  EXPECT_EQ(stats_of(server, "?topics=0")["topics"].size(), 0U);
  const nlohmann::json one = stats_of(server, "?topic=t7");
  EXPECT_EQ(one["topics"], nlohmann::json::parse(R"([{"name":"t7","first":1,"head":1}])"));
  EXPECT_EQ(stats_of(server, "?topic=none")["topics"].size(), 0U);
  for (const char* query : {"?topics=1001", "?topics=", "?topics=-1", "?topics-from=x", "?topics-from=4294967296"}) {
    EXPECT_EQ(ask(server, "GET", "/stats" + std::string(query)).status, 400) << query;
  }
}

TEST(Routes, ListWhatThereIsWhenThereIsNothing) {
  MemoryServer server;
  const PlainResponse response = ask(server, "GET", "/unknown");
  EXPECT_EQ(response.status, 404);
  for (const char* route : {"/publish", "/polling", "/long-polling", "/http-streaming", "/forever-frame", "/sse",
                            "/websocket", "/stats", "/healthz"}) {
    EXPECT_NE(response.body.find(route), std::string::npos) << route;
  }
}

TEST(Routes, SayWhichMethodsAreAllowed) {
  MemoryServer server;
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"GET", "/publish?topic=t", "Allow: POST"}, {"POST", "/sse?topic=t", "Allow: GET, HEAD"},
      {"DELETE", "/stats", "Allow: GET, HEAD"},   {"TRACE", "/polling?topic=t", "Allow: GET, HEAD"},
      {"PUT", "/websocket", "Allow: GET, HEAD"},  {"PUT", "/http-streaming?topic=t", "Allow: GET, HEAD, POST"},
  };
  for (const auto& [method, target, allow] : table) {
    const PlainResponse response = ask(server, method, target);
    EXPECT_EQ(response.status, 405) << method << target;
    EXPECT_NE(response.head.find(allow), std::string::npos) << response.head;
  }
}

TEST(Routes, AnswerOptionsWithWhatTheyAllow) {
  MemoryServer server;
  const std::pair<const char*, const char*> table[] = {
      {"*", "GET, HEAD, POST, OPTIONS"},
      {"/sse?topic=t", "GET, HEAD, OPTIONS"},
      {"/http-streaming", "GET, HEAD, POST, OPTIONS"},
      {"/publish", "POST, OPTIONS"},
      {"/", "GET, HEAD, OPTIONS"},
  };
  for (const auto& [target, allow] : table) {
    const PlainResponse response =
        ask(server, "OPTIONS", target, "Origin: https://example.org\r\nAccess-Control-Request-Method: GET\r\n");
    EXPECT_EQ(response.status, 204) << target;
    EXPECT_NE(response.head.find("\r\nAllow: " + std::string(allow) + "\r\n"), std::string::npos) << response.head;
    EXPECT_EQ(response.head.find("Access-Control"), std::string::npos) << "CORS is off";
    EXPECT_EQ(response.head.find("Content-Length"), std::string::npos);
  }
  EXPECT_EQ(ask(server, "OPTIONS", "/nowhere").status, 404);
}

TEST(Routes, AllowInAPreflightTheHeadersItAsksFor) {
  MemoryServer server({.cors = "https://example.org", .cors_credentials = true});
  const std::string origin = "Origin: https://example.org\r\n";
  const PlainResponse response =
      ask(server, "OPTIONS", "/publish?topic=t",
          origin + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-mine,last-event-id\r\n");
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.head.find("\r\nAccess-Control-Allow-Headers: x-mine,last-event-id\r\n"), std::string::npos);
  EXPECT_NE(response.head.find("\r\nAccess-Control-Allow-Methods: GET, HEAD, POST\r\n"), std::string::npos);
  EXPECT_EQ(ask(server, "OPTIONS", "/publish?topic=t", origin).head.find("Allow-Methods"), std::string::npos)
      << "no preflight";
}

TEST(Routes, AnswerHealth) {
  MemoryServer server;
  EXPECT_EQ(ask(server, "GET", "/healthz").body, "ok\n");
  const PlainResponse head = ask(server, "HEAD", "/healthz");
  EXPECT_EQ(head.body, "");
  EXPECT_NE(head.head.find("\r\nContent-Length: 3\r\n"), std::string::npos);
}

// RFC 9110 section 9.3.2.
TEST(Routes, AnswerHeadWithTheHeadOfGet) {
  MemoryServer server({.conformance = true});
  server.say("t", "hello");
  for (const char* target :
       {"/", "/healthz", "/nowhere", "/publish?topic=t", "/polling?topic=t&after=0", "/polling",
        "/long-polling?topic=t&after=0", "/http-streaming?topic=t", "/forever-frame?topic=t", "/sse?topic=t", "/sse",
        "/websocket?topic=t", "/websocket", "/echo", "/socket.io/socket.io.js"}) {
    const std::string get = ask(server, "GET", target).head;
    EXPECT_EQ(ask(server, "HEAD", target).head, get) << target;
    EXPECT_EQ(response_of(get).body, "");
  }
}

TEST(Routes, AnswerTheDemoPageUnderAPolicyThatForbidsForeignAndInlineScripts) {
  MemoryServer server;
  const std::pair<const char*, const char*> table[] = {{"/", "text/html"},
                                                       {"/?topic=news", "text/html"},
                                                       {"/demo.css", "text/css"},
                                                       {"/demo.js", "text/javascript"},
                                                       {"/demo-client.js", "text/javascript"},
                                                       {"/demo-techniques.js", "text/javascript"}};
  for (const auto& [target, type] : table) {
    const PlainResponse response = ask(server, "GET", target);
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_NE(response.head.find(std::string("\r\nContent-Type: ") + type + "; charset=utf-8\r\n"), std::string::npos);
    EXPECT_NE(response.head.find("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "),
              std::string::npos);
    EXPECT_EQ(response.head.find("unsafe-inline"), std::string::npos);
    EXPECT_FALSE(response.body.empty());
  }
}

TEST(Routes, TellOneStartOfTheServerFromAnother) {
  MemoryServer server;
  MemoryServer restarted;
  const auto instance = [](MemoryServer& of) {
    return nlohmann::json::parse(ask(of, "GET", "/stats").body)["instance"];
  };
  EXPECT_EQ(instance(server), instance(server));
  EXPECT_NE(instance(server), instance(restarted));
}

TEST(Routes, TellTheStatistics) {
  MemoryServer server;
  server.get("/sse?topic=t");
  server.publish("t", "12345", true);
  server.publish("bytes \xff in a name", "x", true);
  const nlohmann::json stats = nlohmann::json::parse(ask(server, "GET", "/stats").body);
  EXPECT_EQ(stats["instance"].get<std::string>().size(), 16U);
  EXPECT_EQ(stats["uptime_s"], 2.0);
  EXPECT_EQ(stats["threads"], 1);
  EXPECT_EQ(stats["delivered"]["sse"], 0) << "it is written at the end of the iteration";
  EXPECT_EQ(stats["topics"].size(), 2U);
  EXPECT_EQ(stats["topics"][0]["name"], "t");
  EXPECT_EQ(stats["topics"][0]["head"], 1);
  EXPECT_GT(stats["rss_bytes"], 1'000'000);
  const nlohmann::json later = nlohmann::json::parse(ask(server, "GET", "/stats").body);
  EXPECT_EQ(later["delivered"]["sse"], 1);
  EXPECT_EQ(later["bytes"]["sent"]["payload"], 5);
}

}  // namespace
}  // namespace server
