// What the tests of WebSocket frames share: a log of what a reader tells, and frames made by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cuts.h"
#include "wire/websocket/reader.h"

namespace frames {

using namespace wire::websocket;
using wire::Bytes;
using Role = Reader::Role;

// Of whoever must not allocate himself.
class Counter final : public Reader::Handler {
 public:
  void on_message(Opcode, Bytes payload) override { bytes += payload.size(); }
  void on_ping(Bytes) override {}
  void on_pong(Bytes) override {}
  void on_close(std::uint16_t, Bytes) override {}
  std::size_t bytes = 0;
};

class Recorder : public Reader::Handler {
 public:
  void on_message(Opcode type, Bytes payload) override { add(type == Opcode::kText ? "text" : "binary", payload); }
  void on_ping(Bytes payload) override { add("ping", payload); }
  void on_pong(Bytes payload) override { add("pong", payload); }
  void on_close(std::uint16_t code, Bytes reason) override { add("close " + std::to_string(code), reason); }

  std::vector<std::string> log;

 private:
  void add(const std::string& what, Bytes payload) { log.push_back(what + "(" + std::string(payload) + ")"); }
};

using Log = std::vector<std::string>;

inline void expect_read(Role role, const std::string& stream, const Log& log, std::uint16_t code = 0,
                        std::size_t max_message = 1 << 20) {
  SCOPED_TRACE(testing::PrintToString(stream.substr(0, 60)));
  for_every_cut(stream, [&](const std::vector<Bytes>& pieces) {
    Reader reader(role, max_message);
    Recorder recorder;
    std::uint16_t result = 0;
    feed_pieces(pieces, [&](Bytes bytes) { return (result = reader.feed(bytes, recorder)) == 0; });
    ASSERT_EQ(result, code) << reader.error_text();
    ASSERT_EQ(recorder.log, log);
    ASSERT_EQ(std::string(reader.error_text()).empty(), code == 0);
    ASSERT_FALSE(code == 0 && reader.mid_message());
  });
}

inline void expect_refused(Role role, const std::string& stream, std::uint16_t code, const Log& log = {}) {
  expect_read(role, stream, log, code);
}

// An unmasked frame with any first byte.
inline std::string frame(unsigned first, const std::string& payload) {
  std::string out;
  append_header(out, Opcode::kText, payload.size());
  out[0] = static_cast<char>(first);
  return out + payload;
}

inline std::string message(const std::string& payload) {
  return frame(0x82, payload);
}

}  // namespace frames
