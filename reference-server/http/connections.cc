#include "reference-server/http/connections.h"

#include <utility>

#include "reference-server/options.h"
#include "reference-server/stats.h"
#include "wire/http1/request.h"

namespace server {

namespace {

constexpr std::size_t kParsersKept = 16;

wire::http1::Limits parser_limits(const Options& options) {
  wire::http1::Limits limits;
  limits.max_body = options.max_payload;
  return limits;
}

}  // namespace

HttpConnection& Connections::add(net::Tcp::Ptr tcp) {
  auto* connection = new HttpConnection(*this, std::move(tcp));
  connection->slot_ = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(connection);
  context_.stats.open.add(1);
  return *connection;
}

void Connections::end_iteration() {
  deferred_.clear();
  hold_publisher_ = false;
}

void Connections::resume() {
  for (HttpConnection* connection : std::exchange(resuming_, {})) connection->resume();
}

bool Connections::hold(HttpConnection& connection) {
  if (!std::exchange(hold_publisher_, false)) return false;
  connection.held_ = true;
  held_.push_back(&connection);
  return true;
}

void Connections::resume_publishers() {
  for (HttpConnection* connection : std::exchange(held_, {})) {
    connection->held_ = false;
    resume_later(*connection);
  }
}

void Connections::close_all() {
  for (HttpConnection* connection : std::vector(connections_)) connection->close();
}

void Connections::clear() {
  for (HttpConnection* connection : std::exchange(connections_, {})) delete connection;
  deferred_.clear();
}

void Connections::count_for(HttpConnection& connection, std::uint16_t technique) {
  if (technique == connection.counted_for_) return;
  auto& techniques = context_.stats.techniques;
  if (connection.counted_for_ != Techniques::kNone) techniques[connection.counted_for_].connections.subtract(1);
  connection.counted_for_ = technique;
  if (technique != Techniques::kNone) techniques[technique].connections.add(1);
}

wire::http1::RequestParser& Connections::parser() {
  if (parsers_.empty()) {
    parsers_.push_back(std::make_unique<wire::http1::RequestParser>(parser_limits(context_.options)));
  }
  return *parsers_.back();
}

std::unique_ptr<wire::http1::RequestParser> Connections::lend_parser() {
  auto parser = std::move(parsers_.back());
  parsers_.pop_back();
  return parser;
}

void Connections::give_back(std::unique_ptr<wire::http1::RequestParser> parser) {
  if (parsers_.size() < kParsersKept) parsers_.push_back(std::move(parser));
}

void Connections::resume_later(HttpConnection& connection) {
  if (std::exchange(connection.resuming_, true)) return;
  resuming_.push_back(&connection);
  context_.flush_again();
}

void Connections::defer_delete(HttpConnection& connection) {
  count_for(connection, Techniques::kNone);
  context_.stats.open.subtract(1);
  if (connection.resuming_) std::erase(resuming_, &connection);
  if (connection.held_) std::erase(held_, &connection);
  connections_[connection.slot_] = connections_.back();
  connections_[connection.slot_]->slot_ = connection.slot_;
  connections_.pop_back();
  deferred_.emplace_back(&connection);
}

}  // namespace server
