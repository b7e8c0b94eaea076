// Whose requests are answered.
#include "reference-server/http/access.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "memory_server.h"
#include "wire/http1/request.h"

namespace server {
namespace {

bool answered(const Options& options, const std::string& headers, const std::string& method = "GET") {
  wire::http1::RequestParser parser;
  std::size_t consumed = 0;
  const std::string text = method + " /stats HTTP/1.1\r\n" + headers + "\r\n";
  if (parser.feed(text, consumed) != wire::http1::Parsed::kComplete) throw std::runtime_error("no request: " + text);
  return AccessRules(options).objection(parser.request()).empty();
}

TEST(Access, AddressesLoopbackAndNamesWithoutADotAreTheServers) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "192.0.2.7:80", "[::1]:8080", "[2001:db8::7]", "localhost",
                           "LocalHost:8080", "localhost.:8080", "app.localhost:3000", "server", "server:8080", ""}) {
    EXPECT_TRUE(answered({}, "Host: " + std::string(host) + "\r\n")) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "127.evil.example",
        "notlocalhost.example:80", "1.2.3.4.5", "evil.example.", "127.0.0.1.."}) {
    EXPECT_FALSE(answered({}, "Host: " + std::string(host) + "\r\n")) << host;
  }
}

TEST(Access, NamesAreOpenedByOptionsAndByTheOneThatItListensOn) {
  const Options named{.hosts = {"push.example.org", "other.example"}};
  EXPECT_TRUE(answered(named, "Host: Push.Example.Org:8080\r\n"));
  EXPECT_TRUE(answered(named, "Host: push.example.org.\r\n"));
  EXPECT_TRUE(answered(named, "Host: other.example\r\n"));
  EXPECT_FALSE(answered(named, "Host: example.org\r\n"));
  EXPECT_FALSE(answered(named, "Host: a.push.example.org\r\n"));
  EXPECT_TRUE(answered({.hosts = {"*"}}, "Host: evil.example\r\n"));
  const Options listening{.listen = "server.example.org:8080"};
  EXPECT_TRUE(answered(listening, "Host: server.example.org:8080\r\n"));
  EXPECT_FALSE(answered(listening, "Host: evil.example\r\n"));
}

TEST(Access, PagesOfTheServerAndOfLoopbackMayAsk) {
  const std::string host = "Host: 192.0.2.7:8080\r\n";
  for (const char* origin : {"http://192.0.2.7:8080", "http://localhost:3000", "http://LOCALHOST",
                             "https://app.localhost", "http://127.0.0.1:9", "http://[::1]:9"}) {
    EXPECT_TRUE(answered({}, host + "Origin: " + origin + "\r\n")) << origin;
  }
  for (const char* origin : {"http://192.0.2.7", "http://192.0.2.7:8081", "http://192.0.2.8:8080",
                             "https://evil.example", "http://127.evil.example", "http://localhost.evil.example", "null",
                             "", "file://", "http://192.0.2.7:8080\r\nOrigin: http://192.0.2.7:8080"}) {
    EXPECT_FALSE(answered({}, host + "Origin: " + origin + "\r\n")) << origin;
  }
  EXPECT_TRUE(answered({}, "Host: server\r\nOrigin: http://server\r\n")) << "the ports of the schemes";
  EXPECT_TRUE(answered({}, "Host: server\r\nOrigin: https://SERVER\r\n"));
  EXPECT_TRUE(answered({}, "Host: server:443\r\nOrigin: https://server\r\n"));
  EXPECT_FALSE(answered({}, "Host: server:443\r\nOrigin: http://server\r\n"));
  EXPECT_FALSE(answered({}, "Host: evil.example\r\nOrigin: http://evil.example\r\n"))
      << "a name pointed to this machine";
  EXPECT_TRUE(answered({}, host + "Origin: https://evil.example\r\n", "OPTIONS"));
  EXPECT_FALSE(answered({}, "Host: evil.example\r\n", "OPTIONS"));
}

TEST(Access, OriginsAreOpenedByOptions) {
  const std::string host = "Host: localhost\r\n";
  const Options named{.origins = {"https://example.org", "null"}};
  EXPECT_TRUE(answered(named, host + "Origin: https://EXAMPLE.org\r\n"));
  EXPECT_TRUE(answered(named, host + "Origin: null\r\n"));
  EXPECT_TRUE(answered(named, host + "Origin: http://localhost:3000\r\n"));
  EXPECT_FALSE(answered(named, host + "Origin: https://example.org.evil.test\r\n"));
  EXPECT_FALSE(answered(named, host + "Origin: https://example.org\r\nOrigin: https://example.org\r\n"));
  EXPECT_TRUE(answered({.origins = {"*"}}, host + "Origin: https://any.test\r\n"));
  EXPECT_TRUE(answered({.cors = "https://example.org"}, host + "Origin: https://example.org\r\n"));
  EXPECT_FALSE(answered({.cors = "https://example.org"}, host + "Origin: https://any.test\r\n"));
  EXPECT_TRUE(answered({.cors = "*"}, host + "Origin: https://any.test\r\n"));
}

TEST(Access, AForeignPageNeitherPublishesNorReads) {
  MemoryServer server({.conformance = true});
  server.say("t", "secret");
  const std::string foreign = "Origin: https://evil.example\r\n";
  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::pair<const char*, std::string> reads[] = {
      {"/", ""},
      {"/stats", ""},
      {"/polling?topic=t&after=0", ""},
      {"/long-polling?topic=t&after=0", ""},
      {"/http-streaming?topic=t&after=0", ""},
      {"/forever-frame?topic=t&after=0", ""},
      {"/sse?topic=t&after=0", ""},
      {"/websocket?topic=t&after=0", upgrade},
      {"/echo", upgrade},
      {"/socket.io/?EIO=4&transport=polling&topic=t", ""},
      {"/socket.io/?EIO=4&transport=websocket&topic=t", upgrade},
      {"/engine.io/?EIO=4&transport=websocket", upgrade},
  };
  for (const auto& [target, headers] : reads) {
    MemoryConnection& client = server.get(target, foreign + headers);
    server.settle();
    EXPECT_EQ(response_of(client.taken).status, 403) << target;
    EXPECT_EQ(client.taken.find("secret"), std::string::npos) << target;
  }
  MemoryConnection& speaker = server.connect();
  server.request(speaker, "POST", "/publish?topic=t", foreign, "forged");
  server.settle();
  EXPECT_EQ(response_of(speaker.taken).status, 403);
  MemoryConnection& reader = server.get("/polling?topic=t&after=0");
  server.settle();
  EXPECT_EQ(response_of(reader.taken).body, "secret\n");
  EXPECT_EQ(server.all_stats.bad_upgrades.get(), 4U);
  EXPECT_EQ(server.all_stats.bad_requests.get(), std::size(reads) - 4 + 1);
}

}  // namespace
}  // namespace server
