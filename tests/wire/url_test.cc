#include "wire/url.h"

#include <gtest/gtest.h>

namespace wire {
namespace {

std::string resolved(const std::string& reference, const std::string& base = "http://a/b/c/d;p?q") {
  const auto from = parse_url(base);
  const auto url = resolve_url(*from.value, reference);
  return url ? url.value->scheme + "://" + url.value->authority + url.value->target : "error: " + url.error;
}

TEST(Url, has_the_parts_a_client_needs) {
  const auto url = parse_url("http://127.0.0.1:8080/sse?topic=t&after=0#here");
  ASSERT_TRUE(url) << url.error;
  EXPECT_EQ(url.value->scheme, "http");
  EXPECT_EQ(url.value->host, "127.0.0.1");
  EXPECT_EQ(url.value->port, 8080);
  EXPECT_EQ(url.value->authority, "127.0.0.1:8080");
  EXPECT_EQ(url.value->target, "/sse?topic=t&after=0");
  EXPECT_EQ(url.value->path(), "/sse");
}

TEST(Url, has_the_port_of_its_scheme_and_at_least_a_slash) {
  EXPECT_EQ(parse_url("http://h").value->port, 80);
  EXPECT_EQ(parse_url("WSS://h").value->port, 443);
  EXPECT_EQ(parse_url("http://h").value->target, "/");
  EXPECT_EQ(parse_url("http://h?a=1").value->target, "/?a=1");
  EXPECT_EQ(parse_url("http://h").value->host_port(), "h:80");
}

TEST(Url, takes_ipv6_in_brackets) {
  const auto url = parse_url("http://[::1]:81/");
  ASSERT_TRUE(url) << url.error;
  EXPECT_EQ(url.value->host, "::1");
  EXPECT_EQ(url.value->authority, "[::1]:81");
  EXPECT_EQ(url.value->host_port(), "[::1]:81");
}

TEST(Url, refuses_what_no_request_can_carry) {
  for (const char* text : {"", "sse", "/sse", "ftp://h/", "http:/h", "http://", "http:///p", "http://a b/",
                           "http://h/\r\nx", "http://h/\xc3\xa4", "http://u@h/", "http://h:0/", "http://h:65536/",
                           "http://h:8x/", "http://[::1/", "http://[x]/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
    EXPECT_FALSE(parse_url(text).error.empty()) << text;
  }
}

// RFC 3986 section 5.4.1 and 5.4.2, without the schemes and fragments that no redirect of HTTP has.
TEST(UrlReference, resolves_as_the_examples_of_the_rfc) {
  const std::pair<const char*, const char*> examples[] = {{"g", "http://a/b/c/g"},
                                                          {"./g", "http://a/b/c/g"},
                                                          {"g/", "http://a/b/c/g/"},
                                                          {"/g", "http://a/g"},
                                                          {"//g", "http://g/"},
                                                          {"?y", "http://a/b/c/d;p?y"},
                                                          {"g?y", "http://a/b/c/g?y"},
                                                          {"g?y#s", "http://a/b/c/g?y"},
                                                          {";x", "http://a/b/c/;x"},
                                                          {"", "http://a/b/c/d;p?q"},
                                                          {".", "http://a/b/c/"},
                                                          {"./", "http://a/b/c/"},
                                                          {"..", "http://a/b/"},
                                                          {"../g", "http://a/b/g"},
                                                          {"../..", "http://a/"},
                                                          {"../../g", "http://a/g"},
                                                          {"../../../g", "http://a/g"},
                                                          {"/./g", "http://a/g"},
                                                          {"/../g", "http://a/g"},
                                                          {"g.", "http://a/b/c/g."},
                                                          {"..g", "http://a/b/c/..g"},
                                                          {"./../g", "http://a/b/g"},
                                                          {"./g/.", "http://a/b/c/g/"},
                                                          {"g/../h", "http://a/b/c/h"},
                                                          {"g?y/../x", "http://a/b/c/g?y/../x"}};
  for (const auto& [reference, expected] : examples) EXPECT_EQ(resolved(reference), expected) << reference;
}

TEST(UrlReference, may_name_another_server) {
  EXPECT_EQ(resolved("https://other:8443/x?y"), "https://other:8443/x?y");
  EXPECT_EQ(resolved("//other/x", "https://a/"), "https://other/x");
}

TEST(UrlReference, of_another_kind_is_refused) {
  EXPECT_EQ(resolved("mailto:a@b").substr(0, 6), "error:");
}

}  // namespace
}  // namespace wire
