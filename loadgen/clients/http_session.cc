#include "loadgen/clients/http_session.h"

#include <charconv>
#include <string>
#include <utility>

#include "loadgen/clients/request.h"
#include "wire/text.h"
#include "wire/url.h"

namespace loadgen {

namespace http1 = wire::http1;

namespace {

constexpr int kMaxRedirects = 20;  // Fetch standard, HTTP-redirect fetch

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

struct HttpSession::Redirect {
  wire::Url url;
  int count = 0;  // in a row
  bool redirect_target = false;
  bool as_get = false;
  bool pending = false;  // its connection is to be opened once the parser has returned
  Destination destination() const { return {url.authority, url.target, redirect_target, as_get}; }
};

HttpSession::HttpSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route)
    : host_(host), plan_(plan), topic_(topic), route_(route) {}

HttpSession::~HttpSession() = default;

// The host may have failed the session by itself: its links are gone, whatever link_ says.
void HttpSession::start() {
  link_ = nullptr;
  on_start();
  open();
}

void HttpSession::open() {
  drop_connection();  // resets the parser, which a failure inside one of its callbacks could not do
  redirect_.reset();  // as browsers do: every attempt begins at the original URL
  link_ = &host_.open();
}

void HttpSession::open_redirected() {
  drop_connection();
  redirect_->pending = false;
  link_ = redirect_->redirect_target ? &host_.open_at(redirect_->url) : &host_.open();
}

void HttpSession::drop_connection() {
  if (link_ != nullptr) link_->close();
  link_ = nullptr;
  waiting_ = false;
  parser_.reset();
}

void HttpSession::request(Bytes query, Bytes headers, Bytes method, Bytes body) {
  thread_local std::string text;
  text.clear();
  const RequestText parts{
      .route = route_, .topic = topic_, .query = query, .headers = headers, .method = method, .body = body};
  if (redirect_ != nullptr) {
    const Destination destination = redirect_->destination();
    append_request(text, plan_, parts, &destination);
  } else {
    append_request(text, plan_, parts);
  }
  SessionCounts& counts = host_.counts();
  counts.sent.http += text.find("\r\n\r\n") + 4;
  ++counts.requests;
  posted_ = text.starts_with("POST ");
  waiting_ = true;
  link_->send(Bytes(text));
}

void HttpSession::fail(Failure kind, std::string_view detail) {
  link_ = nullptr;  // the host closes it
  waiting_ = false;
  host_.fail(kind, detail);
}

void HttpSession::give_up(Failure kind, std::string_view detail) {
  link_ = nullptr;
  waiting_ = false;
  host_.give_up(kind, detail);
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
    if (&link != link_) {  // a callback let go of this connection
      if (redirect_ != nullptr && redirect_->pending) open_redirected();
      return;
    }
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
  if (is_redirect(response.status) && follow(response)) return;
  if (response.status != 200 && !takes(response.status)) {
    refuse(Failure::kStatus, "HTTP " + std::to_string(response.status) + " " + std::string(response.reason));
    return;
  }
  if (redirect_ != nullptr) redirect_->count = 0;
  on_answer(response);
}

// false when the answer names no place to go. The body of a redirect is not read: the request is repeated on a
// connection of its own.
bool HttpSession::follow(const http1::Response& response) {
  const Bytes location = response.header("Location");
  if (location.empty()) return false;
  std::string target = plan_.target.empty() ? plan_.base_path + std::string(route_) : "";
  append_path(target, plan_.target, topic_);
  const auto home = wire::parse_url((plan_.secure ? "https://" : "http://") + plan_.authority + target);
  if (!home) return false;
  const wire::Url& base = redirect_ != nullptr ? redirect_->url : home.value.value();
  const auto url = wire::resolve_url(base, location);
  if (!url || !url.value->scheme.starts_with("http")) {
    refuse(Failure::kProtocol, "redirected to '" + std::string(location) + "', which cannot be followed");
    return true;
  }
  const int count = redirect_ != nullptr ? redirect_->count + 1 : 1;
  if (count > kMaxRedirects) {
    refuse(Failure::kProtocol, "redirected more than " + std::to_string(kMaxRedirects) + " times");
    return true;
  }
  const bool was_get = redirect_ != nullptr && redirect_->as_get;
  const bool get = response.status == 303 || ((response.status == 301 || response.status == 302) && posted_);
  const bool redirect_target = url.value->scheme != home.value->scheme ||
                               !wire::equal_ignoring_case(url.value->host_port(), home.value->host_port());
  redirect_ = std::make_unique<Redirect>(Redirect{*url.value, count, redirect_target, was_get || get, true});
  std::exchange(link_, nullptr)->close();
  waiting_ = false;
  return true;
}

void HttpSession::on_body(Bytes piece) {
  if (link_ != nullptr) on_piece(piece);
}

void HttpSession::on_end() {}  // on_bytes() acts after the parser has returned

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
  if (link.truncated()) {
    fail(Failure::kTls, "an answer that lasts until the connection ends, ended without TLS's close_notify");
    return;
  }
  link_ = nullptr;  // the close was the answer's end
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
