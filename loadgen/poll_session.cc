#include "loadgen/poll_session.h"

#include <charconv>
#include <string>

namespace loadgen {

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
  if (knows_cursor_) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, cursor_).ptr;
    query.append("&after=").append(digits, end).append(hold_query());
  } else {
    query.append(priming_query());
  }
  messages_ = 0;
  splitter_.reset();
  request(query, headers());
}

// Whoever has no tag yet sends an empty one, which no answer has: the server learns that tags are wanted. Nor does the
// tag of an answer hold that broke off before its last message: it would be answered with 304.
Bytes PollSession::headers() const {
  thread_local std::string headers;
  headers.clear();
  if (conditional())
    headers.append("If-None-Match: ").append(tag_.empty() || cursor_ != answer_cursor_ ? "\"\"" : tag_).append("\r\n");
  if (!keep_alive_) headers.append("Connection: close\r\n");
  return headers;
}

void PollSession::on_answer(const wire::http1::Response& response) {
  fresh_ = false;
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
  knows_cursor_ = true;
  cursor_ = answer_cursor_;
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
