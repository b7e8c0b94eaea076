#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/http1/header.h"
#include "wire/http1/target.h"
#include "wire/http1/write.h"

namespace {

using namespace wire::http1;
using wire::Bytes;

TEST(Http1Headers, are_found_without_regard_to_case_and_trimmed) {
  const std::vector<Header> headers = {
      {"Host", "a"}, {"X-Empty", ""}, {"content-TYPE", " text/plain\t"}, {"Host", "b"}};
  EXPECT_EQ(find_header(headers, "hOST"), "a");
  EXPECT_EQ(find_header(headers, "Content-Type"), "text/plain");
  EXPECT_EQ(count_headers(headers, "HOST"), 2u);
}

TEST(Http1Headers, an_empty_header_differs_from_an_absent_one) {
  const std::vector<Header> headers = {{"X-Empty", ""}, {"X-Blank", "  "}, {"X-Null", Bytes()}};
  for (const char* name : {"X-Empty", "X-Blank", "X-Null"}) {
    EXPECT_NE(find_header(headers, name).data(), nullptr) << name;
    EXPECT_TRUE(find_header(headers, name).empty()) << name;
  }
  EXPECT_EQ(find_header(headers, "X-Absent").data(), nullptr);
}

TEST(Http1Headers, tokens_are_found_in_lists_and_in_repeated_headers_and_not_inside_words) {
  const std::vector<Header> headers = {
      {"Connection", "keep-alive , \tUpgrade"}, {"connection", "TE,,"}, {"X", "close"}};
  EXPECT_TRUE(header_has_token(headers, "Connection", "keep-alive"));
  EXPECT_TRUE(header_has_token(headers, "Connection", "upgrade"));
  EXPECT_TRUE(header_has_token(headers, "Connection", "te"));
  EXPECT_FALSE(header_has_token(headers, "Connection", "close"));
  EXPECT_FALSE(header_has_token(headers, "Connection", "up"));
  EXPECT_FALSE(header_has_token(headers, "Connection", "keep-alive , upgrade"));
}

TEST(Http1Query, values_are_decoded) {
  const struct {
    const char* query;
    const char* name;
    const char* value;
  } rows[] = {
      {"topic=news&after=7", "topic", "news"},
      {"topic=news&after=7", "after", "7"},
      {"a=1&a=2", "a", "1"},
      {"topic=a+b%20c%2Bd%26%3d", "topic", "a b c+d&="},
      {"topic=caf%C3%A9", "topic", "caf\xC3\xA9"},
      {"topic=%zz%4", "topic", "%zz%4"},
      {"topic=%4g%", "topic", "%4g%"},
      {"topic", "topic", ""},
      {"topic=", "topic", ""},
      {"&&topic==x", "topic", "=x"},
      {"mytopic=1&topic=2", "topic", "2"},
  };
  for (const auto& row : rows) {
    std::string value = "old";
    EXPECT_TRUE(query_value(row.query, row.name, value)) << row.query;
    EXPECT_EQ(value, row.value) << row.query;
  }
}

TEST(Http1Query, an_absent_name_leaves_the_value_alone) {
  for (const char* query : {"", "a=1", "topics=1", "x=topic", "&", "Topic=1"}) {
    std::string value = "old";
    EXPECT_FALSE(query_value(query, "topic", value)) << query;
    EXPECT_EQ(value, "old");
  }
}

TEST(Http1Query, percent_encoding_keeps_unreserved_characters_only) {
  std::string out = "x=";
  append_percent_encoded(out, Bytes("aZ09-._~ /?&=%+\xC3\xA9\0", 18));
  EXPECT_EQ(out, "x=aZ09-._~%20%2F%3F%26%3D%25%2B%C3%A9%00");
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  std::string query = "v=";
  append_percent_encoded(query, all);
  std::string value;
  ASSERT_TRUE(query_value(query, "v", value));
  EXPECT_EQ(value, all);
}

TEST(Http1Heads, are_written_as_rfc_9112_says) {
  std::string out;
  append_status_line(out, 200);
  append_header(out, "Content-Length", "0");
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
  out.clear();
  append_status_line(out, 431);
  EXPECT_EQ(out, "HTTP/1.1 431 Request Header Fields Too Large\r\n");
}

TEST(Http1Heads, every_status_that_the_parsers_answer_has_a_phrase) {
  for (const int status : {400, 405, 413, 414, 417, 426, 431, 501, 505})
    EXPECT_STRNE(reason_phrase(status), "Unknown") << status;
  EXPECT_STREQ(reason_phrase(599), "Unknown");
}

TEST(Http1Chunks, have_a_hexadecimal_size_and_an_empty_one_is_not_written) {
  std::string out;
  append_chunk(out, "");
  EXPECT_EQ(out, "");
  append_chunk(out, "hello");
  append_chunk(out, std::string(26, 'x'));
  EXPECT_EQ(out, "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
