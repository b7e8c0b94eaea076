#include "wire/http1/response.h"

#include <vector>

#include "wire/http1/callbacks.h"
#include "wire/text.h"

namespace wire::http1 {

struct ResponseParser::Work {
  llhttp_t machine;
  std::unique_ptr<detail::Head> head;  // only while a head is incomplete
  Handler* handler = nullptr;          // during feed()
  const char* error = "";
};

// What a parser needs only for a while, one pool a thread.
struct ResponseParser::Pool {
  static constexpr std::size_t kKept = 64;

  static Pool& mine() {
    thread_local Pool pool;
    return pool;
  }
  std::unique_ptr<detail::Head> take_head() {
    auto head = take(heads);
    head->begin();
    return head;
  }
  void give_back(std::unique_ptr<detail::Head> head) {
    head->shrink();
    if (heads.size() < kKept) heads.push_back(std::move(head));
  }
  std::unique_ptr<Work> take_work() { return take(works); }
  void give_back(std::unique_ptr<Work> work) {
    work->head.reset();
    work->error = "";
    if (works.size() < kKept) works.push_back(std::move(work));
  }
  template <typename T>
  static std::unique_ptr<T> take(std::vector<std::unique_ptr<T>>& from) {
    if (from.empty()) return std::make_unique<T>();
    std::unique_ptr<T> taken = std::move(from.back());
    from.pop_back();
    return taken;
  }

  std::vector<std::unique_ptr<detail::Head>> heads;
  std::vector<std::unique_ptr<Work>> works;
  llhttp_t between_chunks{};  // the state that every machine is in after a chunk
};

struct ResponseParser::Callbacks : detail::HeadCallbacks<Callbacks> {
  static ResponseParser& self(llhttp_t* parser) { return *static_cast<ResponseParser*>(parser->data); }

  static detail::Head* open_head(llhttp_t* parser) { return self(parser).work_->head.get(); }
  static int on_header(llhttp_t*, std::size_t) { return 0; }
  static int on_trailer(llhttp_t*, std::size_t) { return 0; }  // nobody asks for them
  static int on_chunk_header(llhttp_t* parser) {
    self(parser).between_chunks_ = false;
    return 0;
  }
  static int on_body(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).work_->handler->on_body(Bytes(at, length));
    return 0;
  }
  static int on_chunk_complete(llhttp_t* parser) {
    self(parser).between_chunks_ = true;
    return 0;
  }

  static constexpr llhttp_settings_t make_settings() {
    llhttp_settings_t settings = HeadCallbacks::make_settings();
    settings.on_chunk_header = on_chunk_header;
    settings.on_body = on_body;
    settings.on_chunk_complete = on_chunk_complete;
    return settings;
  }
};

ResponseParser::ResponseParser(std::uint32_t max_head) : max_head_(max_head) {}

ResponseParser::~ResponseParser() {
  release_work();
}

void ResponseParser::hold_work() {
  if (work_ != nullptr) return;
  Pool& pool = Pool::mine();
  work_ = pool.take_work();
  llhttp_t& machine = work_->machine;
  if (between_chunks_) {
    machine = pool.between_chunks;
    machine.flags = flags_;
  } else {
    static constexpr llhttp_settings_t kSettings = Callbacks::make_settings();
    llhttp_init(&machine, HTTP_RESPONSE, &kSettings);
  }
  machine.data = this;
}

void ResponseParser::release_work() {
  if (work_ != nullptr) Pool::mine().give_back(std::move(work_));
}

std::string ResponseParser::error_text() const {
  return failed_ ? work_->error : "";
}

void ResponseParser::reset() {
  begin();
  head_bytes_ = 0;
  failed_ = no_body_ = false;
}

void ResponseParser::begin() {
  release_work();
  between_chunks_ = started_ = head_done_ = complete_ = until_close_ = upgraded_ = false;
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
  if (parsed == Parsed::kNeedMore && between_chunks_) wait_for_chunk();
  // The last act: the handler may feed or destroy the parser.
  if (parsed == Parsed::kComplete && !upgraded_) handler.on_end();
  return parsed;
}

// Offers llhttp one byte more than the limit allows at most, so that what is refused does not depend on how the stream
// is cut.
Parsed ResponseParser::read_head(Bytes bytes, std::size_t& used, Handler& handler) {
  hold_work();
  if (work_->head == nullptr) work_->head = Pool::mine().take_head();
  llhttp_t& machine = work_->machine;
  detail::Head& head = *work_->head;
  const Bytes piece = bytes.substr(used, max_head_ + 1 - head.size());
  head.set_piece(piece);
  const llhttp_errno_t error = llhttp_execute(&machine, piece.data(), piece.size());
  if (error != HPE_OK && error != HPE_PAUSED) return fail(llhttp_get_error_reason(&machine));
  const bool whole = error == HPE_PAUSED;
  const std::size_t length =
      whole ? static_cast<std::size_t>(llhttp_get_error_pos(&machine) - piece.data()) : piece.size();
  head.end_piece(length, whole);
  used += length;
  if (head.size() > max_head_) return fail("response head too large");
  if (!whole) return Parsed::kNeedMore;
  return end_head(handler);
}

Parsed ResponseParser::end_head(Handler& handler) {
  llhttp_t& machine = work_->machine;
  std::unique_ptr<detail::Head> head = std::move(work_->head);
  head_bytes_ += static_cast<std::uint32_t>(head->size());
  const int status = machine.status_code;
  Response response{.status = status,
                    .reason = head->first(),
                    .version_minor = machine.http_minor,
                    .headers = head->headers(),
                    .keep_alive = false,
                    .upgrade = status == 101};
  const char* defect = head->defect();
  if (defect == nullptr) defect = check_head(response);
  if (defect != nullptr) return fail(defect);
  if (status < 200 && status != 101) {
    Pool::mine().give_back(std::move(head));
    begin();
    started_ = true;
    return Parsed::kNeedMore;
  }
  const bool no_body = no_body_ || status == 101 || status == 204 || status == 304;
  if (no_body) machine.flags |= F_SKIPBODY;
  head_done_ = true;
  until_close_ = llhttp_message_needs_eof(&machine) != 0;
  response.keep_alive = llhttp_should_keep_alive(&machine) != 0;
  upgraded_ = response.upgrade;
  const bool empty = no_body || (!until_close_ && (machine.flags & F_CHUNKED) == 0 && machine.content_length == 0);
  handler.on_head(response);
  Pool::mine().give_back(std::move(head));
  if (empty) return end();
  llhttp_resume(&machine);
  // Without a byte it goes on to where it stands between two chunks, too.
  between_chunks_ = (machine.flags & F_CHUNKED) != 0 && llhttp_execute(&machine, "", 0) == HPE_OK;
  return Parsed::kNeedMore;
}

// What llhttp lets pass: versions and codes that are none, transfer codings that only the peer knows.
const char* ResponseParser::check_head(const Response& response) const {
  if (work_->machine.http_major != 1) return "not an HTTP/1.x response";
  if (response.status < 100) return "malformed status code";
  if ((work_->machine.flags & F_TRANSFER_ENCODING) != 0 &&
      (!equal_ignoring_case(response.header("Transfer-Encoding"), "chunked") ||
       count_headers(response.headers, "Transfer-Encoding") != 1)) {
    return "unsupported Transfer-Encoding";
  }
  return nullptr;
}

Parsed ResponseParser::read_body(Bytes bytes, std::size_t& used, Handler& handler) {
  hold_work();
  between_chunks_ = false;
  llhttp_t& machine = work_->machine;
  work_->handler = &handler;
  const llhttp_errno_t error = llhttp_execute(&machine, bytes.data() + used, bytes.size() - used);
  work_->handler = nullptr;
  if (error == HPE_OK) {
    used = bytes.size();
    // The line of a next chunk's size that has begun does not end with a line feed; one that is complete is a header.
    between_chunks_ = between_chunks_ && bytes.back() == '\n';
    return Parsed::kNeedMore;
  }
  if (error != HPE_PAUSED) return fail(llhttp_get_error_reason(&machine));
  used = static_cast<std::size_t>(llhttp_get_error_pos(&machine) - bytes.data());
  return end();
}

void ResponseParser::wait_for_chunk() {
  flags_ = work_->machine.flags;
  Pool::mine().between_chunks = work_->machine;
  release_work();
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
  release_work();
  return Parsed::kComplete;
}

Parsed ResponseParser::fail(const char* text) {
  work_->error = text;
  failed_ = true;
  started_ = false;
  work_->head.reset();
  return Parsed::kError;
}

}  // namespace wire::http1
