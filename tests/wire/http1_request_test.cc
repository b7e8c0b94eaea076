// Requests of RFC 9110 and RFC 9112, read whole, byte by byte and cut everywhere; and what RFC 9112 says to refuse.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocations.h"
#include "cuts.h"
#include "wire/http1.h"

namespace {

using namespace wire::http1;
using wire::Bytes;

// A request as text, for comparison: method, target, version, path and query, headers, body, flags.
std::string describe(const Request& request) {
  std::string text;
  text.append(request.method)
      .append(" ")
      .append(request.target)
      .append(" 1.")
      .append(std::to_string(request.version_minor));
  text.append(" path=").append(request.path).append(" query=").append(request.query).append("\n");
  for (const Header& header : request.headers) text.append(header.name).append("=").append(header.value).append("\n");
  text.append("body=").append(request.body).append(request.keep_alive ? " keep-alive" : " close");
  return text.append(request.upgrade ? " upgrade" : "");
}

struct Outcome {
  std::vector<std::string> requests;
  int error_status = 0;
  std::string error_text;
  std::string rest;  // not consumed after an upgrade
};

// Reads as a server does: feeds what is left until all is consumed, stops at an error or an upgrade.
Outcome read(const std::vector<Bytes>& pieces, Limits limits = {}) {
  Outcome outcome;
  RequestParser parser(limits);
  bool upgraded = false;
  feed_pieces(pieces, [&](Bytes bytes) {
    while (!bytes.empty() && !upgraded) {
      std::size_t consumed = 0;
      const Parsed parsed = parser.feed(bytes, consumed);
      EXPECT_LE(consumed, bytes.size());
      if (parsed == Parsed::kError) {
        outcome.error_status = parser.error_status();
        outcome.error_text = parser.error_text();
        return false;
      }
      if (parsed == Parsed::kNeedMore) {
        EXPECT_EQ(consumed, bytes.size());
        return true;
      }
      EXPECT_FALSE(parser.mid_message());
      outcome.requests.push_back(describe(parser.request()));
      upgraded = parser.request().upgrade;
      bytes.remove_prefix(consumed);
    }
    outcome.rest.append(bytes);
    return true;
  });
  return outcome;
}

void expect_requests(const std::string& stream, const std::vector<std::string>& requests,
                     const std::string& rest = "") {
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces);
    ASSERT_EQ(outcome.error_status, 0) << outcome.error_text;
    ASSERT_EQ(outcome.requests, requests);
    ASSERT_EQ(outcome.rest, rest);
  });
}

void expect_refused(const std::string& stream, int status, Limits limits = {}) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 200)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces, limits);
    ASSERT_EQ(outcome.error_status, status) << outcome.error_text;
    ASSERT_FALSE(outcome.error_text.empty());
    ASSERT_TRUE(outcome.requests.empty()) << outcome.requests.front();
  });
}

TEST(Http1Request, of_rfc_9112_section_2_1_is_read) {
  expect_requests(
      "GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n",
      {"GET /hello.txt 1.1 path=/hello.txt query=\nUser-Agent=curl/7.64.1\nHost=www.example.com\nAccept-Language=en, "
       "mi\n"
       "body= keep-alive"});
}

TEST(Http1Request, targets_of_rfc_9112_section_3_2_are_split) {
  expect_requests("GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
                  {"GET /where?q=now 1.1 path=/where query=q=now\nHost=www.example.org\nbody= keep-alive"});
  expect_requests(
      "GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: x\r\n\r\n",
      {"GET http://www.example.org/pub/WWW/TheProject.html 1.1 path=/pub/WWW/TheProject.html query=\nHost=x\n"
       "body= keep-alive"});
  expect_requests("GET http://a:8080?x=/y HTTP/1.1\r\nHost: a:8080\r\n\r\n",
                  {"GET http://a:8080?x=/y 1.1 path=/ query=x=/y\nHost=a:8080\nbody= keep-alive"});
  expect_requests("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
                  {"GET http://a 1.1 path=/ query=\nHost=a\nbody= keep-alive"});
  expect_requests("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {"OPTIONS * 1.1 path=* query=\nHost=a\nbody= keep-alive"});
  expect_requests(
      "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\nraw",
      {"CONNECT www.example.com:80 1.1 path=www.example.com:80 query=\nHost=www.example.com\nbody= keep-alive upgrade"},
      "raw");
  expect_requests("GET /a?u=http://b/c HTTP/1.1\r\nHost: a\r\n\r\n",
                  {"GET /a?u=http://b/c 1.1 path=/a query=u=http://b/c\nHost=a\nbody= keep-alive"});
}

TEST(Http1Request, with_content_length_has_its_body) {
  expect_requests("POST /publish?topic=t HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello\r\nworl",
                  {"POST /publish?topic=t 1.1 path=/publish "
                   "query=topic=t\nHost=a\nContent-Length=11\nbody=hello\r\nworl keep-alive"});
  expect_requests("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
                  {"POST / 1.1 path=/ query=\nHost=a\nContent-Length=0\nbody= keep-alive"});
}

TEST(Http1Request, in_chunks_with_extensions_and_trailers_has_its_body_and_not_the_trailers) {
  expect_requests(
      "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Expires\r\n\r\n"
      "4\r\nWiki\r\n006;flag;quoted=\"a b\";name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0;last\r\n"
      "Expires: Sat, 01 Jan 2000 00:00:00 GMT\r\nX: y\r\n\r\n",
      {"POST /p 1.1 path=/p query=\nHost=a\nTransfer-Encoding=chunked\nTrailer=Expires\n"
       "body=Wikipedia in \r\n\r\nchunks. keep-alive"});
}

TEST(Http1Request, pipelined_ones_are_read_one_by_one) {
  const std::string get = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string post = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  const std::string chunked = "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nyo\r\n0\r\n\r\n";
  const std::string close = "GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  expect_requests(get + post + chunked + get + close,
                  {"GET /1 1.1 path=/1 query=\nHost=a\nbody= keep-alive",
                   "POST /2 1.1 path=/2 query=\nHost=a\nContent-Length=2\nbody=hi keep-alive",
                   "POST /3 1.1 path=/3 query=\nHost=a\nTransfer-Encoding=chunked\nbody=yo keep-alive",
                   "GET /1 1.1 path=/1 query=\nHost=a\nbody= keep-alive",
                   "GET /4 1.1 path=/4 query=\nHost=a\nConnection=close\nbody= close"});
}

TEST(Http1Request, feed_consumes_just_one_request) {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser;
  std::size_t consumed = 3;
  EXPECT_EQ(parser.feed(get + get, consumed), Parsed::kComplete);
  EXPECT_EQ(consumed, 3 + get.size()) << "what was consumed is added";
}

TEST(Http1Request, keep_alive_follows_version_and_connection_header) {
  const auto keep_alive = [](const std::string& text) {
    RequestParser parser;
    std::size_t consumed = 0;
    EXPECT_EQ(parser.feed(text, consumed), Parsed::kComplete) << parser.error_text();
    return parser.request().keep_alive;
  };
  EXPECT_TRUE(keep_alive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n")) << "and HTTP/1.0 needs no Host";
  EXPECT_TRUE(keep_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(Http1Request, empty_lines_before_it_are_ignored_and_are_no_message) {
  expect_requests("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {"GET / 1.1 path=/ query=\nHost=a\nbody= keep-alive"});
  RequestParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.feed("\r\n", consumed), Parsed::kNeedMore);
  EXPECT_FALSE(parser.mid_message());
  EXPECT_EQ(parser.feed("G", consumed), Parsed::kNeedMore);
  EXPECT_TRUE(parser.mid_message());
}

TEST(Http1Request, values_are_trimmed_and_may_be_empty_or_hold_obsolete_text) {
  expect_requests("GET / HTTP/1.1\r\nHost:\t a \t\r\nEmpty:\r\nBlank:  \r\nLatin: \xE9t\xE9\r\nTight:x:y\r\n\r\n",
                  {"GET / 1.1 path=/ query=\nHost=a\nEmpty=\nBlank=\nLatin=\xE9t\xE9\nTight=x:y\nbody= keep-alive"});
}

TEST(Http1Request, an_upgrade_leaves_the_rest_of_the_bytes_alone) {
  expect_requests(
      bytes("GET /websocket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
            "websocket\r\n\r\n\x81\0GET"),
      {"GET /websocket 1.1 path=/websocket query=\nHost=a\nConnection=keep-alive, Upgrade\nUpgrade=websocket\n"
       "body= keep-alive upgrade"},
      bytes("\x81\0GET"));
}

TEST(Http1Request, an_upgrade_that_is_declined_is_followed_by_the_next_request) {
  const std::string stream =
      "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.feed(stream, consumed), Parsed::kComplete);
  EXPECT_TRUE(parser.request().upgrade);
  ASSERT_EQ(parser.feed(Bytes(stream).substr(consumed), consumed), Parsed::kComplete);
  EXPECT_EQ(parser.request().path, "/2");
  EXPECT_FALSE(parser.request().upgrade);
}

TEST(Http1Request, malformed_lines_are_refused_with_400) {
  const std::string host = "Host: a\r\n";
  const std::string rows[] = {
      "\x16\x03\x01\x02",
      "GET  / HTTP/1.1\r\n" + host + "\r\n",
      "GET /  HTTP/1.1\r\n" + host + "\r\n",
      "GET /a b HTTP/1.1\r\n" + host + "\r\n",
      "GET /a#b HTTP/1.1\r\n" + host + "\r\n",
      "GET /\t HTTP/1.1\r\n" + host + "\r\n",
      "GET a HTTP/1.1\r\n" + host + "\r\n",
      bytes("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
      "GET /\x01 HTTP/1.1\r\n" + host + "\r\n",
      "GET /\xE9 HTTP/1.1\r\n" + host + "\r\n",
      "GET / HTTP/1.1\n" + host + "\r\n",
      "GET / HTTP/1.1\r" + host + "\r\n",
      "GET / http/1.1\r\n" + host + "\r\n",
      "GET / HTTP/1.x\r\n" + host + "\r\n",
      "GET / HTTP/11.1\r\n" + host + "\r\n",
      "SOURCE / ICE/1.0\r\n" + host + "\r\n",
      "GET / HTTP/1.1\r\n " + host + "\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "nocolon\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "a b: x\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "a(b: x\r\n\r\n",
      bytes("GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n"),
      bytes("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
      "GET / HTTP/1.1\r\n" + host + "X: a\x01\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\x7F\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\nY: b\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\rContent-Length: 3\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X:\r\n\tfolded\r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\r\n \r\n\r\n",
      "GET / HTTP/1.1\r\n" + host + "X: a\r\n\rZ",
  };
  for (const std::string& row : rows) expect_refused(row, 400);
}

TEST(Http1Request, methods_that_nobody_knows_are_refused_with_501) {
  expect_refused("get / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("FOO / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("XYZZY / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("\x16\x03\x01 / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
}

TEST(Http1Request, missing_repeated_or_malformed_host_is_refused_with_400) {
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400);
  expect_requests("GET / HTTP/1.1\r\nHost:\r\n\r\n", {"GET / 1.1 path=/ query=\nHost=\nbody= keep-alive"});
  expect_requests("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
                  {"GET / 1.1 path=/ query=\nHost=[::1]:80\nbody= keep-alive"});
}

TEST(Http1Request, ambiguous_framing_is_refused) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const char* headers : {
           "Content-Length: 3\r\nContent-Length: 4\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n",
           "Content-Length: 3, 3\r\n",
           "Content-Length: +3\r\n",
           "Content-Length: -3\r\n",
           "Content-Length: 0x3\r\n",
           "Content-Length: 3 3\r\n",
           "Content-Length: 3a\r\n",
           "Content-Length:\r\n",
           "Content-Length: 18446744073709551616\r\n",
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Content-Length: 3\r\nTransfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
       }) {
    expect_refused(post + headers + "\r\nabc", 400);
  }
  expect_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST(Http1Request, transfer_codings_other_than_chunked_are_refused_with_501) {
  for (const char* coding : {"gzip", "gzip, chunked", "identity", "xchunked", "\"chunked\""}) {
    expect_refused(std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ") + coding + "\r\n\r\n0\r\n\r\n",
                   501);
  }
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 501);
}

TEST(Http1Request, bad_chunks_are_refused_with_400) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& chunks : {
           bytes("x\r\nabc\r\n0\r\n\r\n"),
           bytes("\r\nabc\r\n0\r\n\r\n"),
           bytes(" 3\r\nabc\r\n0\r\n\r\n"),
           bytes("-3\r\nabc\r\n0\r\n\r\n"),
           bytes("0x3\r\nabc\r\n0\r\n\r\n"),
           bytes("3\nabc\r\n0\r\n\r\n"),
           bytes("3\rabc\r\n0\r\n\r\n"),
           bytes("3\r\nabcd\r\n0\r\n\r\n"),
           bytes("3\r\nab\r\n0\r\n\r\n"),
           bytes("3\r\nabc\n0\r\n\r\n"),
           bytes("3\r\nabc\rx0\r\n\r\n"),
           bytes("3;a\nb\r\nabc\r\n0\r\n\r\n"),
           bytes("3;\0\r\nabc\r\n0\r\n\r\n"),
           bytes("3;a=b;4\r\n"
                 "abc\r\n0\r\n\r\n"),
           bytes("11111111111111111\r\nabc\r\n0\r\n\r\n"),
           bytes("0\r\nTrai ler: x\r\n\r\n"),
       }) {
    expect_refused(post + chunks, 400);
  }
}

TEST(Http1Request, versions_other_than_1_x_are_refused_with_505) {
  for (const char* version : {"0.9", "2.0", "3.0", "9.9"}) {
    expect_refused(std::string("GET / HTTP/") + version + "\r\nHost: a\r\n\r\n", 505);
  }
  expect_refused("GET /\r\n\r\n", 505);
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST(Http1Request, a_head_above_the_limit_is_refused_with_431_and_at_the_limit_not) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string exact = start + std::string(200 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(exact.size(), 200u);
  for_every_cut(exact, [](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces, {.max_head = 200});
    ASSERT_EQ(outcome.error_status, 0);
    ASSERT_EQ(outcome.requests.size(), 1u);
  });
  expect_refused(exact, 431, {.max_head = 199});
  expect_refused(start + std::string(500, 'x'), 431, {.max_head = 200});
}

TEST(Http1Request, a_target_above_the_limit_is_refused_with_414) {
  expect_refused("GET /" + std::string(300, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, {.max_head = 200});
}

TEST(Http1Request, too_many_headers_are_refused_with_431) {
  const std::string two = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n";
  expect_refused(two + "Z: z\r\n\r\n", 431, {.max_headers = 2});
  const Outcome outcome = read({two + "\r\n"}, {.max_headers = 2});
  EXPECT_EQ(outcome.requests.size(), 1u);
}

TEST(Http1Request, a_body_above_the_limit_is_refused_with_413_as_soon_as_it_is_known) {
  const Limits limits = {.max_body = 10};
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, limits);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(chunked + "b\r\n", 413, limits);
  expect_refused(chunked + "6\r\nabcdef\r\n5\r\n", 413, limits);
  expect_refused(chunked + "ffffffffffffffff\r\n", 413, limits);
  EXPECT_EQ(read({chunked + "6\r\nabcdef\r\n4\r\nghij\r\n0\r\n\r\n"}, limits).requests.size(), 1u);
}

TEST(Http1Request, endless_trailers_and_chunk_extensions_are_refused) {
  const Limits limits = {.max_head = 100};
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(chunked + "0\r\nX: " + std::string(200, 'x'), 431, limits);
  std::string trailers;
  for (int i = 0; i < 60; ++i) trailers += "a:\r\n";
  expect_refused(chunked + "0\r\n" + trailers, 431, limits);
  expect_refused(chunked + "3;x=" + std::string(200, 'x'), 400, limits);
}

TEST(Http1Request, expect_continue_is_answered_once_and_only_while_the_body_is_missing) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  RequestParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.feed(head, consumed), Parsed::kNeedMore);
  EXPECT_TRUE(parser.take_expect_continue());
  EXPECT_FALSE(parser.take_expect_continue());
  EXPECT_EQ(parser.feed("abc", consumed), Parsed::kComplete);
  EXPECT_EQ(parser.request().body, "abc");
  EXPECT_EQ(parser.feed(head + "abc", consumed), Parsed::kComplete);
  EXPECT_FALSE(parser.take_expect_continue());
  EXPECT_EQ(parser.feed(head + "a", consumed), Parsed::kNeedMore);
  EXPECT_FALSE(parser.take_expect_continue());
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: miracles\r\n\r\n", 417);
}

TEST(Http1Request, after_an_error_nothing_is_read_until_reset) {
  RequestParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.feed("GET nonsense\r\n\r\n", consumed), Parsed::kError);
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(parser.feed(get, consumed), Parsed::kError);
  EXPECT_EQ(parser.error_status(), 400);
  parser.reset();
  consumed = 0;
  EXPECT_EQ(parser.feed(get, consumed), Parsed::kComplete);
  EXPECT_EQ(consumed, get.size());
  EXPECT_EQ(parser.error_status(), 0);
}

TEST(Http1Request, whole_requests_are_read_without_allocations_and_without_copies) {
  const std::string get =
      "GET /polling?topic=news&after=12 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n";
  const std::string post = "POST /publish?topic=t HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  RequestParser parser;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.feed(get, consumed), Parsed::kComplete);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(parser.feed(get, consumed), Parsed::kComplete);
    ASSERT_EQ(parser.request().target.data(), get.data() + 4);
    ASSERT_EQ(parser.feed(post, consumed), Parsed::kComplete);
    ASSERT_EQ(parser.request().body.data(), post.data() + post.size() - 5);
  }
  EXPECT_EQ(allocations() - before, 0u);
}

}  // namespace
