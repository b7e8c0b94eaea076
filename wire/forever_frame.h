// `forever-frame`: one endless HTML page in a hidden iframe, a `<script>` a message, each on a line of its own. The
// script calls one function of the parent window:
//
//   <script>parent.pushbench&&parent.pushbench(7,"text")</script>             message 7: UTF-8 text
//   <script>parent.pushbench&&parent.pushbench(8,"\x89PNG","bytes")</script>  message 8: binary
//   <script>parent.pushbench&&parent.pushbench(9,5,"gap")</script>            messages 5 to 9 are no longer in the log
//
// Binary is a character (0 to 255) a byte, those from 0x7f on as \xHH.
//
// An HTML parser sees the script before JavaScript does, so a payload's bytes must be harmless to both. `<` is always
// \x3c: no payload can end the script or open a comment in it (HTML Living Standard, section 4.12.1.3). Quotes and
// backslashes, all control characters (a parser replaces NUL and turns CR into LF), and U+2028 and U+2029 (line ends
// inside a string literal before ECMAScript 2019) are escaped. Everything else is sent as it is.
#pragma once

#include <cstdint>
#include <string>

#include "wire/bytes.h"
#include "wire/lines.h"

namespace wire::forever_frame {

using lines::Gap;

// The page's beginning. It is padded to more than kPadding bytes: browsers hold back the beginning of a page until they
// have enough of it to guess its type and its character set (256 bytes in old Internet Explorer, 1,024 in WebKit and in
// the encoding prescan of the HTML standard, 2 KiB in early Chrome); without it the first messages would wait for later
// ones.
inline constexpr std::size_t kPadding = 2048;
void append_preamble(std::string& out);
// `is_text` requires valid UTF-8. What is not goes as bytes: sent as it is, a browser would show U+FFFD for it.
void append_message(std::string& out, std::uint64_t sequence, Bytes payload, bool is_text);
void append_gap(std::string& out, Gap gap);

// Reads a page in any pieces. Keeps only an unfinished script; a script that came whole in one read and has no escapes
// is handed out where it lies. Markup round the scripts and scripts that do not call the parent's function are skipped.
class Parser {
 public:
  // A handler may call reset(), which ends the feed() it was called from and the life of the views; it may not destroy
  // the parser or the bytes.
  class Handler {
   public:
    virtual void on_message(std::uint64_t sequence, Bytes payload) = 0;  // unescaped; valid during the call
    virtual void on_gap(Gap gap) = 0;
    virtual void on_bad_script(Bytes script) = 0;  // begins as a call and is none
    virtual void on_too_large() = 0;               // a script that no payload within the limit needs: parsing ends

   protected:
    ~Handler() = default;
  };
  explicit Parser(std::size_t max_message = std::size_t{16} << 20) : max_script_(4 * max_message + 96) {}
  void feed(Bytes bytes, Handler& handler);
  bool mid_script() const { return state_ == State::kScript; }
  void reset();  // a new page

 private:
  enum class State : std::uint8_t { kMarkup, kComment, kScript, kFailed };
  std::size_t parse(Bytes bytes, Handler& handler);
  bool take_markup(Bytes bytes, std::size_t& at);
  bool take_comment(Bytes bytes, std::size_t& at);
  bool take_script(Bytes bytes, std::size_t& at, Handler& handler);

  std::string partial_;       // not consumed: an unfinished script, or a few bytes of an unfinished tag
  std::size_t searched_ = 0;  // of an unfinished script: no end tag begins before
  std::size_t max_script_;    // bytes between the tags: an escape has up to four a byte
  std::uint32_t resets_ = 0;  // how feed() notices a reset() by its handler
  State state_ = State::kMarkup;
};

}  // namespace wire::forever_frame
