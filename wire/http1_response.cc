#include <vector>

#include "wire/http1.h"

namespace wire::http1 {

// Heads waiting to be used, a thread: a parser needs one only while it reads a head.
struct ResponseParser::HeadPool {
  static constexpr std::size_t kKept = 64;

  static HeadPool& mine() {
    thread_local HeadPool pool;
    return pool;
  }
  std::unique_ptr<detail::Head> take() {
    if (heads.empty()) return std::make_unique<detail::Head>();
    std::unique_ptr<detail::Head> head = std::move(heads.back());
    heads.pop_back();
    head->begin();
    return head;
  }
  void give_back(std::unique_ptr<detail::Head> head) {
    head->shrink();
    if (heads.size() < kKept) heads.push_back(std::move(head));
  }

  std::vector<std::unique_ptr<detail::Head>> heads;
};

struct ResponseParser::Callbacks {
  static ResponseParser& self(llhttp_t* parser) { return *static_cast<ResponseParser*>(parser->data); }

  static int on_status(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_->add_first(at, length);
    return 0;
  }
  // Without a head these are trailers: nobody asks for them.
  static int on_header_field(llhttp_t* parser, const char* at, std::size_t length) {
    if (detail::Head* head = self(parser).head_.get()) head->add_name(at, length);
    return 0;
  }
  static int on_header_field_complete(llhttp_t* parser) {
    if (detail::Head* head = self(parser).head_.get()) head->end_name();
    return 0;
  }
  static int on_header_value(llhttp_t* parser, const char* at, std::size_t length) {
    if (detail::Head* head = self(parser).head_.get()) head->add_value(at, length);
    return 0;
  }
  static int on_headers_complete(llhttp_t*) { return HPE_PAUSED; }
  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).handler_->on_body(Bytes(at, length));
    return 0;
  }
  static int on_message_complete(llhttp_t*) { return HPE_PAUSED; }

  static constexpr llhttp_settings_t make_settings() {
    llhttp_settings_t settings{};
    settings.on_status = on_status;
    settings.on_header_field = on_header_field;
    settings.on_header_field_complete = on_header_field_complete;
    settings.on_header_value = on_header_value;
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    return settings;
  }
};

ResponseParser::ResponseParser(std::size_t max_head) : max_head_(max_head) {
  begin();
}

ResponseParser::~ResponseParser() = default;

void ResponseParser::reset() {
  begin();
  head_bytes_ = 0;
  error_text_.clear();
  failed_ = no_body_ = false;
}

void ResponseParser::begin() {
  static constexpr llhttp_settings_t kSettings = Callbacks::make_settings();
  llhttp_init(&parser_, HTTP_RESPONSE, &kSettings);
  parser_.data = this;
  head_.reset();
  started_ = head_done_ = complete_ = until_close_ = upgraded_ = false;
}

Parsed ResponseParser::feed(Bytes bytes, std::size_t& consumed, Handler& handler) {
  if (failed_) return Parsed::kError;
  if (bytes.empty()) return Parsed::kNeedMore;
  if (complete_) begin();
  if (!started_) {
    started_ = true;
    head_bytes_ = 0;
  }
  std::size_t used = 0;
  Parsed parsed = Parsed::kNeedMore;
  while (parsed == Parsed::kNeedMore && used < bytes.size()) {
    parsed = head_done_ ? read_body(bytes, used, handler) : read_head(bytes, used, handler);
  }
  consumed += used;
  // The last act: the handler may feed or destroy the parser.
  if (parsed == Parsed::kComplete && !upgraded_) handler.on_end();
  return parsed;
}

// Offers llhttp one byte more than the limit allows at most, so that what is refused does not depend on how the stream
// is cut.
Parsed ResponseParser::read_head(Bytes bytes, std::size_t& used, Handler& handler) {
  if (head_ == nullptr) head_ = HeadPool::mine().take();
  const Bytes piece = bytes.substr(used, max_head_ + 1 - head_->size());
  head_->set_piece(piece);
  const llhttp_errno_t error = llhttp_execute(&parser_, piece.data(), piece.size());
  if (error != HPE_OK && error != HPE_PAUSED) return fail(llhttp_get_error_reason(&parser_));
  const bool whole = error == HPE_PAUSED;
  const std::size_t length =
      whole ? static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - piece.data()) : piece.size();
  head_->end_piece(length, whole);
  used += length;
  if (head_->size() > max_head_) return fail("response head too large");
  if (!whole) return Parsed::kNeedMore;
  return end_head(handler);
}

Parsed ResponseParser::end_head(Handler& handler) {
  std::unique_ptr<detail::Head> head = std::move(head_);
  head_bytes_ += head->size();
  const int status = parser_.status_code;
  Response response{.status = status,
                    .reason = head->first(),
                    .version_minor = parser_.http_minor,
                    .headers = head->headers(),
                    .keep_alive = false,
                    .upgrade = status == 101};
  const char* defect = head->defect();
  if (defect == nullptr) defect = check_head(response);
  if (defect != nullptr) return fail(defect);
  if (status < 200 && status != 101) {
    HeadPool::mine().give_back(std::move(head));
    begin();
    started_ = true;
    return Parsed::kNeedMore;
  }
  const bool no_body = no_body_ || status == 101 || status == 204 || status == 304;
  if (no_body) parser_.flags |= F_SKIPBODY;
  head_done_ = true;
  until_close_ = llhttp_message_needs_eof(&parser_) != 0;
  response.keep_alive = llhttp_should_keep_alive(&parser_) != 0;
  upgraded_ = response.upgrade;
  const bool empty = no_body || (!until_close_ && (parser_.flags & F_CHUNKED) == 0 && parser_.content_length == 0);
  handler.on_head(response);
  HeadPool::mine().give_back(std::move(head));
  if (empty) return end();
  llhttp_resume(&parser_);
  return Parsed::kNeedMore;
}

// What llhttp lets pass: versions and codes that are none, transfer codings that only the peer knows.
const char* ResponseParser::check_head(const Response& response) const {
  if (parser_.http_major != 1) return "not an HTTP/1.x response";
  if (response.status < 100) return "malformed status code";
  if ((parser_.flags & F_TRANSFER_ENCODING) != 0 &&
      (!equal_ignoring_case(response.header("Transfer-Encoding"), "chunked") ||
       count_headers(response.headers, "Transfer-Encoding") != 1)) {
    return "unsupported Transfer-Encoding";
  }
  return nullptr;
}

Parsed ResponseParser::read_body(Bytes bytes, std::size_t& used, Handler& handler) {
  handler_ = &handler;
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data() + used, bytes.size() - used);
  handler_ = nullptr;
  if (error == HPE_OK) {
    used = bytes.size();
    return Parsed::kNeedMore;
  }
  if (error != HPE_PAUSED) return fail(llhttp_get_error_reason(&parser_));
  used = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
  return end();
}

bool ResponseParser::finish(Handler& handler) {
  const bool completes = started_ && head_done_ && until_close_;
  if (!completes) return false;
  end();
  handler.on_end();
  return true;
}

Parsed ResponseParser::end() {
  started_ = no_body_ = false;
  complete_ = true;
  return Parsed::kComplete;
}

Parsed ResponseParser::fail(const char* text) {
  error_text_ = text;
  failed_ = true;
  started_ = false;
  head_.reset();
  return Parsed::kError;
}

}  // namespace wire::http1
