// Responses of RFC 9112, read whole, byte by byte and cut everywhere.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"
#include "wire/http1/response.h"

namespace {

using namespace wire::http1;
using wire::Bytes;

class Recorder final : public ResponseParser::Handler {
 public:
  explicit Recorder(const ResponseParser& parser) : parser_(parser) {}
  void on_head(const Response& response) override {
    log.append(std::to_string(response.status)).append(" ").append(response.reason);
    log.append(" 1.").append(std::to_string(response.version_minor));
    for (const Header& header : response.headers) log.append(" ").append(header.name).append("=").append(header.value);
    log.append(response.keep_alive ? " keep-alive" : " close").append(response.upgrade ? " upgrade" : "");
    log.append(" head=").append(std::to_string(parser_.head_bytes())).append("\n");
  }
  void on_body(Bytes piece) override {
    EXPECT_FALSE(piece.empty());
    body.append(piece);
  }
  void on_end() override {
    EXPECT_FALSE(parser_.mid_message());
    log.append("[").append(body).append("]\n");
    body.clear();
  }

  std::string log;
  std::string body;

 private:
  const ResponseParser& parser_;
};

struct Outcome {
  std::string log;
  std::string error;
  std::string rest;  // after 101
  bool finished = false;
  bool mid_message = false;
};

// Reads as a client does, then lets the peer close. `no_body`: the first response answers HEAD.
Outcome read(const std::vector<Bytes>& pieces, bool no_body = false, std::size_t max_head = 64 * 1024) {
  Outcome outcome;
  ResponseParser parser(max_head);
  parser.expect_no_body(no_body);
  Recorder recorder(parser);
  bool upgraded = false;
  feed_pieces(pieces, [&](Bytes bytes) {
    while (!bytes.empty() && !upgraded) {
      std::size_t consumed = 0;
      const Parsed parsed = parser.feed(bytes, consumed, recorder);
      EXPECT_LE(consumed, bytes.size());
      if (parsed == Parsed::kError) {
        outcome.error = parser.error_text();
        return false;
      }
      EXPECT_TRUE(parsed == Parsed::kComplete || consumed == bytes.size());
      upgraded = recorder.log.find(" upgrade ") != std::string::npos;
      bytes.remove_prefix(consumed);
    }
    outcome.rest.append(bytes);
    return true;
  });
  outcome.mid_message = parser.mid_message();
  outcome.finished = outcome.error.empty() && parser.finish(recorder);
  outcome.log = recorder.log;
  return outcome;
}

void expect_log(const std::string& stream, const std::string& log, bool finished = false,
                const std::string& rest = "") {
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces);
    ASSERT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.log, log);
    ASSERT_EQ(outcome.finished, finished);
    ASSERT_EQ(outcome.mid_message, finished);
    ASSERT_EQ(outcome.rest, rest);
  });
}

void expect_refused(const std::string& stream, std::size_t max_head = 64 * 1024) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 200)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces, false, max_head);
    ASSERT_NE(outcome.error, "") << outcome.log;
    ASSERT_EQ(outcome.log.find("]"), std::string::npos) << outcome.log;
  });
}

std::string head(std::size_t size) {
  return " head=" + std::to_string(size) + "\n";
}

TEST(Http1Response, of_rfc_9110_section_3_9_is_read) {
  const std::string start =
      "HTTP/1.1 200 OK\r\nDate: Mon, 27 Jul 2009 12:28:53 GMT\r\nContent-Length: 51\r\nContent-Type: "
      "text/plain\r\n\r\n";
  const std::string body = "Hello World! My content includes a trailing CRLF.\r\n";
  expect_log(start + body,
             "200 OK 1.1 Date=Mon, 27 Jul 2009 12:28:53 GMT Content-Length=51 Content-Type=text/plain keep-alive" +
                 head(start.size()) + "[" + body + "]\n");
}

TEST(Http1Response, in_chunks_with_extensions_and_trailers_is_read) {
  const std::string start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_log(
      start + "4\r\nWiki\r\n006;x;c=\"d e\";a=b\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nExpires: never\r\n\r\n",
      "200 OK 1.1 Transfer-Encoding=chunked keep-alive" + head(start.size()) + "[Wikipedia in \r\n\r\nchunks.]\n");
}

TEST(Http1Response, without_length_ends_when_the_peer_closes) {
  const std::string start = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n";
  expect_log(start + "until the end\r\n\r\n", "200 OK 1.1 X=y close" + head(start.size()) + "[until the end\r\n\r\n]\n",
             true);
  expect_log(start, "200 OK 1.1 X=y close" + head(start.size()) + "[]\n", true);
}

TEST(Http1Response, of_http_1_0_is_read) {
  const std::string start = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n";
  expect_log(start + "\r\nhi", "200 OK 1.0 Content-Length=2 close" + head(start.size() + 2) + "[hi]\n");
  const std::string keep = start + "Connection: keep-alive\r\n\r\n";
  expect_log(keep + "hi" + keep + "ho",
             "200 OK 1.0 Content-Length=2 Connection=keep-alive keep-alive" + head(keep.size()) + "[hi]\n" +
                 "200 OK 1.0 Content-Length=2 Connection=keep-alive keep-alive" + head(keep.size()) + "[ho]\n");
}

TEST(Http1Response, several_on_one_connection_are_read_one_by_one) {
  const std::string a = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  const std::string b = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  const std::string c = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_log(a + "x" + b + c + "1\r\ny\r\n0\r\n\r\n" + a + "z",
             "200 OK 1.1 Content-Length=1 keep-alive" + head(a.size()) + "[x]\n" +
                 "404 Not Found 1.1 Content-Length=0 keep-alive" + head(b.size()) + "[]\n" +
                 "200 OK 1.1 Transfer-Encoding=chunked keep-alive" + head(c.size()) + "[y]\n" +
                 "200 OK 1.1 Content-Length=1 keep-alive" + head(a.size()) + "[z]\n");
}

TEST(Http1Response, interim_ones_are_skipped_and_their_heads_counted) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  expect_log(interim + last + "hi",
             "200 OK 1.1 Content-Length=2 keep-alive" + head(interim.size() + last.size()) + "[hi]\n");
}

TEST(Http1Response, with_204_or_304_has_no_body_whatever_its_headers_say) {
  const std::string a = "HTTP/1.1 204 No Content\r\n\r\n";
  const std::string b = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n";
  const std::string c = "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_log(a + b + c + a, "204 No Content 1.1 keep-alive" + head(a.size()) + "[]\n" +
                                "304 Not Modified 1.1 Content-Length=5 ETag=\"x\" keep-alive" + head(b.size()) +
                                "[]\n" + "304 Not Modified 1.1 Transfer-Encoding=chunked keep-alive" + head(c.size()) +
                                "[]\n" + "204 No Content 1.1 keep-alive" + head(a.size()) + "[]\n");
}

TEST(Http1Response, to_head_has_no_body_and_the_next_one_has) {
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  const std::string line = "200 OK 1.1 Content-Length=2 keep-alive" + head(start.size());
  for_every_cut(start + start + "hi", [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces, true);
    ASSERT_EQ(outcome.error, "");
    ASSERT_EQ(outcome.log, line + "[]\n" + line + "[hi]\n");
  });
}

TEST(Http1Response, with_101_hands_over_the_rest_without_an_end) {
  const std::string start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  expect_log(start + bytes("\x81\0HTTP"),
             "101 Switching Protocols 1.1 Upgrade=websocket Connection=Upgrade keep-alive upgrade" + head(start.size()),
             false, bytes("\x81\0HTTP"));
}

TEST(Http1Response, without_a_reason_phrase_is_read) {
  expect_log("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200  1.1 Content-Length=0 keep-alive" + head(36) + "[]\n");
}

TEST(Http1Response, cut_short_is_not_completed_by_the_close) {
  for (const char* text : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                           "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_FALSE(read({text}).finished) << text;
  }
}

TEST(Http1Response, malformed_ones_are_refused) {
  for (const std::string& row : std::vector<std::string>{
           "nonsense", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
           "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", bytes("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n")}) {
    expect_refused(row);
  }
}

TEST(Http1Response, a_head_above_the_limit_is_refused_and_at_the_limit_not) {
  const std::string start = "HTTP/1.1 204 No Content\r\nX: ";
  const std::string exact = start + std::string(100 - start.size() - 4, 'x') + "\r\n\r\n";
  expect_refused(exact, 99);
  for_every_cut(exact, [](const std::vector<Bytes>& pieces) { ASSERT_EQ(read(pieces, false, 100).error, ""); });
}

TEST(Http1Response, head_bytes_is_0_while_the_head_is_incomplete) {
  ResponseParser parser;
  Recorder recorder(parser);
  std::size_t consumed = 0;
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  EXPECT_EQ(parser.feed(start + "x", consumed, recorder), Parsed::kComplete);
  EXPECT_EQ(parser.head_bytes(), start.size()) << "the last head's";
  EXPECT_EQ(parser.feed("HTTP/1.1 100 Continue\r\n\r\nHTT", consumed, recorder), Parsed::kNeedMore);
  EXPECT_EQ(parser.head_bytes(), 0u);
  EXPECT_TRUE(parser.mid_message());
}

TEST(Http1Response, after_an_error_nothing_is_read_until_reset) {
  ResponseParser parser;
  Recorder recorder(parser);
  std::size_t consumed = 0;
  const std::string good = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(parser.feed("nonsense", consumed, recorder), Parsed::kError);
  EXPECT_EQ(parser.feed(good, consumed, recorder), Parsed::kError);
  EXPECT_FALSE(parser.finish(recorder));
  parser.reset();
  EXPECT_EQ(parser.feed(good, consumed, recorder), Parsed::kComplete);
}

class Counter final : public ResponseParser::Handler {
 public:
  void on_head(const Response& response) override { status += response.status; }
  void on_body(Bytes piece) override { body += piece.size(); }
  void on_end() override { ++ended; }
  int status = 0;
  std::size_t body = 0;
  int ended = 0;
};

// What a parser keeps between two chunks is shared by a thread: a stream that ends a read behind the size of its next
// chunk must neither take it nor leave it to others.
TEST(Http1Response, bodies_cut_anywhere_between_chunks_do_not_mix) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunks = "3\r\nabc\r\n5\r\ndefgh\r\n";
  for (std::size_t cut = 0; cut < chunks.size(); ++cut) {
    ResponseParser first;
    ResponseParser second;
    Recorder of_first(first);
    Recorder of_second(second);
    const auto feed = [](ResponseParser& parser, Recorder& recorder, const std::string& bytes) {
      std::size_t consumed = 0;
      EXPECT_EQ(parser.feed(bytes, consumed, recorder), Parsed::kNeedMore) << parser.error_text();
      EXPECT_EQ(consumed, bytes.size());
    };
    feed(second, of_second, head + chunks);
    feed(first, of_first, head + chunks.substr(0, cut));
    feed(second, of_second, chunks);
    feed(first, of_first, chunks.substr(cut));
    EXPECT_EQ(of_first.body, "abcdefgh") << cut;
    EXPECT_EQ(of_second.body, "abcdefghabcdefgh") << cut;
  }
}

TEST(Http1Response, is_read_without_allocations_once_the_thread_is_warm) {
  const std::string response =
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\nPushbench-Cursor: 42\r\n"
      "Content-Length: 5\r\n\r\nhello";
  Counter counter;
  ResponseParser parser;
  std::size_t consumed = 0;
  // In two pieces as well: the copy of a cut head is the thread's too.
  const auto read_both = [&](ResponseParser& reader) {
    ASSERT_EQ(reader.feed(response, consumed, counter), Parsed::kComplete);
    ASSERT_EQ(reader.feed(Bytes(response).substr(0, 50), consumed, counter), Parsed::kNeedMore);
    ASSERT_EQ(reader.feed(Bytes(response).substr(50), consumed, counter), Parsed::kComplete);
  };
  read_both(parser);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    ResponseParser fresh;
    read_both(parser);
    read_both(fresh);
  }
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.ended, 402);
  EXPECT_EQ(counter.body, 402u * 5);
}

}  // namespace
