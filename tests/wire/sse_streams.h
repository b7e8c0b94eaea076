// What a parser makes of an event stream, as text; and streams that must mean the same however they are cut.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cuts.h"
#include "wire/sse.h"

namespace sse_test {

using wire::Bytes;
using wire::sse::Event;
using wire::sse::Parser;
using Log = std::vector<std::string>;

inline std::string event(const std::string& type, const std::string& data, const std::string& id = "") {
  return "event(" + type + "|" + data + "|" + id + ")";
}

class Recorder : public Parser::Handler {
 public:
  void on_event(const Event& event) override {
    log.push_back(sse_test::event(std::string(event.type), std::string(event.data), std::string(event.id)));
  }
  void on_retry(std::uint64_t milliseconds) override { log.push_back("retry(" + std::to_string(milliseconds) + ")"); }
  void on_comment(Bytes text) override { log.push_back("comment(" + std::string(text) + ")"); }
  void on_too_large() override { log.push_back("too large"); }

  Log log;
};

inline void expect_log(const std::string& stream, const Log& expected, std::size_t max_event = 1 << 20) {
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    Parser parser(max_event);
    Recorder recorder;
    feed_pieces(pieces, [&](Bytes piece) {
      parser.feed(piece, recorder);
      return true;
    });
    EXPECT_EQ(recorder.log, expected);
  });
}

}  // namespace sse_test
