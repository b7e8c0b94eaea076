#include "wire/http1/request.h"

#include <algorithm>
#include <utility>

#include "wire/http1/callbacks.h"
#include "wire/http1/target.h"
#include "wire/text.h"

namespace wire::http1 {
namespace {

// A body collected from pieces may leave this much memory with the parser.
constexpr std::size_t kKeptBody = std::size_t{64} * 1024;

// Whether more of a trailer section, after a byte `before` of it, has lines as RFC 9112 section 5 wants them. llhttp
// passes bare line feeds, folded lines and fields without a name there.
bool is_trailer(Bytes bytes, char before) {
  for (const char c : bytes) {
    if (c == '\n' && before != '\r') return false;
    if (before == '\n' && (c == ' ' || c == '\t' || c == ':')) return false;
    before = c;
  }
  return true;
}

}  // namespace

// llhttp's callbacks. A value other than 0 ends llhttp_execute with that error; what fail() stored is the answer then.
struct RequestParser::Callbacks : detail::HeadCallbacks<Callbacks> {
  static RequestParser& self(llhttp_t* parser) { return *static_cast<RequestParser*>(parser->data); }

  static detail::Head* open_head(llhttp_t* parser) { return self(parser).head_done_ ? nullptr : &self(parser).head_; }
  static int on_header(llhttp_t* parser, std::size_t count) {
    RequestParser& request = self(parser);
    if (count <= request.limits_.max_headers) return 0;
    request.fail(431, "too many headers");
    return HPE_USER;
  }
  static int on_trailer(llhttp_t* parser, std::size_t length) {
    return add_overhead(self(parser), length, 431, "trailers too large");
  }
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
    request.in_trailers_ = parser->content_length == 0;
    if (request.in_trailers_) return HPE_PAUSED;
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

  static int add_overhead(RequestParser& request, std::size_t length, int status, const char* text) {
    request.overhead_ += length;
    if (request.overhead_ <= request.limits_.max_head) return 0;
    request.fail(status, text);
    return HPE_USER;
  }

  static constexpr llhttp_settings_t make_settings() {
    llhttp_settings_t settings = HeadCallbacks::make_settings();
    settings.on_chunk_extension_name = on_chunk_extension;
    settings.on_chunk_extension_value = on_chunk_extension;
    settings.on_chunk_extension_name_complete = on_chunk_extension_complete;
    settings.on_chunk_extension_value_complete = on_chunk_extension_complete;
    settings.on_chunk_header = on_chunk_header;
    settings.on_body = on_body;
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
  started_ = head_done_ = in_trailers_ = complete_ = expect_continue_ = head_taken_ = false;
  last_trailer_byte_ = '\n';
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
  while (used < bytes.size()) {
    const Bytes piece = bytes.substr(used);
    const bool in_trailers = in_trailers_;
    const llhttp_errno_t error = llhttp_execute(&parser_, piece.data(), piece.size());
    if (error != HPE_OK && error != HPE_PAUSED) return fail_parser(error);
    const std::size_t length =
        error == HPE_OK ? piece.size() : static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - piece.data());
    used += length;
    if (in_trailers) {
      if (!is_trailer(piece.substr(0, length), last_trailer_byte_)) return fail(400, "malformed trailers");
      last_trailer_byte_ = piece[length - 1];
    }
    if (error == HPE_OK) break;
    if (in_trailers == in_trailers_) return complete();
    llhttp_resume(&parser_);  // it paused behind the last chunk's size
  }
  return Parsed::kNeedMore;
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
  if (!detail::split_target(request_.target, parser_.method == HTTP_CONNECT)) {
    return fail(400, "the request target names no resource of an HTTP server");
  }
  request_.headers = head_.headers();
  const std::size_t hosts = count_headers(request_.headers, "Host");
  if (hosts > 1 || (hosts == 0 && request_.version_minor >= 1)) return fail(400, "exactly one Host header is required");
  if (!detail::is_host(request_.header("Host"))) return fail(400, "malformed Host header");
  return check_framing();
}

Parsed RequestParser::check_framing() {
  const bool chunked = (parser_.flags & F_CHUNKED) != 0;
  // Not by F_TRANSFER_ENCODING, which an empty value does not set.
  if (const Bytes coding = request_.header("Transfer-Encoding"); coding.data() != nullptr) {
    if (request_.version_minor == 0) return fail(400, "Transfer-Encoding in HTTP/1.0");   // RFC 9112 section 6.1
    if (coding.empty()) return fail(400, "Transfer-Encoding without a transfer coding");  // section 6.3
    if (!equal_ignoring_case(coding, "chunked") || count_headers(request_.headers, "Transfer-Encoding") != 1) {
      return fail(501, "only the transfer coding 'chunked' is supported");
    }
  }
  if (parser_.content_length > limits_.max_body) return fail(413, "body too large");
  const bool has_body = chunked || parser_.content_length > 0;
  if (const Bytes expect = request_.header("Expect"); expect.data() != nullptr && request_.version_minor >= 1) {
    if (!equal_ignoring_case(expect, "100-continue")) return fail(417, "unknown expectation");
    expect_continue_ = has_body;
  }
  request_.keep_alive = stays_open();
  request_.upgrade = parser_.upgrade != 0;
  return has_body ? Parsed::kNeedMore : complete();
}

// RFC 9112 section 9.3: "close" outdoes "keep-alive" wherever it stands. What follows a CONNECT is for the tunnel that
// the client expects and never a request, even where it is refused.
bool RequestParser::stays_open() const {
  return llhttp_should_keep_alive(&parser_) != 0 && parser_.method != HTTP_CONNECT &&
         (request_.version_minor > 0 || !header_has_token(request_.headers, "Connection", "close"));
}

bool RequestParser::take_expect_continue() {
  // A client that has begun to send the body is not waiting (RFC 9110 section 10.1.1).
  return std::exchange(expect_continue_, false) && !complete_ && body_.empty();
}

const Request* RequestParser::take_head() {
  if (!head_done_ || complete_ || error_status_ != 0 || std::exchange(head_taken_, true)) return nullptr;
  name_parts();
  return &request_;
}

// Anew at every use: the head may have been copied since.
void RequestParser::name_parts() {
  request_.target = head_.first();
  request_.headers = head_.headers();
  const auto target = detail::split_target(request_.target, parser_.method == HTTP_CONNECT);
  request_.path = target->path;
  request_.query = target->query;
}

Parsed RequestParser::complete() {
  name_parts();
  request_.body = body_.empty() ? body_view_ : Bytes(body_);
  started_ = false;
  complete_ = true;
  return Parsed::kComplete;
}

Parsed RequestParser::fail(int status, std::string text) {
  error_status_ = status;
  error_text_ = std::move(text);
  started_ = false;
  return Parsed::kError;
}

Parsed RequestParser::fail_parser(llhttp_errno_t error) {
  if (error_status_ != 0) return Parsed::kError;  // a callback has failed with its own reason
  const Bytes reason = llhttp_get_error_reason(&parser_);
  // RFC 9110 section 9.1; the second are methods that llhttp knows from RTSP.
  if ((error == HPE_INVALID_METHOD && is_token_char(*llhttp_get_error_pos(&parser_))) ||
      reason == "Invalid method for HTTP/x.x request") {
    return fail(501, "unknown method");
  }
  // "Invalid HTTP version" is llhttp's word for a well-formed version that it does not know.
  const bool version =
      error == HPE_PAUSED_H2_UPGRADE || (error == HPE_INVALID_VERSION && reason == "Invalid HTTP version");
  return fail(version ? 505 : 400, std::string(reason));
}

}  // namespace wire::http1
