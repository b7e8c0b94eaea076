#include "loadgen/clients/engineio_polling.h"

#include <utility>

namespace loadgen {

using wire::engineio::kSeparator;

namespace {
constexpr std::size_t kMostUnsent = std::size_t{1} << 20;  // bytes that may wait for the answer to a POST

// Of a packet as it is sent: base64 makes a binary message a third longer, JSON may write a byte as six.
std::size_t largest_packet(const SessionConfig& plan) {
  return plan.max_message * 6 + 1024;
}
}  // namespace

EnginePolling::EnginePolling(Host& host, const SessionConfig& plan, const std::string& route, const std::string& topic,
                             Handler& handler)
    : handler_(handler),
      route_(route),
      topic_(topic),
      get_(host, plan, *this),
      post_(host, plan, *this),
      parser_(largest_packet(plan)) {}

void EnginePolling::open(std::string query) {
  query_ = std::move(query);
  poll();
}

void EnginePolling::begin(std::string query, std::size_t max_payload) {
  query_ = std::move(query);
  max_payload_ = max_payload;
  begun_ = true;
}

void EnginePolling::poll() {
  parser_.reset();
  fed_ = false;
  get_.ask({.route = route_, .topic = topic_, .query = query_, .headers = "Accept: */*\r\n", .method = "GET"});
}

void EnginePolling::send(Bytes packet) {
  if (unsent_.size() > kMostUnsent)
    return handler_.on_polling_failed(Failure::kTimeout, "the server does not answer what is posted");
  unsent_.append(packet).append(1, kSeparator);
  post();
}

bool EnginePolling::send_pong(Bytes packet) {
  const bool first = pong_.empty();
  pong_.assign(packet).append(1, kSeparator);
  post();
  return first;
}

std::string EnginePolling::take_unsent() {
  return std::exchange(pong_, std::string()) + std::exchange(unsent_, std::string());
}

// As many packets as the server takes in one body; a longer one goes alone, for the server to refuse.
void EnginePolling::post() {
  if (paused_ || post_.busy()) return;
  unsent_.insert(0, std::exchange(pong_, std::string()));
  if (unsent_.empty()) return;
  std::size_t size = unsent_.size();
  if (max_payload_ > 0 && size - 1 > max_payload_) {
    const std::size_t last = unsent_.rfind(kSeparator, max_payload_);
    size = (last == std::string::npos ? unsent_.find(kSeparator) : last) + 1;
  }
  post_.ask({.route = route_,
             .topic = topic_,
             .query = query_,
             .headers = "Accept: */*\r\nContent-Type: text/plain;charset=UTF-8\r\n",
             .method = "POST",
             .body = Bytes(unsent_).substr(0, size - 1)});
  size == unsent_.size() ? unsent_.clear() : static_cast<void>(unsent_.erase(0, size));
}

void EnginePolling::pause() {
  paused_ = true;
  tell_when_quiet();
}

void EnginePolling::resume() {
  paused_ = false;
  if (!get_.busy()) poll();
  post();
}

void EnginePolling::tell_when_quiet() {
  if (paused_ && !get_.busy() && !post_.busy()) handler_.on_paused();
}

void EnginePolling::close() {
  closed_ = true;
  get_.close();
  post_.close();
}

void EnginePolling::detach() {
  closed_ = true;
  get_.detach();
  post_.detach();
}

bool EnginePolling::on_open(Link& link) {
  HttpLink* const mine = get_.is(link) ? &get_ : post_.is(link) ? &post_ : nullptr;
  if (mine != nullptr) mine->on_open();
  return mine != nullptr;
}

bool EnginePolling::on_bytes(Link& link, Bytes bytes) {
  if (post_.is(link)) {
    post_.on_bytes(bytes);
    return true;
  }
  if (!get_.is(link)) return false;
  get_.on_bytes(bytes);
  feed_held();
  return true;
}

bool EnginePolling::on_close(Link& link) {
  HttpLink* const mine = get_.is(link) ? &get_ : post_.is(link) ? &post_ : nullptr;
  if (mine != nullptr) mine->on_close();
  return mine != nullptr;
}

// A payload that one read brings whole, which is the common case, is taken without a copy: a piece waits for what
// follows it until the read is over.
void EnginePolling::on_piece(HttpLink& from, Bytes piece) {
  if (&from == &post_) return;  // "ok"
  feed_held();
  held_ = piece;
}

void EnginePolling::feed_held() {
  const Bytes piece = std::exchange(held_, Bytes());
  if (piece.empty() || closed_) return;
  fed_ = true;
  check(parser_.feed(piece, *this));
}

void EnginePolling::end_payload() {
  if (!fed_) return check(parser_.take_whole(std::exchange(held_, Bytes()), *this));
  feed_held();
  if (!closed_) check(parser_.finish(*this));
}

void EnginePolling::on_packet(const wire::engineio::Packet& packet) {
  handler_.on_polled_packet(packet);
  if (closed_) parser_.stop();
}

void EnginePolling::check(const char* validate) {
  if (validate != nullptr) handler_.on_polling_failed(Failure::kProtocol, "a payload with " + std::string(validate));
}

void EnginePolling::on_answer(HttpLink& from) {
  if (&from == &get_) {
    end_payload();
    if (begun_ && !paused_ && !closed_) poll();
  }
  if (closed_) return;
  post();
  tell_when_quiet();
}

void EnginePolling::on_request_failed(HttpLink&, Failure kind, std::string_view detail) {
  handler_.on_polling_failed(kind, detail);
}

}  // namespace loadgen
