// HTTP/1.1 responses (RFC 9112) over llhttp, read in any pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "wire/bytes.h"
#include "wire/http1/head.h"
#include "wire/http1/header.h"

namespace wire::http1 {

struct Response {
  int status = 0;
  Bytes reason;
  std::uint8_t version_minor = 1;
  std::span<const Header> headers;
  bool keep_alive = true;
  bool upgrade = false;  // 101
  Bytes header(Bytes name) const { return find_header(headers, name); }
};

// Reads responses of any body kind: Content-Length, chunked, until close, none. Holds heap memory only while a head, a
// chunk or a body of known length is incomplete: an endless stream that waits for its next chunk holds none.
class ResponseParser {
 public:
  // A handler may neither feed nor destroy the parser; in on_end it may.
  class Handler {
   public:
    virtual void on_head(const Response& response) = 0;  // views valid during the call
    virtual void on_body(Bytes piece) = 0;
    virtual void on_end() = 0;  // the message is complete; not called after 101

   protected:
    ~Handler() = default;
  };
  explicit ResponseParser(std::uint32_t max_head = std::uint32_t{64} << 10);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Consumes up to the end of one response. kComplete: ended, or 101 was read and the rest of `bytes` is the new
  // protocol's. 1xx responses other than 101 are skipped. After kError, error_text() says why and nothing more may be
  // fed.
  Parsed feed(Bytes bytes, std::size_t& consumed, Handler& handler);
  // The peer closed. true when that completes the message (body until close; on_end has been called), false when it
  // cuts it short or nothing had begun.
  bool finish(Handler& handler);
  bool mid_message() const { return started_; }
  // Bytes of the current (or last) head as received, heads of 1xx responses before it included; 0 while it is
  // incomplete.
  std::size_t head_bytes() const { return head_done_ ? head_bytes_ : 0; }
  // The next response answers a HEAD request: it has no body.
  void expect_no_body(bool value) { no_body_ = value; }
  void reset();
  std::string error_text() const;

 private:
  struct Callbacks;
  struct Work;  // what it takes to read a piece
  struct Pool;
  void begin();
  void hold_work();
  void release_work();
  void wait_for_chunk();
  Parsed read_head(Bytes bytes, std::size_t& used, Handler& handler);
  Parsed end_head(Handler& handler);
  Parsed read_body(Bytes bytes, std::size_t& used, Handler& handler);
  const char* check_head(const Response& response) const;
  Parsed end();
  Parsed fail(const char* text);

  std::unique_ptr<Work> work_;  // none where its state is known without it: at a start, between two chunks
  std::uint32_t max_head_;
  std::uint32_t head_bytes_ = 0;
  std::uint16_t flags_ = 0;  // of the machine that was given back between two chunks
  bool between_chunks_ = false;
  bool started_ = false;
  bool head_done_ = false;
  bool complete_ = false;
  bool failed_ = false;
  bool no_body_ = false;
  bool until_close_ = false;
  bool upgraded_ = false;
};

}  // namespace wire::http1
