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
  Connection(World& world, bool first)
      : is_first(first), world_(world), server_side(world.server_.connect()), channel(world.channel_) {}

  void send(loadgen::Bytes bytes) override {
    check_usable();
    channel.say_to_server(bytes);
  }
  void send(const wire::SharedBytes& bytes) override { send(bytes.view()); }
  void close() override {
    check_usable();
    closing = true;
  }
  bool truncated() const override { return broken && channel.is_tls(); }
  // After fail(), restart(), on_close() or close() a link is no more: over sockets it would be freed memory.
  void check_usable() {
    if (gone || closing) world_.failures.push_back("a link was used after its end");
  }

  const bool is_first;
  World& world_;
  server::MemoryConnection& server_side;
  http1::RequestParser parser;
  Channel channel;
  std::string arrived;     // at the server, not parsed yet
  std::size_t sent = 0;    // of channel.to_server
  std::size_t spoken = 0;  // of server_side.taken
  std::size_t read = 0;    // of channel.to_client
  bool opened = false;
  bool upgraded = false;
  bool closing = false;  // by the client, once everything has left
  bool gone = false;
  bool broken = false;  // by the test
};

namespace {

server::Options server_options() {
  server::Options options;
  options.log_messages = World::kLogMessages;
  options.deflate = server::DeflateMode::kContextTakeover;  // for who offers it
  options.deflate_min_size = 1;
  return options;
}

}  // namespace

World::World(const Subject& subject, Cut cut) : channel_(subject.channel), cut_(cut), server_(server_options()) {
  plan_.authority = "127.0.0.1:1";
  plan_.topics = {topic_};
  plan_.echo = subject.echo;
  for (const loadgen::OptionSpec& option : subject.technique->options) {
    // Choices at their first word, texts as they are by default; the numbers of durations do not matter, time passes
    // when the test says so.
    const bool yes = option.kind == loadgen::OptionSpec::Kind::kFlag && option.fallback == "true";
    const bool lasts = option.kind == loadgen::OptionSpec::Kind::kDuration && option.fallback != "0s";
    const bool text = option.kind == loadgen::OptionSpec::Kind::kText;
    plan_.options.push_back({lasts ? 1'000'000'000 : yes ? 1 : 0, std::string(text ? option.fallback : "")});
    for (const auto& [key, number] : subject.options) {
      if (key == option.key) plan_.options.back().number = number;
    }
  }
  session_ = subject.technique->make(*this, plan_, topic_);
}

World::~World() = default;

loadgen::Link& World::open() {
  connections_.push_back(std::make_unique<Connection>(*this, connections_.empty()));
  const auto held = [](const auto& connection) { return !connection->gone && !connection->closing; };
  most_connections = std::max(most_connections, static_cast<std::size_t>(std::ranges::count_if(connections_, held)));
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
  while (!connection.gone && connection.sent < connection.channel.to_server.size()) {
    const std::string& stream = connection.channel.to_server;
    const std::string piece =
        stream.substr(connection.sent, cut_.next(connection.sent, stream.size() - connection.sent));
    connection.sent += piece.size();
    connection.arrived += connection.channel.heard_by_server(piece);
    moved = true;
    if (!serve(connection)) return moved;
  }
  if (connection.closing && !connection.gone) {
    connection.gone = true;
    connection.server_side.leave();
    moved = true;
  }
  return moved;
}

// What has arrived at the server; false when it cannot go on with it.
bool World::serve(Connection& connection) {
  const std::string arrived = std::exchange(connection.arrived, {});  // a request lies in it until it has been handled
  loadgen::Bytes bytes = arrived;
  while (!bytes.empty()) {
    if (connection.upgraded) {
      connection.server_side.feed(std::string(bytes));
      return true;
    }
    std::size_t consumed = 0;
    const http1::Parsed parsed = connection.parser.feed(bytes, consumed);
    bytes.remove_prefix(consumed);
    if (parsed == http1::Parsed::kNeedMore) return true;
    if (parsed == http1::Parsed::kError) {
      failures.push_back("the server refuses: " + connection.parser.error_text());
      return false;
    }
    connection.upgraded = connection.parser.request().upgrade;
    server_.handle(connection.server_side, connection.parser.request());
    connection.parser.reset();
  }
  return true;
}

bool World::move_to_client(Connection& connection) {
  bool moved = false;
  Channel& channel = connection.channel;
  const std::string& taken = connection.server_side.taken;
  if (connection.spoken < taken.size()) {
    channel.say_to_client(loadgen::Bytes(taken).substr(connection.spoken));
    connection.spoken = taken.size();
  }
  if (!connection.server_side.open) channel.server_leaves();
  while (!connection.gone && !connection.closing && connection.read < channel.to_client.size()) {
    const std::string& stream = channel.to_client;
    std::size_t size = cut_.next(connection.read, stream.size() - connection.read);
    if (connection.is_first && break_after_) size = std::min(size, *break_after_ - connection.read);
    if (size > 0) {
      const std::string piece = stream.substr(connection.read, size);
      connection.read += size;
      if (connection.is_first) given = connection.read;
      moved = true;
      const std::string heard = channel.heard_by_client(piece);
      open_if_ready(connection);
      if (!heard.empty()) session_->on_bytes(connection, heard);
    }
    if (connection.is_first && break_after_ && connection.read == *break_after_ && !connection.gone &&
        !connection.closing) {
      broke_ = moved = connection.broken = true;
      connection.server_side.leave();
      if (break_how_ == Break::kReset) {
        fail(loadgen::Failure::kReset, "by the test");
      } else if (!connection.opened) {
        fail(loadgen::Failure::kTls, "closed during the handshake");
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

bool World::open_if_ready(Connection& connection) {
  if (connection.gone || !connection.channel.is_open() || std::exchange(connection.opened, true)) return false;
  session_->on_open(connection);
  return true;
}

bool World::move() {
  bool moved = false;
  if (std::exchange(start_, false)) {
    session_->start();
    moved = true;
  }
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    moved = open_if_ready(connection) || moved;
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
