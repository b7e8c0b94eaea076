#include <algorithm>
#include <cstring>

#include "wire/http1.h"

namespace wire::http1 {
namespace {

// A body collected from pieces may leave this much memory with the parser.
constexpr std::size_t kKeptBody = 64 * 1024;

// A byte of a method (RFC 9110 section 5.6.2).
bool is_token_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         Bytes("!#$%&'*+-.^_`|~").find(c) != Bytes::npos;
}

// RFC 3986 section 3.2.2 with an optional port; an empty Host is legal (RFC 9110 section 7.2).
bool is_host(Bytes host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           Bytes("-._~%!$&'()*+,;=:[]").find(c) != Bytes::npos;
  });
}

}  // namespace

// llhttp's callbacks. A value other than 0 ends llhttp_execute with that error; what fail() stored is the answer then.
struct RequestParser::Callbacks {
  static RequestParser& self(llhttp_t* parser) { return *static_cast<RequestParser*>(parser->data); }

  static int on_url(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_.add_first(at, length);
    return 0;
  }
  static int on_header_field(llhttp_t* parser, const char* at, std::size_t length) {
    RequestParser& request = self(parser);
    if (request.head_done_) return add_overhead(request, length, 431, "trailers too large");
    request.head_.add_name(at, length);
    return 0;
  }
  static int on_header_field_complete(llhttp_t* parser) {
    RequestParser& request = self(parser);
    if (request.head_done_) return add_overhead(request, 1, 431, "trailers too large");
    request.head_.end_name();
    if (request.head_.header_count() <= request.limits_.max_headers) return 0;
    request.fail(431, "too many headers");
    return HPE_USER;
  }
  static int on_header_value(llhttp_t* parser, const char* at, std::size_t length) {
    RequestParser& request = self(parser);
    if (request.head_done_) return add_overhead(request, length, 431, "trailers too large");
    request.head_.add_value(at, length);
    return 0;
  }
  static int on_headers_complete(llhttp_t*) { return HPE_PAUSED; }
  static int on_chunk_extension(llhttp_t* parser, const char*, std::size_t length) {
    RequestParser& request = self(parser);
    if (request.overhead_ == 0) request.chunk_size_ = parser->content_length;
    return add_overhead(request, length, 400, "chunk extensions too large");
  }
  // Empty names count too. Here and not above, where a name cut into pieces would count more often.
  static int on_chunk_extension_complete(llhttp_t* parser) {
    RequestParser& request = self(parser);
    if (request.overhead_ == 0) request.chunk_size_ = parser->content_length;
    return add_overhead(request, 1, 400, "chunk extensions too large");
  }
  static int on_chunk_header(llhttp_t* parser) {
    RequestParser& request = self(parser);
    // After "3;a=b;" llhttp 8.1 takes what follows for more digits of the size.
    if (request.overhead_ != 0 && request.chunk_size_ != parser->content_length) {
      request.fail(400, "malformed chunk extensions");
      return HPE_USER;
    }
    request.overhead_ = 0;
    const std::size_t size = request.body_view_.size() + request.body_.size();
    if (parser->content_length <= request.limits_.max_body - size) return 0;
    request.fail(413, "body too large");
    return HPE_USER;
  }
  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    RequestParser& request = self(parser);
    if (request.body_view_.empty() && request.body_.empty()) {
      request.body_view_ = Bytes(at, length);
      return 0;
    }
    if (!request.body_view_.empty()) request.body_.assign(std::exchange(request.body_view_, {}));
    request.body_.append(at, length);
    return 0;
  }
  static int on_message_complete(llhttp_t*) { return HPE_PAUSED; }

  static int add_overhead(RequestParser& request, std::size_t length, int status, const char* text) {
    request.overhead_ += length;
    if (request.overhead_ <= request.limits_.max_head) return 0;
    request.fail(status, text);
    return HPE_USER;
  }

  static constexpr llhttp_settings_t make_settings() {
    llhttp_settings_t settings{};
    settings.on_url = on_url;
    settings.on_header_field = on_header_field;
    settings.on_header_field_complete = on_header_field_complete;
    settings.on_header_value = on_header_value;
    settings.on_headers_complete = on_headers_complete;
    settings.on_chunk_extension_name = on_chunk_extension;
    settings.on_chunk_extension_value = on_chunk_extension;
    settings.on_chunk_extension_name_complete = on_chunk_extension_complete;
    settings.on_chunk_extension_value_complete = on_chunk_extension_complete;
    settings.on_chunk_header = on_chunk_header;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    return settings;
  }
};

RequestParser::RequestParser(Limits limits) : limits_(limits) {
  begin();
}

void RequestParser::reset() {
  error_status_ = 0;
  error_text_.clear();
  begin();
}

void RequestParser::begin() {
  static constexpr llhttp_settings_t kSettings = Callbacks::make_settings();
  llhttp_init(&parser_, HTTP_REQUEST, &kSettings);
  parser_.data = this;
  head_.begin();
  head_.shrink();
  body_view_ = {};
  body_.clear();
  if (body_.capacity() > kKeptBody) std::string().swap(body_);
  request_ = {};
  overhead_ = 0;
  started_ = head_done_ = complete_ = expect_continue_ = head_taken_ = false;
}

Parsed RequestParser::feed(Bytes bytes, std::size_t& consumed) {
  if (error_status_ != 0) return Parsed::kError;
  if (complete_) begin();
  std::size_t used = 0;
  if (!started_) {
    // Empty lines before a request are ignored (RFC 9112 section 2.2).
    used = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    started_ = used < bytes.size();
  }
  Parsed parsed = Parsed::kNeedMore;
  if (!head_done_ && used < bytes.size()) parsed = read_head(bytes, used);
  if (parsed == Parsed::kNeedMore && used < bytes.size()) parsed = read_body(bytes, used);
  if (parsed == Parsed::kNeedMore && head_done_) {
    head_.keep();
    if (!body_view_.empty()) body_.assign(std::exchange(body_view_, {}));
  }
  consumed += used;
  return parsed;
}

// Offers llhttp one byte more than the limit allows at most, so that what is refused does not depend on how the stream
// is cut.
Parsed RequestParser::read_head(Bytes bytes, std::size_t& used) {
  const Bytes piece = bytes.substr(used, limits_.max_head + 1 - head_.size());
  head_.set_piece(piece);
  const llhttp_errno_t error = llhttp_execute(&parser_, piece.data(), piece.size());
  if (error != HPE_OK && error != HPE_PAUSED) return fail_parser(error);
  const bool whole = error == HPE_PAUSED;
  const std::size_t length =
      whole ? static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - piece.data()) : piece.size();
  head_.end_piece(length, whole);
  used += length;
  if (head_.size() > limits_.max_head) return head_too_large();
  if (!whole) return Parsed::kNeedMore;
  head_done_ = true;
  llhttp_resume(&parser_);
  return check_head();
}

Parsed RequestParser::read_body(Bytes bytes, std::size_t& used) {
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data() + used, bytes.size() - used);
  if (error == HPE_OK) {
    used = bytes.size();
    return Parsed::kNeedMore;
  }
  if (error != HPE_PAUSED) return fail_parser(error);
  used = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
  return complete();
}

Parsed RequestParser::head_too_large() {
  // Inside the target no header has begun and the version is still to come.
  const bool in_target = parser_.http_major == 0 && head_.header_count() == 0;
  return in_target ? fail(414, "request target too long") : fail(431, "request head too large");
}

Parsed RequestParser::check_head() {
  if (parser_.http_major != 1) return fail(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (const char* defect = head_.defect()) return fail(400, defect);
  request_.method = llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
  request_.target = head_.first();
  request_.version_minor = parser_.http_minor;
  // llhttp takes any number of spaces in the request line, and ICE/1.0 for HTTP/1.0.
  const std::size_t target_end = head_.first_offset() + request_.target.size();
  if (head_.first_offset() != request_.method.size() + 1 || head_.text().substr(target_end, 6) != " HTTP/" ||
      request_.target.find('#') != Bytes::npos) {
    return fail(400, "malformed request line");
  }
  request_.headers = head_.headers();
  const std::size_t hosts = count_headers(request_.headers, "Host");
  if (hosts > 1 || (hosts == 0 && request_.version_minor >= 1)) return fail(400, "exactly one Host header is required");
  if (!is_host(request_.header("Host"))) return fail(400, "malformed Host header");
  return check_framing();
}

Parsed RequestParser::check_framing() {
  const bool chunked = (parser_.flags & F_CHUNKED) != 0;
  if ((parser_.flags & F_TRANSFER_ENCODING) != 0) {
    if (request_.version_minor == 0) return fail(400, "Transfer-Encoding in HTTP/1.0");  // RFC 9112 section 6.1
    if (!equal_ignoring_case(request_.header("Transfer-Encoding"), "chunked") ||
        count_headers(request_.headers, "Transfer-Encoding") != 1) {
      return fail(501, "only the transfer coding 'chunked' is supported");
    }
  }
  if (parser_.content_length > limits_.max_body) return fail(413, "body too large");
  const bool has_body = chunked || parser_.content_length > 0;
  if (const Bytes expect = request_.header("Expect"); expect.data() != nullptr && request_.version_minor >= 1) {
    if (!equal_ignoring_case(expect, "100-continue")) return fail(417, "unknown expectation");
    expect_continue_ = has_body;
  }
  request_.keep_alive = llhttp_should_keep_alive(&parser_) != 0;
  request_.upgrade = parser_.upgrade != 0;
  return has_body ? Parsed::kNeedMore : complete();
}

bool RequestParser::take_expect_continue() {
  // A client that has begun to send the body is not waiting (RFC 9110 section 10.1.1).
  return std::exchange(expect_continue_, false) && !complete_ && body_.empty();
}

const Request* RequestParser::take_head() {
  if (!head_done_ || complete_ || error_status_ != 0 || std::exchange(head_taken_, true)) return nullptr;
  request_.target = head_.first();
  request_.headers = head_.headers();
  split_target();
  return &request_;
}

Parsed RequestParser::complete() {
  request_.target = head_.first();
  request_.headers = head_.headers();  // anew: the head may have been copied since
  request_.body = body_.empty() ? body_view_ : Bytes(body_);
  split_target();
  started_ = false;
  complete_ = true;
  return Parsed::kComplete;
}

// Origin form "/path?query", absolute form "http://authority/path?query" (RFC 9112 section 3.2); the rest has no parts.
void RequestParser::split_target() {
  Bytes rest = request_.target;
  request_.path = rest;
  request_.query = {};
  if (parser_.method == HTTP_CONNECT) return;
  const std::size_t scheme_end = rest.starts_with('/') ? Bytes::npos : rest.find("://");
  if (scheme_end != Bytes::npos) {
    rest.remove_prefix(std::min(rest.find_first_of("/?", scheme_end + 3), rest.size()));
  }
  const std::size_t mark = rest.find('?');
  request_.path = rest.substr(0, mark);
  if (request_.path.empty()) request_.path = "/";
  if (mark != Bytes::npos) request_.query = rest.substr(mark + 1);
}

Parsed RequestParser::fail(int status, std::string text) {
  error_status_ = status;
  error_text_ = std::move(text);
  started_ = false;
  return Parsed::kError;
}

Parsed RequestParser::fail_parser(llhttp_errno_t error) {
  if (error_status_ != 0) return Parsed::kError;  // a callback has failed with its own reason
  const char* reason = llhttp_get_error_reason(&parser_);
  if (error == HPE_INVALID_METHOD && is_token_byte(*llhttp_get_error_pos(&parser_))) {
    return fail(501, "unknown method");  // RFC 9110 section 9.1
  }
  // "Invalid HTTP version" is llhttp's word for a well-formed version that it does not know.
  const bool version = error == HPE_PAUSED_H2_UPGRADE ||
                       (error == HPE_INVALID_VERSION && std::strcmp(reason, "Invalid HTTP version") == 0);
  return fail(version ? 505 : 400, reason);
}

}  // namespace wire::http1
