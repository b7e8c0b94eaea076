// Requests of RFC 9110 and RFC 9112, read whole, byte by byte and cut everywhere.
#include <gtest/gtest.h>

#include <string>

#include "allocations.h"
#include "http1_requests.h"
#include "wire/http1/request.h"

namespace {

using namespace http1_test;

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
      {"CONNECT www.example.com:80 1.1 path=www.example.com:80 query=\nHost=www.example.com\nbody= close upgrade"},
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

// Not even where their names mean something in a head (RFC 9110 section 6.5.1).
TEST(Http1Request, trailers_change_nothing_about_it_or_the_next_one) {
  const std::string next = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char* trailer : {"Content-Length: 5", "Connection: close", "Host: b", "Connection: upgrade\r\nUpgrade: x",
                              "Expect: 100-continue"}) {
    expect_requests("POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n000\r\n" +
                        std::string(trailer) + "\r\n\r\n" + next,
                    {"POST /1 1.1 path=/1 query=\nHost=a\nTransfer-Encoding=chunked\nbody=abc keep-alive",
                     "GET /2 1.1 path=/2 query=\nHost=a\nbody= keep-alive"});
  }
}

// Its body is read before the new protocol begins or, where the upgrade is declined, the next request.
TEST(Http1Request, that_asks_for_an_upgrade_may_have_a_body) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n";
  expect_requests(head + "Content-Length: 3\r\n\r\nabcGET",
                  {"POST / 1.1 path=/ query=\nHost=a\nConnection=Upgrade\nUpgrade=x\nContent-Length=3\n"
                   "body=abc keep-alive upgrade"},
                  "GET");
  expect_requests(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET",
                  {"POST / 1.1 path=/ query=\nHost=a\nConnection=Upgrade\nUpgrade=x\nTransfer-Encoding=chunked\n"
                   "body=abc keep-alive upgrade"},
                  "GET");
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
  EXPECT_TRUE(keep_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n"));
  for (const char* both : {"close, keep-alive", "keep-alive, close", "x,CLOSE", "keep-alive\r\nConnection: close"}) {
    const std::string connection = std::string("\r\nConnection: ") + both + "\r\n\r\n";
    EXPECT_FALSE(keep_alive("GET / HTTP/1.1\r\nHost: a" + connection)) << both;
    EXPECT_FALSE(keep_alive("GET / HTTP/1.0\r\nHost: a" + connection)) << both;
  }
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
