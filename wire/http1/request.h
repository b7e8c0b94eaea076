// HTTP/1.1 requests (RFC 9112) over llhttp, read in any pieces.
#pragma once

#include <llhttp.h>

#include <cstdint>
#include <span>
#include <string>

#include "wire/bytes.h"
#include "wire/http1/head.h"
#include "wire/http1/header.h"

namespace wire::http1 {

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

}  // namespace wire::http1
