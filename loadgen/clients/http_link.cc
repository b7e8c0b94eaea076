#include "loadgen/clients/http_link.h"

#include <utility>

namespace loadgen {

namespace http1 = wire::http1;

namespace {
constexpr std::size_t kToldOfARefusal = 160;  // bytes of its body
}

void HttpLink::ask(const RequestText& request) {
  thread_local std::string text;
  text.clear();
  append_request(text, plan_, request);
  busy_ = true;
  ++host_.counts().requests;
  host_.counts().sent.http += text.size() - request.body.size();
  if (open_) return send(text);
  unsent_ = text;
  if (link_ == nullptr) link_ = &host_.open();
}

void HttpLink::send(Bytes request) {
  parser_.reset();
  link_->send(request);
}

void HttpLink::close() {
  if (link_ != nullptr) link_->close();
  detach();
}

void HttpLink::detach() {
  link_ = nullptr;
  open_ = busy_ = false;
  unsent_ = std::string();
  refusal_ = std::string();
}

void HttpLink::on_open() {
  open_ = true;
  if (!unsent_.empty()) send(std::exchange(unsent_, std::string()));
}

void HttpLink::on_bytes(Bytes bytes) {
  const Link* link = link_;
  while (!bytes.empty() && link_ == link) {
    std::size_t consumed = 0;
    const http1::Parsed parsed = busy_ ? parser_.feed(bytes, consumed, *this) : http1::Parsed::kError;
    if (link_ != link) return;  // a callback let go of this connection
    if (!busy_) return fail(Failure::kProtocol, "bytes that no request asked for");
    if (parsed == http1::Parsed::kError) return fail(Failure::kProtocol, "bad HTTP answer: " + parser_.error_text());
    if (parsed == http1::Parsed::kNeedMore) return;
    bytes.remove_prefix(consumed);
    if (!refusal_.empty()) return fail_with_status();
    busy_ = false;
    if (!keep_alive_) close();
    handler_.on_answer(*this);
  }
}

void HttpLink::on_head(const http1::Response& response) {
  host_.counts().received.http += parser_.head_bytes();
  keep_alive_ = response.keep_alive;
  if (response.status != 200) refusal_ = "HTTP " + std::to_string(response.status) + " " + std::string(response.reason);
}

void HttpLink::on_body(Bytes piece) {
  if (link_ == nullptr) return;
  if (refusal_.empty()) return handler_.on_piece(*this, piece);
  refusal_.append(": ").append(piece.substr(0, kToldOfARefusal));
  fail_with_status();
}

void HttpLink::on_close() {
  link_ = nullptr;
  if (!busy_) return detach();  // a server may end an idle connection whenever it likes
  if (!refusal_.empty()) return fail_with_status();
  if (!parser_.mid_message()) return fail(Failure::kClosed, "the server closed the connection before it answered");
  if (!parser_.finish(*this))
    return fail(Failure::kClosed, "the server closed the connection in the middle of an answer");
  detach();  // the close was the answer's end
  handler_.on_answer(*this);
}

void HttpLink::fail_with_status() {
  fail(Failure::kStatus, std::string(refusal_));
}

void HttpLink::fail(Failure kind, std::string_view detail) {
  const std::string text(detail);
  close();
  handler_.on_request_failed(*this, kind, text);
}

}  // namespace loadgen
