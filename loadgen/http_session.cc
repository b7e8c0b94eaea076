#include "loadgen/http_session.h"

#include <charconv>
#include <string>
#include <utility>

namespace loadgen {

namespace http1 = wire::http1;

// The host may have failed the session by itself: its links are gone, whatever link_ says.
void HttpSession::start() {
  link_ = nullptr;
  on_start();
  open();
}

void HttpSession::open() {
  drop_connection();                       // resets the parser, which a failure inside one of its callbacks could not do
  link_ = &host_.open();
}

void HttpSession::drop_connection() {
  if (link_ != nullptr) link_->close();
  link_ = nullptr;
  waiting_ = false;
  parser_.reset();
}

void HttpSession::send(Bytes method, Bytes route, Bytes query, Bytes headers) {
  thread_local std::string request;
  request.assign(method).append(" ").append(plan_.base_path).append(route).append("?topic=").append(topic_).append(query);
  request.append(" HTTP/1.1\r\nHost: ").append(plan_.authority).append("\r\n").append(headers).append("\r\n");
  SessionCounts& counts = host_.counts();
  counts.sent.http += request.size();
  ++counts.requests;
  waiting_ = true;
  link_->send(Bytes(request));
}

void HttpSession::fail(Failure kind, std::string_view detail) {
  link_ = nullptr;                         // the host closes it
  waiting_ = false;
  host_.fail(kind, detail);
}

void HttpSession::restart() {
  link_ = nullptr;
  waiting_ = false;
  host_.restart();
}

void HttpSession::on_bytes(Link& link, Bytes bytes) {
  while (!bytes.empty() && &link == link_) {
    std::size_t consumed = 0;
    const http1::Parsed parsed = parser_.feed(bytes, consumed, *this);
    if (&link != link_) return;            // a callback let go of this connection
    if (parsed == http1::Parsed::kError) {
      fail(Failure::kProtocol, "bad HTTP answer: " + parser_.error_text());
      return;
    }
    if (parsed == http1::Parsed::kNeedMore) return;
    bytes.remove_prefix(consumed);
    parser_.reset();
    waiting_ = false;
    if (!keep_alive_) drop_connection();
    on_answer_end();
    if (!bytes.empty() && &link == link_ && !waiting_) {
      fail(Failure::kProtocol, "bytes that no request asked for");
      return;
    }
  }
}

void HttpSession::on_head(const http1::Response& response) {
  if (link_ == nullptr) return;
  host_.counts().received.http += parser_.head_bytes();
  keep_alive_ = response.keep_alive;
  if (response.status != 200 && !takes(response.status)) {
    fail(Failure::kStatus, "HTTP " + std::to_string(response.status) + " " + std::string(response.reason));
    return;
  }
  on_answer(response);
}

void HttpSession::on_body(Bytes piece) {
  if (link_ != nullptr) on_piece(piece);
}

void HttpSession::on_end() {}              // on_bytes() acts after the parser has returned

void HttpSession::on_close(Link& link) {
  if (&link != link_) return;
  if (!parser_.mid_message()) {
    link_ = nullptr;
    const bool waiting = std::exchange(waiting_, false);
    parser_.reset();
    on_idle_close(waiting);
    return;
  }
  if (!parser_.finish(*this)) {
    fail(Failure::kClosed, "the server closed the connection in the middle of an answer");
    return;
  }
  link_ = nullptr;                         // the close was the answer's end
  waiting_ = false;
  parser_.reset();
  on_answer_end();
}

bool HttpSession::read_number(const http1::Response& response, Bytes header, std::uint64_t& number) {
  const Bytes text = response.header(header);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

}  // namespace loadgen
