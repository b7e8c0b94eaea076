// What RFC 9110 and RFC 9112 say to refuse, and with which status: whole, byte by byte and cut everywhere.
#include <gtest/gtest.h>

#include <string>

#include "http1_requests.h"
#include "wire/http1/request.h"

namespace {

using namespace http1_test;

TEST(Http1Refusals, malformed_lines_are_refused_with_400) {
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

TEST(Http1Refusals, methods_that_nobody_knows_are_refused_with_501) {
  expect_refused("get / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("FOO / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("XYZZY / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("DESCRIBE / HTTP/1.1\r\nHost: h\r\n\r\n", 501);  // RTSP's
  expect_refused("\x16\x03\x01 / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
}

TEST(Http1Refusals, missing_repeated_or_malformed_host_is_refused_with_400) {
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400);
  for (const char* host : {"a:x", "a:80:80", "a:-1", "[::1", "[::1]a", "[::g/]", "::1", "a]", "\"a\""}) {
    expect_refused(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n", 400);
  }
  expect_requests("GET / HTTP/1.1\r\nHost:\r\n\r\n", {"GET / 1.1 path=/ query=\nHost=\nbody= keep-alive"});
  expect_requests("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
                  {"GET / 1.1 path=/ query=\nHost=[::1]:80\nbody= keep-alive"});
}

TEST(Http1Refusals, ambiguous_framing_is_refused) {
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
           "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding:\r\n",
           "Transfer-Encoding: \t\r\nContent-Length: 3\r\n",
           "Transfer-Encoding: \x0b"
           "chunked\r\n",
           "Transfer-Encoding:\r\n chunked\r\n",
       }) {
    expect_refused(post + headers + "\r\nabc", 400);
  }
  expect_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

TEST(Http1Refusals, transfer_codings_other_than_chunked_are_refused_with_501) {
  for (const char* coding : {"gzip", "gzip, chunked", "identity", "xchunked", "\"chunked\""}) {
    expect_refused(std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ") + coding + "\r\n\r\n0\r\n\r\n",
                   501);
  }
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 501);
}

TEST(Http1Refusals, absolute_targets_of_other_kinds_of_server_are_refused_with_400) {
  for (const char* target : {"ftp://a/x", "http:///x", "http://", "http://:80/x", "http://user@a/x", "http://a:b/x",
                             "https://a b/x", "http://[::1/x"}) {
    expect_refused(std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n", 400);
  }
}

// Whoever needs CR LF, or takes a folded line for the last one's, sees another end of the message there.
TEST(Http1Refusals, trailers_that_another_recipient_may_read_otherwise_are_refused_with_400) {
  const std::string chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
  for (const char* trailers :
       {"\n", "X: y\r\n\n", "X: y\n\r\n", "X: y\nZ: z\r\n\r\n", "X: y\r\n z\r\n\r\n", "X:\r\n\tz\r\n\r\n",
        ": y\r\n\r\n", "X : y\r\n\r\n", "X: a\x01\r\n\r\n", "nocolon\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
    expect_refused(chunks + trailers, 400);
  }
  expect_refused(chunks + bytes("X: a\0b\r\n\r\n"), 400);
}

TEST(Http1Refusals, bad_chunks_are_refused_with_400) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& chunks : {
           bytes("x\r\nabc\r\n0\r\n\r\n"),
           bytes("\r\nabc\r\n0\r\n\r\n"),
           bytes(" 3\r\nabc\r\n0\r\n\r\n"),
           bytes("-3\r\nabc\r\n0\r\n\r\n"),
           bytes("0x3\r\nabc\r\n0\r\n\r\n"),
           bytes("3\nabc\r\n0\r\n\r\n"),
           bytes("3 \r\nabc\r\n0\r\n\r\n"),
           bytes("3\t;a\r\nabc\r\n0\r\n\r\n"),
           bytes("3\r\nabc\r\n0\n\r\n"),
           bytes("3;a\x01\r\nabc\r\n0\r\n\r\n"),
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

TEST(Http1Refusals, versions_other_than_1_x_are_refused_with_505) {
  for (const char* version : {"0.9", "1.2", "2.0", "3.0", "9.9"}) {
    expect_refused(std::string("GET / HTTP/") + version + "\r\nHost: a\r\n\r\n", 505);
  }
  expect_refused("GET /\r\n\r\n", 505);
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

TEST(Http1Refusals, a_head_above_the_limit_is_refused_with_431_and_at_the_limit_not) {
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

TEST(Http1Refusals, a_target_above_the_limit_is_refused_with_414) {
  expect_refused("GET /" + std::string(300, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, {.max_head = 200});
}

TEST(Http1Refusals, too_many_headers_are_refused_with_431) {
  const std::string two = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n";
  expect_refused(two + "Z: z\r\n\r\n", 431, {.max_headers = 2});
  const Outcome outcome = read({two + "\r\n"}, {.max_headers = 2});
  EXPECT_EQ(outcome.requests.size(), 1u);
}

TEST(Http1Refusals, a_body_above_the_limit_is_refused_with_413_as_soon_as_it_is_known) {
  const Limits limits = {.max_body = 10};
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, limits);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(chunked + "b\r\n", 413, limits);
  expect_refused(chunked + "6\r\nabcdef\r\n5\r\n", 413, limits);
  expect_refused(chunked + "ffffffffffffffff\r\n", 413, limits);
  EXPECT_EQ(read({chunked + "6\r\nabcdef\r\n4\r\nghij\r\n0\r\n\r\n"}, limits).requests.size(), 1u);
}

TEST(Http1Refusals, endless_trailers_and_chunk_extensions_are_refused) {
  const Limits limits = {.max_head = 100};
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(chunked + "0\r\nX: " + std::string(200, 'x'), 431, limits);
  std::string trailers;
  for (int i = 0; i < 60; ++i) trailers += "a:\r\n";
  expect_refused(chunked + "0\r\n" + trailers, 431, limits);
  expect_refused(chunked + "3;x=" + std::string(200, 'x'), 400, limits);
}

}  // namespace
