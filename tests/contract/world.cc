#include "world.h"

#include <algorithm>
#include <utility>

namespace contract {

namespace http1 = wire::http1;

std::size_t Cut::next(std::size_t done, std::size_t left) const {
  if (kind == Kind::kEveryByte) return 1;
  if (kind == Kind::kOnce && done < place) return std::min(left, place - done);
  return left;
}

class World::Connection final : public loadgen::Link {
 public:
  Connection(World& world, bool first) : is_first(first), world_(world), server_side(world.server_.connect()) {}

  void send(loadgen::Bytes bytes) override {
    check_usable();
    to_server += bytes;
  }
  void send(const wire::SharedBytes& bytes) override { send(bytes.view()); }
  void close() override {
    check_usable();
    closing = true;
  }
  // After fail(), restart(), on_close() or close() a link is no more: over sockets it would be freed memory.
  void check_usable() {
    if (gone || closing) world_.failures.push_back("a link was used after its end");
  }

  const bool is_first;
  World& world_;
  server::MemoryConnection& server_side;
  http1::RequestParser parser;
  std::string to_server;
  std::size_t sent = 0;  // of to_server
  std::size_t read = 0;  // of what the server sent
  bool opened = false;
  bool upgraded = false;
  bool closing = false;  // by the client, once everything has left
  bool gone = false;
};

namespace {

server::Options server_options() {
  server::Options options;
  options.log_messages = World::kLogMessages;
  return options;
}

}  // namespace

World::World(const Subject& subject, Cut cut) : cut_(cut), server_(server_options()) {
  plan_.authority = "127.0.0.1:1";
  plan_.topics = {topic_};
  plan_.echo = subject.echo;
  for (const loadgen::OptionSpec& option : subject.technique->options) {
    // Choices at their first word; the numbers of durations do not matter, time passes when the test says so.
    const bool yes = option.kind == loadgen::OptionSpec::Kind::kFlag && option.fallback == "true";
    const bool lasts = option.kind == loadgen::OptionSpec::Kind::kDuration && option.fallback != "0s";
    plan_.options.push_back({lasts ? 1'000'000'000 : yes ? 1 : 0, {}});
    for (const auto& [key, number] : subject.options) {
      if (key == option.key) plan_.options.back().number = number;
    }
  }
  session_ = subject.technique->make(*this, plan_, topic_);
}

World::~World() = default;

loadgen::Link& World::open() {
  connections_.push_back(std::make_unique<Connection>(*this, connections_.empty()));
  return *connections_.back();
}

void World::drop_all() {
  subscribed_ = false;
  for (auto& connection : connections_) {
    if (!std::exchange(connection->gone, true)) connection->server_side.leave();
  }
  wake_.reset();
  start_ = true;
}

void World::lose_connections() {
  const std::size_t now = connections_.size();  // the session may open new ones
  for (std::size_t i = 0; i < now; ++i) {
    Connection& connection = *connections_[i];
    if (std::exchange(connection.gone, true)) continue;
    connection.server_side.leave();
    session_->on_close(connection);
  }
}

void World::fail(loadgen::Failure kind, std::string_view detail) {
  failures.push_back(std::string(loadgen::failure_name(kind)) + ": " + std::string(detail));
  drop_all();
}

void World::restart() {
  ++restarts;
  drop_all();
}

bool World::move_to_server(Connection& connection) {
  bool moved = false;
  while (!connection.gone && connection.sent < connection.to_server.size()) {
    const std::size_t left = connection.to_server.size() - connection.sent;
    const std::string piece = connection.to_server.substr(connection.sent, cut_.next(connection.sent, left));
    if (connection.upgraded) {
      connection.server_side.feed(piece);
      connection.sent += piece.size();
    } else {
      std::size_t consumed = 0;
      const http1::Parsed parsed = connection.parser.feed(piece, consumed);
      connection.sent += consumed;
      if (parsed == http1::Parsed::kComplete) {
        connection.upgraded = connection.parser.request().upgrade;
        server_.handle(connection.server_side, connection.parser.request());
        connection.parser.reset();
      } else if (parsed == http1::Parsed::kError) {
        failures.push_back("the server refuses: " + connection.parser.error_text());
        return moved;
      }
    }
    moved = true;
  }
  if (connection.closing && !connection.gone) {
    connection.gone = true;
    connection.server_side.leave();
    moved = true;
  }
  return moved;
}

bool World::move_to_client(Connection& connection) {
  bool moved = false;
  while (!connection.gone && !connection.closing && connection.read < connection.server_side.taken.size()) {
    const std::string& stream = connection.server_side.taken;
    std::size_t size = cut_.next(connection.read, stream.size() - connection.read);
    if (connection.is_first && break_after_) size = std::min(size, *break_after_ - connection.read);
    if (size > 0) {
      const std::string piece = stream.substr(connection.read, size);
      connection.read += size;
      if (connection.is_first) given = connection.read;
      moved = true;
      session_->on_bytes(connection, piece);
    }
    if (connection.is_first && break_after_ && connection.read == *break_after_ && !connection.gone &&
        !connection.closing) {
      broke_ = moved = true;
      connection.server_side.leave();
      if (break_how_ == Break::kReset) {
        fail(loadgen::Failure::kReset, "by the test");
      } else {
        session_->on_close(connection);
        connection.gone = true;
      }
    }
  }
  if (!connection.gone && !connection.closing && !connection.server_side.open) {
    connection.gone = moved = true;
    session_->on_close(connection);
  }
  return moved;
}

bool World::move() {
  bool moved = false;
  if (std::exchange(start_, false)) {
    session_->start();
    moved = true;
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (!std::exchange(connection.opened, true)) {
      session_->on_open(connection);
      moved = true;
    }
    moved = move_to_server(connection) || moved;
    server_.settle();
    moved = move_to_client(connection) || moved;
  }
  return moved;
}

void World::settle(std::size_t count, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    while (move()) {
    }
    if (delivered.size() >= count || !wake_) return;
    wake_.reset();
    session_->on_wake();
  }
}

}  // namespace contract
