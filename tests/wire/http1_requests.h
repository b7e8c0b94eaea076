// What a parser makes of a stream of requests, as text; and streams that must mean the same however they are cut.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cuts.h"
#include "wire/http1/request.h"

namespace http1_test {

using namespace wire::http1;
using wire::Bytes;

// A request as text, for comparison: method, target, version, path and query, headers, body, flags.
inline std::string describe(const Request& request) {
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
inline Outcome read(const std::vector<Bytes>& pieces, Limits limits = {}) {
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

inline void expect_requests(const std::string& stream, const std::vector<std::string>& requests,
                            const std::string& rest = "") {
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces);
    ASSERT_EQ(outcome.error_status, 0) << outcome.error_text;
    ASSERT_EQ(outcome.requests, requests);
    ASSERT_EQ(outcome.rest, rest);
  });
}

inline void expect_refused(const std::string& stream, int status, Limits limits = {}) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 200)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    const Outcome outcome = read(pieces, limits);
    ASSERT_EQ(outcome.error_status, status) << outcome.error_text;
    ASSERT_FALSE(outcome.error_text.empty());
    ASSERT_TRUE(outcome.requests.empty()) << outcome.requests.front();
  });
}

}  // namespace http1_test
