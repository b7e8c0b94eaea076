#include "loadgen/clients/poll_session.h"

#include <charconv>
#include <string>

namespace loadgen {

// Of the last whole answer, and of the one in hand.
struct PollSession::Validators {
  struct Pair {
    std::string tag;       // ETag, as it was sent
    std::string modified;  // Last-Modified
  };
  Pair last;
  Pair next;
  std::string body;               // of a message that did not come in one piece
  std::uint64_t body_length = 0;  // by Content-Length; 0: unknown
};

PollSession::PollSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route,
                         bool keep_alive, Resume resume)
    : HttpSession(host, plan, topic, route),
      validators_(resume == Resume::kValidators ? std::make_unique<Validators>() : nullptr),
      splitter_(plan.max_message),
      keep_alive_(keep_alive) {}

PollSession::~PollSession() = default;

void PollSession::on_open(Link&) {
  fresh_ = true;
  send_request();
}

void PollSession::ask() {
  if (connected()) {
    send_request();
  } else {
    open();
  }
}

void PollSession::send_request() {
  thread_local std::string query;
  query.clear();
  if (validators_ != nullptr) {
    validators_->body.clear();
  } else if (knows_cursor_) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, cursor_).ptr;
    query.append("&after=").append(digits, end).append(hold_query());
  } else {
    query.append(priming_query());
  }
  messages_ = 0;
  splitter_.reset();
  request(query, headers());
  // Such a server answers nothing before its first message: whoever has asked counts as subscribed.
  if (validators_ != nullptr) host_.subscribed();
  on_asked(knows_cursor_ || validators_ != nullptr);
}

// Whoever has no tag yet sends an empty one, which no answer has: the server learns that tags are wanted. Nor does the
// tag of an answer hold that broke off before its last message: it would be answered with 304.
Bytes PollSession::headers() const {
  thread_local std::string headers;
  headers.clear();
  if (conditional())
    headers.append("If-None-Match: ").append(tag_.empty() || cursor_ != answer_cursor_ ? "\"\"" : tag_).append("\r\n");
  if (validators_ != nullptr) append_validators(headers);
  if (!keep_alive_) headers.append("Connection: close\r\n");
  return headers;
}

void PollSession::append_validators(std::string& headers) const {
  const Validators::Pair& last = validators_->last;
  if (!last.tag.empty()) headers.append("If-None-Match: ").append(last.tag).append("\r\n");
  if (!last.modified.empty()) headers.append("If-Modified-Since: ").append(last.modified).append("\r\n");
}

// 408 is how nchan says that its hold is over.
bool PollSession::takes(int status) const {
  if (validators_ != nullptr) return status == 204 || status == 304 || status == 408;
  return status == 204 || (status == 304 && conditional());
}

void PollSession::take_validators(const wire::http1::Response& response) {
  Validators& validators = *validators_;
  validators.next = validators.last;
  if (response.status != 200) return;
  validators.next.tag = response.header("ETag");
  validators.next.modified = response.header("Last-Modified");
  if (!read_number(response, "Content-Length", validators.body_length)) validators.body_length = 0;
  if (validators.next.tag.empty() && validators.next.modified.empty())
    fail(Failure::kProtocol, "the answer has neither ETag nor Last-Modified to ask for the next message with");
}

// A message in one piece, as nearly every one is, is not copied.
void PollSession::on_piece(Bytes piece) {
  if (validators_ == nullptr) {
    splitter_.feed(piece, *this);
  } else if (validators_->body.empty() && piece.size() == validators_->body_length) {
    on_message(piece);
  } else if (validators_->body.size() + piece.size() > plan_.max_message) {
    fail(Failure::kTooLarge, "an answer is larger than a message may be");
  } else {
    validators_->body.append(piece);
  }
}

void PollSession::on_answer(const wire::http1::Response& response) {
  fresh_ = false;
  if (validators_ != nullptr) return take_validators(response);
  if (conditional()) tag_ = response.header("ETag");
  if (!read_number(response, "Pushbench-Cursor", answer_cursor_)) {
    fail(Failure::kProtocol, "the answer has no Pushbench-Cursor header");
  }
}

void PollSession::on_message(Bytes payload) {
  ++messages_;
  ++cursor_;  // line by line: an answer that is cut short is asked for again from here
  host_.deliver(payload);
}

void PollSession::on_gap(wire::lines::Gap gap) {
  host_.counts().gap_messages += gap.last - gap.first + 1;
  cursor_ = gap.last;
}

void PollSession::on_answer_end() {
  if (splitter_.mid_line()) {
    fail(Failure::kProtocol, "the answer ends inside a line");
    return;
  }
  if (validators_ != nullptr) {
    if (!validators_->body.empty()) on_message(validators_->body);
    std::string().swap(validators_->body);
    std::swap(validators_->last, validators_->next);
  } else {
    knows_cursor_ = true;
    cursor_ = answer_cursor_;
  }
  ++(messages_ == 0 ? host_.counts().empty_answers : host_.counts().full_answers);
  host_.subscribed();
  on_polled();
}

// A server may end an idle connection whenever it likes, also while the next request is on its way (RFC 9112
// section 9.3.1): a GET is repeated on a new one. Only a connection that never answered is a failure.
void PollSession::on_idle_close(bool waiting) {
  if (fresh_) {
    fail(Failure::kClosed, "the server closed the connection before it answered");
  } else if (waiting) {
    open();
  }
}

}  // namespace loadgen
