#include "reference-server/http/connection.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "reference-server/http/connections.h"
#include "reference-server/http/migration.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/http1/request.h"

namespace server {

namespace {

constexpr std::size_t kMaxUnsent =
    std::size_t{256} * 1024;  // answers that may wait in a connection before its next request is read
constexpr std::size_t kMaxKept = std::size_t{64} * 1024;  // pipelined bytes behind a held request before reading pauses
// What a client must send at least once its request has begun: it has the request time-out, and a second more for each
// of these.
constexpr std::uint64_t kBytesPerSecond = 16 * 1024;

}  // namespace

// What a connection keeps while a request is incomplete or waits, and its deadlines.
struct HttpConnection::Reading final : net::Timer::Handler {
  explicit Reading(HttpConnection& connection) : owner(connection) {}
  void on_timer(net::Timer&) override { owner.on_deadline(); }

  HttpConnection& owner;
  std::unique_ptr<wire::http1::RequestParser> parser;  // only while a request is incomplete
  std::unique_ptr<std::string> kept;                   // requests that must wait for the answer in hand
  net::Timer timer;                                    // armed for a time not after `deadline`
  wire::Time deadline = wire::Time::max();  // with a conversation: its on_wake; else the client's time is over
  wire::Time armed{};
  std::uint64_t request_bytes = 0;  // of the incomplete request
  Technique* begun_for = nullptr;   // has been told of the head of the incomplete request
  std::unique_ptr<Migration> migration;
};

HttpConnection::HttpConnection(Connections& connections, net::Tcp::Ptr tcp)
    : connections_(connections), tcp_(std::move(tcp)) {}

HttpConnection::~HttpConnection() = default;

HttpConnection::Reading& HttpConnection::reading() {
  if (reading_ == nullptr) reading_ = std::make_unique<Reading>(*this);
  return *reading_;
}

Context& HttpConnection::context() const {
  return connections_.context();
}

void HttpConnection::start() {
  set_deadline(context().now() + context().options.request_timeout);
  tcp_->start(*this);
}

void HttpConnection::on_bytes(net::Tcp&, Bytes bytes) {
  if (conversation_ != nullptr) {
    pass_on(bytes);
  } else if (waiting_) {
    keep(bytes);
  } else {
    read_requests(bytes);
  }
}

void HttpConnection::pass_on(Bytes bytes) {
  switch (input_) {
    case Input::kConversation:
      try {
        conversation_->on_bytes(*this, bytes);
      } catch (const std::bad_alloc&) {
        return abort();
      }
      if (tcp_ != nullptr && connections_.hold(*this)) pause();
      break;
    case Input::kLater:
      keep(bytes);
      break;
    case Input::kIgnored:
      context().stats.received.http.add(bytes.size());
      break;
  }
}

void HttpConnection::keep(Bytes bytes) {
  Reading& reading = this->reading();
  if (reading.kept == nullptr) reading.kept = std::make_unique<std::string>();
  reading.kept->append(bytes);
  if (reading.kept->size() > kMaxKept) pause();
}

void HttpConnection::pause() {
  if (!std::exchange(paused_, true)) tcp_->pause_reading();
}

// Whoever waits does not read: an end of the peer's that it saw now would come before the requests that are kept.
void HttpConnection::read_requests(Bytes bytes) {
  while (!bytes.empty() && tcp_ != nullptr && conversation_ == nullptr && !migrating()) {
    if (tcp_->unsent_bytes() > kMaxUnsent) {
      waiting_ = true;
      keep(bytes);
      pause();
      connections_.resume_later(*this);
      return;
    }
    try {
      bytes.remove_prefix(read_request(bytes));
    } catch (const std::bad_alloc&) {
      return run_out_of_memory();
    }
    if (tcp_ != nullptr && conversation_ == nullptr && connections_.hold(*this)) {
      waiting_ = true;
      if (!bytes.empty()) keep(bytes);
      pause();
      return;
    }
  }
  if (migrating()) {
    reading_->migration->rest = bytes;
    waiting_ = true;
    pause();
    depart();
  } else if (!bytes.empty() && tcp_ != nullptr) {
    pass_on(bytes);
  }
}

std::size_t HttpConnection::read_request(Bytes bytes) {
  auto begun = std::move(reading().parser);  // a technique that takes over would take it along
  wire::http1::RequestParser& parser = begun != nullptr ? *begun : connections_.parser();
  std::size_t consumed = 0;
  const wire::http1::Parsed parsed = parser.feed(bytes, consumed);
  context().stats.received.http.add(consumed);
  if (parsed == wire::http1::Parsed::kNeedMore) {
    if (parser.mid_message()) wait_for_rest(std::move(begun), consumed);
    return bytes.size();
  }
  reading_->request_bytes = 0;
  if (parsed == wire::http1::Parsed::kComplete) reading_->begun_for = nullptr;
  if (parsed == wire::http1::Parsed::kError) {
    answer_parse_error(parser, bytes.front());
  } else {
    const wire::http1::Request& request = parser.request();
    exchange_ = {
        .keep_alive = request.keep_alive, .http10 = request.version_minor == 0, .head_only = request.method == "HEAD"};
    context().stats.requests.add(1);
    connections_.handler().on_request(*this, request);
  }
  parser.reset();
  if (begun != nullptr) connections_.give_back(std::move(begun));
  return consumed;
}

// The thread's parser stays with this connection until its request is complete.
void HttpConnection::wait_for_rest(std::unique_ptr<wire::http1::RequestParser> begun, std::size_t consumed) {
  Reading& reading = *reading_;
  reading.parser = begun != nullptr ? std::move(begun) : connections_.lend_parser();
  if (reading.request_bytes == 0) reading.deadline = context().now() + context().options.request_timeout;
  const std::uint64_t before = reading.request_bytes;
  reading.request_bytes += consumed;
  set_deadline(reading.deadline +
               std::chrono::seconds(reading.request_bytes / kBytesPerSecond - before / kBytesPerSecond));
  if (reading.parser->take_expect_continue()) send(Bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  if (const wire::http1::Request* head = reading.parser->take_head()) {
    reading.begun_for = connections_.handler().on_request_begin(*this, *head);
  }
}

void HttpConnection::answer_parse_error(const wire::http1::RequestParser& parser, char first) {
  constexpr char kTlsHandshake = 22;  // content type of a ClientHello's record (RFC 8446 section 5.1)
  context().stats.bad_requests.add(1);
  exchange_ = {.keep_alive = false, .http10 = false, .head_only = false};
  if (first == kTlsHandshake) return refuse(*this, context(), 400, "this port speaks plain HTTP, not TLS: use http://");
  refuse(*this, context(), parser.error_status(), parser.error_text());
}

// What was to become of the request is unclear: the connection ends.
void HttpConnection::run_out_of_memory() {
  connections_.parser().reset();
  if (tcp_ == nullptr) return;
  if (conversation_ != nullptr) return abort();
  exchange_ = {.keep_alive = false, .http10 = false, .head_only = false};
  refuse(*this, context(), 503, "out of memory");
}

Exchange HttpConnection::exchange() const {
  Exchange exchange = exchange_;
  exchange.keep_alive = exchange.keep_alive && !connections_.stopping();
  return exchange;
}

void HttpConnection::finish_response() {
  if (!exchange().keep_alive) {
    close();
  } else {
    set_deadline(context().now() + context().options.idle_timeout);
  }
}

void HttpConnection::take_over(std::unique_ptr<Conversation> conversation, Input input) {
  conversation_ = std::move(conversation);
  input_ = input;
  if (input == Input::kLater) {
    reading().deadline = wire::Time::max();  // a wake-up is asked for next: the timer that runs serves it
  } else {
    reading_.reset();
  }
}

void HttpConnection::release() {
  conversation_.reset();
  finish_response();
  if (tcp_ == nullptr || reading().kept == nullptr) return;
  waiting_ = true;
  pause();
  connections_.resume_later(*this);
}

void HttpConnection::resume() {
  resuming_ = false;
  if (tcp_ == nullptr || held_) return;
  if (conversation_ != nullptr && input_ == Input::kConversation && std::exchange(paused_, false)) {
    tcp_->resume_reading();
    return;
  }
  if (!waiting_ || stalled()) return;  // stalled: on_drain comes
  if (migrating()) return depart();
  waiting_ = false;
  if (std::exchange(paused_, false)) tcp_->resume_reading();
  const std::unique_ptr<std::string> bytes = std::move(reading().kept);
  if (bytes != nullptr) read_requests(*bytes);
}

void HttpConnection::send(Bytes bytes) {
  if (tcp_ != nullptr) tcp_->send(bytes);
}

void HttpConnection::send(const SharedBytes& bytes) {
  if (tcp_ != nullptr) tcp_->send(bytes);
}

bool HttpConnection::stalled() const {
  return tcp_ == nullptr || tcp_->refused();
}

void HttpConnection::close() {
  if (tcp_ == nullptr) return;
  net::Tcp::finish(std::move(tcp_));
  leave();
}

// A reset frees the kernel's buffers at once and tells the client that this was no orderly end.
void HttpConnection::abort() {
  if (tcp_ == nullptr) return;
  tcp_->reset_on_close();
  tcp_.reset();
  leave();
}

void HttpConnection::pause_input() {
  if (tcp_ != nullptr) tcp_->pause_reading();
}

void HttpConnection::resume_input() {
  if (tcp_ != nullptr) tcp_->resume_reading();
}

void HttpConnection::leave() {
  if (reading_ != nullptr) {
    reading_->timer.stop();
    if (Technique* technique = std::exchange(reading_->begun_for, nullptr)) technique->on_request_aborted(*this);
  }
  connections_.defer_delete(*this);
  if (conversation_ != nullptr) conversation_->on_close(*this);
}

void HttpConnection::on_close(net::Tcp&, int error) {
  if (error == 0 && (conversation_ == nullptr || input_ == Input::kConversation)) {
    close();  // answers may still be on their way, and a peer that has said its last word may read them
  } else if (error == -ETIMEDOUT) {
    context().stats.timed_out.add(1);
    abort();
  } else {
    tcp_.reset();
    leave();
  }
}

void HttpConnection::on_drain(net::Tcp&) {
  if (conversation_ != nullptr) {
    conversation_->on_drain(*this);
  } else if (waiting_) {
    resume();
  }
}

void HttpConnection::wake_after(Nanos delay) {
  set_deadline(context().now() + delay);
}

// A deadline that moves back costs nothing: the timer fires early, looks, and sleeps on.
void HttpConnection::set_deadline(wire::Time deadline) {
  Reading& reading = this->reading();
  reading.deadline = deadline;
  if (reading.timer.active() && reading.armed <= deadline) return;
  reading.armed = deadline;
  reading.timer.start(connections_.timers(), deadline, reading);
}

void HttpConnection::on_deadline() {
  Reading& reading = *reading_;
  if (reading.deadline > context().now()) {
    if (reading.deadline != wire::Time::max()) set_deadline(reading.deadline);
    return;
  }
  reading.deadline = wire::Time::max();
  if (conversation_ != nullptr) {
    conversation_->on_wake(*this);
  } else {
    expire();
  }
}

void HttpConnection::expire() {
  context().stats.timed_out.add(1);
  if (stalled()) {
    abort();
  } else if (reading_->parser != nullptr) {
    exchange_ = {.keep_alive = false, .http10 = false, .head_only = false};
    refuse(*this, context(), 408, "the request did not arrive in time");
  } else {
    close();
  }
}

void HttpConnection::migrate(unsigned shard, const wire::http1::Request& request) {
  reading().migration = std::make_unique<Migration>(shard, request, exchange_);
}

bool HttpConnection::migrating() const {
  return reading_ != nullptr && reading_->migration != nullptr;
}

// Answers to requests before this one leave from here.
void HttpConnection::depart() {
  if (tcp_->unsent_bytes() > 0) return connections_.resume_later(*this);
  std::unique_ptr<Migration> migration = std::move(reading_->migration);
  if (reading_->kept != nullptr) migration->rest += *reading_->kept;
  migration->socket.emplace(net::Tcp::depart(std::move(tcp_)));
  connections_.handler().on_migration(std::move(migration));
  leave();
}

void HttpConnection::arrive(const Migration& migration) {
  start();
  exchange_ = migration.exchange;
  connections_.handler().on_request(*this, migration.request.get());
  read_requests(migration.rest);
}

}  // namespace server
