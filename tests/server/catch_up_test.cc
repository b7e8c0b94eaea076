// What subscribers cost who are served from the log, above all those who read nothing.
#include "streams_fixture.h"

namespace server {
namespace {

constexpr std::size_t kLarge = std::size_t{2} << 20;

// One who reads nothing: of its stream it has what it got when it came.
MemoryConnection& non_reader(MemoryServer& server, std::string_view technique, std::string_view query) {
  MemoryConnection& client = server.subscribe(technique, query);
  client.window = 0;
  server.settle();
  return client;
}

class CatchUp : public Streams {};

TEST_P(CatchUp, SharesOneEncodingOfALargeMessageWithWhoComesLater) {
  MemoryServer server;
  server.say("t", "small");
  server.say("t", std::string(kLarge, 'x'));
  const MemoryConnection& first = non_reader(server, technique(), "topic=t&after=1");
  const char* const shared = first.sends.back();
  for (const char* query : {"topic=t&after=1", "topic=t&after=1&limit=1", "topic=t&after=1&echo=0"}) {
    const std::vector<const char*>& sends = non_reader(server, technique(), query).sends;
    EXPECT_NE(std::find(sends.begin(), sends.end(), shared), sends.end()) << query;
  }
  // Behind a small message it is a piece by itself all the same.
  MemoryConnection& from_the_start = server.subscribe(technique(), "topic=t&after=0");
  server.settle();
  EXPECT_EQ(from_the_start.sends.back(), shared);
  EXPECT_EQ(got(from_the_start), (Messages{"small", std::string(kLarge, 'x')}));
}

TEST_P(CatchUp, EncodesABoundedPartOfTheLogsInOneIteration) {
  constexpr std::size_t kTopics = 20;
  MemoryServer server;
  for (std::size_t i = 0; i < kTopics; ++i) server.say("t" + std::to_string(i), std::string(kLarge, 'x'));
  std::vector<MemoryConnection*> clients;
  for (std::size_t i = 0; i < kTopics; ++i) {
    clients.push_back(&server.subscribe(technique(), "topic=t" + std::to_string(i) + "&after=0"));
  }
  for (MemoryConnection* client : clients) client->offer();
  std::size_t taken = 0;
  for (const MemoryConnection* client : clients) taken += client->taken.size();
  EXPECT_LE(taken, 2 * kLarge);
  server.settle();
  for (const MemoryConnection* client : clients) EXPECT_EQ(got(*client), Messages{std::string(kLarge, 'x')});
}

INSTANTIATE_TEST_SUITE_P(EachTechnique, CatchUp, testing::Values("http-streaming", "forever-frame", "sse", "websocket"),
                         test_name);

TEST(CatchUpInAContext, HasNothingOfItsOwnThatExceedsTheQueue) {
  MemoryServer server({.queue = std::size_t{1} << 20, .deflate = DeflateMode::kContextTakeover});
  server.say("t", std::string(kLarge, 'x'));
  const char* const upgrade =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
  std::vector<const char*> last;
  for (int i = 0; i < 2; ++i) {
    MemoryConnection& client = server.get("/websocket?topic=t&after=0", upgrade);
    ASSERT_NE(client.taken.size() + client.sends.size(), 0U);
    client.window = 0;
    server.settle();
    last.push_back(client.sends.back());
  }
  EXPECT_EQ(last[0], last[1]);
}

TEST(LargeAnswers, AreOneBodyForAllPollersWhateverTheirHead) {
  MemoryServer server;
  server.say("t", std::string(kLarge, 'x'));
  std::vector<const char*> bodies;
  for (const auto& [target, headers] : {std::pair{"/polling?topic=t&after=0", ""},
                                        {"/polling?topic=t&after=0", "Connection: close\r\n"},
                                        {"/polling?topic=t&after=0", "If-None-Match: \"0\"\r\n"}}) {
    MemoryConnection& client = server.connect();
    client.window = 0;
    server.request(client, "GET", target, headers);
    bodies.push_back(client.sends.back());
    MemoryConnection& reader = server.get(target, headers);
    server.settle();
    EXPECT_EQ(response_of(reader.taken).body.size(), kLarge + 1) << headers;
  }
  EXPECT_EQ(bodies[1], bodies[0]);
  EXPECT_EQ(bodies[2], bodies[0]);
}

}  // namespace
}  // namespace server
