// HTTP/1.1 messages (RFC 9112) over llhttp: parsing in any pieces, and the few heads that both programs write.
#pragma once

#include <llhttp.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "wire/bytes.h"
#include "wire/http1_head.h"

namespace wire::http1 {

// First header of that name (ASCII case-insensitive), trimmed; empty view with data()==nullptr when absent.
Bytes find_header(std::span<const Header> headers, Bytes name);
// How many headers have that name.
std::size_t count_headers(std::span<const Header> headers, Bytes name);
// Whether a comma-separated list header (Connection, Upgrade, …), repeated or not, holds `token`, case-insensitively.
bool header_has_token(std::span<const Header> headers, Bytes name, Bytes token);
// Whether Accept-Encoding names the content coding, with a weight other than 0 (RFC 9110 section 12.5.3). "*" names
// none here.
bool accepts_coding(std::span<const Header> headers, Bytes coding);
bool equal_ignoring_case(Bytes a, Bytes b);  // ASCII

// Value of `name` in a query string ("a=1&b=x%20y"), percent-decoded, '+' as space. false when absent. A '%' that no
// two hexadecimal digits follow stands for itself.
bool query_value(Bytes query, Bytes name, std::string& value);
void append_percent_encoded(std::string& out, Bytes text);  // unreserved characters of RFC 3986 stay

struct Limits {
  std::size_t max_head = std::size_t{16} << 10;  // bytes of request line and headers; above: 431, in the target 414
  std::size_t max_body = std::size_t{16} << 20;  // above: 413
  std::size_t max_headers = 100;                 // above: 431
};

struct Request {
  Bytes method;
  Bytes target;  // as sent
  Bytes path;    // of the target, without query; for CONNECT the whole target
  Bytes query;   // without '?'
  std::uint8_t version_minor = 1;
  std::span<const Header> headers;
  Bytes body;
  bool keep_alive = true;
  bool upgrade = false;  // asked to switch protocols
  Bytes header(Bytes name) const { return find_header(headers, name); }
};

enum class Parsed { kNeedMore, kComplete, kError };

// Reads requests one at a time from a stream cut anywhere. One parser serves a whole thread as long as requests arrive
// whole: a connection needs one of its own only while `mid_message()`. Such a request is parsed where it lies, without
// a copy; the parser keeps its memory from request to request. Stricter than the RFC where llhttp 8.1 is: a chunk
// extension after one with an unquoted value, and a backslash in a quoted one, are refused with 400, HTTP/1.2 and later
// with 505. Stricter by choice: bare line feeds and line folding are refused, a repeated Content-Length too.
class RequestParser {
 public:
  explicit RequestParser(Limits limits = {});
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Consumes up to the end of one request and adds what it took to `consumed`. After kComplete, request() is valid
  // until the next feed() or reset() and as long as `bytes` lives; the rest of `bytes` is the next request's (or the
  // new protocol's after upgrade). After kError nothing more may be fed: error_status() and error_text() say what to
  // answer (400, 413, 414, 417, 431, 501, 505); then the connection must be closed.
  Parsed feed(Bytes bytes, std::size_t& consumed);
  const Request& request() const { return request_; }
  bool mid_message() const { return started_; }
  // The head of a request whose body is still on its way, once: body and upgrade say nothing yet. Valid until the next
  // feed().
  const Request* take_head();
  // True between a head with "Expect: 100-continue" and its body: the server answers "100 Continue" once.
  bool take_expect_continue();
  void reset();

  int error_status() const { return error_status_; }
  const std::string& error_text() const { return error_text_; }

 private:
  struct Callbacks;
  void begin();
  Parsed read_head(Bytes bytes, std::size_t& used);
  Parsed read_body(Bytes bytes, std::size_t& used);
  Parsed head_too_large();
  Parsed check_head();
  Parsed check_framing();
  bool stays_open() const;
  void name_parts();
  Parsed complete();
  Parsed fail(int status, std::string text);
  Parsed fail_parser(llhttp_errno_t error);

  llhttp_t parser_;
  Limits limits_;
  detail::Head head_;
  Bytes body_view_;   // the body where it arrived in one piece
  std::string body_;  // else collected here
  Request request_;
  std::string error_text_;
  std::size_t overhead_ = 0;      // bytes of trailers, or of the extensions of one chunk
  std::uint64_t chunk_size_ = 0;  // of a chunk with extensions
  int error_status_ = 0;
  bool started_ = false;
  bool head_done_ = false;
  bool in_trailers_ = false;
  char last_trailer_byte_ = '\n';
  bool complete_ = false;
  bool expect_continue_ = false;
  bool head_taken_ = false;
};

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

const char* reason_phrase(int status);
// "HTTP/1.1 200 OK\r\n"
void append_status_line(std::string& out, int status);
// "Name: value\r\n"
void append_header(std::string& out, Bytes name, Bytes value);
// One chunk of chunked transfer coding (RFC 9112 section 7.1); nothing for an empty payload, which would end the body.
void append_chunk(std::string& out, Bytes payload);
inline constexpr Bytes kLastChunk = "0\r\n\r\n";

}  // namespace wire::http1
