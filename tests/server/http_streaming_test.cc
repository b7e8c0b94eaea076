// Bodies that are compressed, and bodies without lines.
#include "streams_fixture.h"
#include "wire/gzip.h"
#include "wire/http1/response.h"

namespace server {
namespace {

namespace http1 = wire::http1;

// The answer as a client reads it: unchunked, and decompressed when it says so.
class Reading final : public http1::ResponseParser::Handler, public wire::gzip::Reader::Handler {
 public:
  explicit Reading(Bytes taken) {
    http1::ResponseParser parser;
    std::size_t used = 0;
    parser.feed(taken, used, *this);
  }
  void on_head(const http1::Response& response) override {
    compressed = response.header("Content-Encoding") == "gzip";
    varies = response.header("Vary") == "Accept-Encoding";
    cursor = response.header("Pushbench-Cursor");
  }
  void on_body(Bytes piece) override {
    travelled += piece;
    if (!compressed) {
      plain += piece;
    } else {
      EXPECT_EQ(reader_.feed(piece, *this), wire::gzip::Reader::Result::kOk);
    }
  }
  void on_plain(Bytes piece) override { plain += piece; }
  void on_end() override { ended = true; }

  std::string travelled;  // the body
  std::string plain;
  std::string cursor;
  bool compressed = false;
  bool varies = false;
  bool ended = false;

 private:
  wire::gzip::Reader reader_;
};

const std::string& answer_to(MemoryServer& server, std::string_view target, std::string_view headers = {}) {
  const MemoryConnection& client = server.get(target, headers);
  server.settle();
  return client.taken;
}

constexpr std::string_view kGzip = "Accept-Encoding: br, gzip;q=0.5\r\n";
const std::string kLong(500, 'x');

TEST(HttpStreamingGzip, IsForThoseWhoAskOnly) {
  MemoryServer server;
  const std::pair<std::string, bool> table[] = {{"", false},
                                                {"Accept-Encoding: gzip\r\n", true},
                                                {"Accept-Encoding: deflate, GZIP ;q=1\r\n", true},
                                                {"Accept-Encoding: gzip;q=0\r\n", false},
                                                {"Accept-Encoding: gzip; q=0.000\r\n", false},
                                                {"Accept-Encoding: *\r\n", false},
                                                {"Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n", true}};
  for (const auto& [headers, compressed] : table) {
    const Reading reading(answer_to(server, "/http-streaming?topic=t", headers));
    EXPECT_EQ(reading.compressed, compressed) << headers;
    EXPECT_TRUE(reading.varies) << headers;
  }
  EXPECT_FALSE(Reading(answer_to(server, "/sse?topic=t", kGzip)).compressed) << "nor for other techniques";
}

TEST(HttpStreamingGzip, FlushesEveryMessageAndCompressesABroadcastOnce) {
  MemoryServer server;
  MemoryConnection& one = server.get("/http-streaming?topic=t", kGzip);
  MemoryConnection& two = server.get("/http-streaming?topic=t", kGzip);
  MemoryConnection& plain = server.get("/http-streaming?topic=t");
  server.say("t", "first");
  server.settle();
  EXPECT_EQ(Reading(one.taken).plain, "first\n");
  one.sends.clear();
  two.sends.clear();
  server.say("t", kLong);
  server.settle();
  EXPECT_EQ(one.sends, two.sends) << "the same buffer";
  EXPECT_EQ(Reading(two.taken).plain, "first\n" + kLong + "\n");
  EXPECT_LT(Reading(two.taken).travelled.size(), 100U);
  EXPECT_EQ(Reading(plain.taken).plain, "first\n" + kLong + "\n");
}

TEST(HttpStreamingGzip, EndsWithATrailerThatIsRightForEachSubscriber) {
  MemoryServer server;
  server.say("t", "before");
  MemoryConnection& resumed = server.get("/http-streaming?topic=t&after=0&limit=4", kGzip);
  MemoryConnection& fresh = server.get("/http-streaming?topic=t&limit=3", kGzip);
  MemoryConnection& endless = server.get("/http-streaming?topic=t", kGzip);
  for (int i = 1; i <= 3; ++i) {
    server.say("t", kLong + std::to_string(i));
    server.settle();
  }
  for (MemoryConnection* connection : {&resumed, &fresh}) {
    const Reading reading(connection->taken);
    EXPECT_TRUE(reading.ended);
    EXPECT_TRUE(reading.plain.ends_with(kLong + "3\n"));
  }
  EXPECT_TRUE(Reading(resumed.taken).plain.starts_with("before\n"));
  EXPECT_FALSE(Reading(endless.taken).ended);
  server.shut_down();
  EXPECT_TRUE(Reading(endless.taken).ended) << "the checksum at its end is verified by the reader";
}

TEST(HttpStreamingGzip, CountsWhatItSaves) {
  MemoryServer server;
  MemoryConnection& client = server.get("/http-streaming?topic=t", kGzip);
  for (int i = 0; i < 3; ++i) server.say("t", kLong);
  server.settle();
  const ByteCounters& sent = server.all_stats.sent;
  EXPECT_EQ(sent.payload.get(), 3 * kLong.size());
  EXPECT_EQ(sent.decoded.get(), 3 * (kLong.size() + 1));
  EXPECT_LT(sent.encoded.get(), 100U);
  EXPECT_EQ(sent.http.get() + sent.payload.get() + sent.framing.get() + sent.encoded.get() - sent.decoded.get(),
            client.taken.size());
}

TEST(HttpStreamingGzip, IsNotForHttp10) {
  MemoryServer server;
  MemoryConnection& client = server.connect();
  server.request(client, "GET", "/http-streaming?topic=t", kGzip, {}, 0);
  server.say("t", "m");
  server.settle();
  EXPECT_TRUE(client.taken.ends_with("\r\n\r\nm\n"));
}

TEST(HttpStreamingRaw, SendsMessagesAndNothingElse) {
  MemoryServer server;
  MemoryConnection& client = server.get("/http-streaming?topic=t&framing=raw");
  server.say("t", "a\nb");
  server.settle();
  server.say("t", "c\x10");
  server.settle();
  EXPECT_EQ(Reading(client.taken).plain, "a\nbc\x10");
  EXPECT_EQ(response_of(answer_to(server, "/http-streaming?topic=t&framing=row")).status, 400);
}

TEST(HttpStreamingRaw, TellsAGapByWhereItStarts) {
  MemoryServer server({.log_messages = 4});
  publish_numbers(server, 1, 10);
  const Reading reading(answer_to(server, "/http-streaming?topic=t&framing=raw&after=1"));
  EXPECT_EQ(reading.cursor, "6");
  EXPECT_EQ(reading.plain, "m7m8m9m10");
  EXPECT_EQ(server.all_stats.gap_messages.get(), 5U);
}

TEST(HttpStreamingRaw, EndsBeforeAGapThatItCannotTell) {
  MemoryServer server({.log_messages = 4});
  MemoryConnection& client = server.get("/http-streaming?topic=t&framing=raw");
  publish_numbers(server, 1, 1);
  server.settle();
  client.window = 0;
  publish_numbers(server, 2, 2);
  server.settle();
  publish_numbers(server, 3, 20);
  server.settle();
  client.window = SIZE_MAX;
  client.offer();
  server.settle();
  const Reading reading(client.taken);
  EXPECT_TRUE(reading.ended || client.aborted);
  EXPECT_EQ(reading.plain.find("m20"), std::string::npos);
}

}  // namespace
}  // namespace server
