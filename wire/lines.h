// "One message a line": the body format of `polling`, `long-polling` and `http-streaming`.
//
// A message is its bytes and a line feed. So that every payload survives, two bytes are escaped inside a message with
// DLE (0x10): LF becomes DLE 'n', DLE becomes DLE 'd'. Ordinary text has neither and is sent as it is. A line that
// starts with DLE 'g' is a notice and no message: DLE "gap FIRST LAST": the messages FIRST..LAST are no longer in the
// server's log. The sequence of a message is not in its line: the response header `Pushbench-Cursor: N` gives the
// sequence before the first line, each line adds one, and a gap notice moves it to LAST.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.h"

namespace wire::lines {

struct Gap {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// "gap 5 9", and back; absent for any other text.
std::string gap_text(Gap gap);
std::optional<Gap> parse_gap(Bytes text);

void append_message(std::string& out, Bytes payload);
void append_gap(std::string& out, Gap gap);

// Splits a body that arrives in any pieces. Keeps only an unfinished line; holds no heap buffer between lines.
class Splitter {
 public:
  // A handler may call reset(), which ends the feed() it was called from; it may not destroy the splitter or the bytes.
  class Handler {
   public:
    virtual void on_message(Bytes payload) = 0;  // unescaped; valid during the call
    virtual void on_gap(Gap gap) = 0;
    virtual void on_bad_line(Bytes line) = 0;  // an unknown notice or escape; or longer than the limit: its beginning

   protected:
    ~Handler() = default;
  };
  explicit Splitter(std::size_t max_line = std::size_t{33} << 20) : max_line_(max_line) {}
  void feed(Bytes bytes, Handler& handler);
  bool mid_line() const { return skipping_ || !partial_.empty(); }
  void reset();

 private:
  bool keep(Bytes piece, Handler& handler);
  void finish_partial(Bytes piece, Handler& handler);

  std::string partial_;       // of an unfinished line: its bytes as received, at most max_line_
  std::size_t max_line_;      // bytes before the line feed, escapes not undone
  std::uint32_t resets_ = 0;  // how feed() notices a reset() by its handler
  bool skipping_ = false;     // inside a line already reported as too long
};

}  // namespace wire::lines
