#include "fanout_path.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "wire/http1/request.h"

namespace server {

namespace http1 = wire::http1;

namespace {

Options quiet_options() {
  Options options;
  options.log_messages = 1024;  // stays in the cache: what is timed is what goes out, not what is kept
  options.heartbeat = options.ping_interval = Nanos(0);
  return options;
}

std::string request_of(const TechniqueInfo& technique) {
  std::string request = "GET " + std::string(technique.route) + "?topic=t HTTP/1.1\r\nHost: x\r\n";
  if (technique.name == "websocket") {
    request +=
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  }
  return request + "\r\n";
}

}  // namespace

void TakingConnection::write() {
  if (queued_ == 0) return;
  ++writes_;
  bytes_ += std::exchange(queued_, 0);
  shared_ = {};
}

FanoutPath::FanoutPath(std::string_view technique, std::size_t subscribers)
    : Context(options_, topics_, stats_),
      options_(quiet_options()),
      topics_(hub_, {options_.log_messages, options_.log_bytes}) {
  hub_.add(inbox_);
  const auto table = techniques();
  const auto found = std::ranges::find(table, technique, &TechniqueInfo::name);
  if (found == table.end()) throw std::invalid_argument("no such technique");
  counters_ = &stats_.techniques[static_cast<std::size_t>(found - table.begin())];
  technique_ = found->make(*this, *counters_);
  const std::string text = request_of(*found);
  for (std::size_t i = 0; i < subscribers; ++i) {
    http1::RequestParser parser;
    std::size_t consumed = 0;
    if (parser.feed(text, consumed) != http1::Parsed::kComplete) throw std::logic_error(parser.error_text());
    connections_.push_back(std::make_unique<TakingConnection>());
    technique_->on_request(*connections_.back(), parser.request());
  }
  iterate();
}

FanoutPath::~FanoutPath() {
  for (const auto& connection : connections_) connection->leave();
}

void FanoutPath::publish(std::size_t messages) {
  for (std::size_t i = 0; i < messages; ++i) publish("t", payload_, true, 0);
  iterate();
}

Publication FanoutPath::publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin) {
  return {.sequence = hub_.publish(topic, payload, is_text, &inbox_, origin).value_or(0)};
}

void FanoutPath::catch_up() {
  arrived_.clear();
  inbox_.take(arrived_);
  for (Published& published : arrived_) {
    Topic& topic = *topics_.take(std::move(published));
    technique_->on_publish(topic, topic.message(topic.head()));
  }
}

void FanoutPath::iterate() {
  catch_up();
  technique_->on_flush();
  for (const auto& connection : connections_) connection->write();
}

}  // namespace server
