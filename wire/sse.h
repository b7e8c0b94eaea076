// Server-Sent Events: the event-stream format of the HTML Living Standard, section 9.2
// (html.spec.whatwg.org/#server-sent-events).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wire/bytes.h"

namespace wire::sse {

struct Event {
  Bytes type;  // empty: the default, "message"
  Bytes data;  // lines joined by LF
  Bytes id;    // last event id in force after this event (sticky, section 9.2.6)
};

// Appends one event: `event:` unless type is empty, `id:` unless id is empty, a `data:` line for each line of data (CR,
// LF and CRLF all end a line: the format cannot carry them apart), and the blank line. Requires a type and an id
// without line ends.
void append_event(std::string& out, const Event& event);
void append_comment(std::string& out, Bytes text);  // ": text" and a blank line; a heartbeat
void append_retry(std::string& out, std::uint64_t milliseconds);

// Reads a stream in any pieces. Keeps only what an unfinished event needs and holds no heap buffer between events
// except the last event id. Feeding is allocation-free in the steady state when events do not straddle reads, and an
// event with one data line that came in one read is handed out where it lies. Bytes that are not UTF-8 are handed out
// as they came, where a browser would show U+FFFD.
class Parser {
 public:
  // A handler may call reset(), which ends the feed() it was called from and the life of the views; it may not destroy
  // the parser or the bytes.
  class Handler {
   public:
    virtual void on_event(const Event& event) = 0;          // views valid during the call
    virtual void on_retry(std::uint64_t milliseconds) = 0;  // at most kMaxRetry
    virtual void on_comment(Bytes) {}                       // without the colon and one space
    // So many bytes of the stream were a comment, or a blank line after it that ends no event; line ends included.
    virtual void on_filler(std::size_t) {}
    virtual void on_too_large() = 0;  // a line or the data of one event above the limit: parsing ends

   protected:
    ~Handler() = default;
  };
  // 31 years, in ms: a greater `retry` is ignored, so that a time in nanoseconds does not overflow.
  static constexpr std::uint64_t kMaxRetry = 1'000'000'000'000;

  explicit Parser(std::size_t max_event = std::size_t{33} << 20);
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;
  ~Parser();

  void feed(Bytes bytes, Handler& handler);
  // A new connection: forgets the unfinished event, keeps last_event_id. As in browsers, events without an id have that
  // one until the stream sends another.
  void reset();
  const std::string& last_event_id() const { return last_event_id_; }
  void set_last_event_id(Bytes id) { last_event_id_ = id; }  // as if an earlier stream had ended with it

 private:
  struct Views;    // an event so far, where it lies in the bytes being fed
  struct Pending;  // the same copied, with the unfinished line
  class Lines;
  bool skip_byte_order_mark(Bytes& bytes);
  std::size_t take_plain_event(Bytes bytes, Handler& handler);
  void take_tail(Bytes tail, Views& views, Handler& handler);
  void take_rest_of_line(Bytes rest, std::size_t end, Views& views, Handler& handler);
  void take_line(Bytes line, std::size_t end, Views& views, Handler& handler);
  void take_comment(std::size_t size, Bytes text, Handler& handler);
  void take_field(Bytes name, Bytes value, Views& views, Handler& handler);
  void take_data(Bytes value, Views& views, Handler& handler);
  void take_id(Bytes value, Views& views);
  void dispatch(Views& views, Handler& handler);
  Pending& keep(Views& views);
  void fail(Handler& handler);

  std::unique_ptr<Pending> pending_;  // only while an event is unfinished
  std::string last_event_id_;
  std::size_t max_event_;
  std::uint32_t resets_ = 0;   // how feed() notices a reset() by its handler
  std::uint8_t bom_seen_ = 0;  // bytes of the byte order mark matched; all: the start has passed
  bool skip_lf_ = false;       // the last line ended with CR: a LF next belongs to it
  bool filler_ = false;        // the last line was a comment, or a blank line after one
  bool failed_ = false;
};

}  // namespace wire::sse
