// One client of the load generator and the reference server, joined in memory: no socket, no clock, no thread. The test
// says how the streams are cut and where they break.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channel.h"
#include "loadgen/clients/techniques.h"
#include "memory_server.h"
#include "wire/http1/request.h"

namespace contract {

// How bytes reach either side.
struct Cut {
  enum class Kind { kWhole, kEveryByte, kOnce } kind = Kind::kWhole;
  std::size_t place = 0;  // kOnce: bytes of each connection's stream before the cut
  // Size of the next piece when `done` bytes of the stream have been handed over and `left` are there.
  std::size_t next(std::size_t done, std::size_t left) const;
};

// A technique, with options other than the default ones.
struct Subject {
  const loadgen::TechniqueInfo* technique = nullptr;
  std::string name;  // of the test
  std::vector<std::pair<std::string_view, std::int64_t>> options{};
  bool echo = true;
  bool ends = false;       // the server ends the stream by design, and the client comes back
  bool by_marker = false;  // only markers tell where messages end
  Channel::Kind channel = Channel::Kind::kPlain;
};

class World final : public loadgen::Host {
 public:
  World(const Subject& subject, Cut cut);
  ~World() override;

  void publish(const std::string& payload, bool is_text = true) { server_.publish("t", payload, is_text); }
  loadgen::Footprint declared(const loadgen::TechniqueInfo& technique) const {
    return technique.traits_of(plan_.options).footprint;
  }
  // The client publishes over its own connection, when it is subscribed at the moment; false when it cannot.
  bool speak(const std::string& payload) { return subscribed_ && session_->publish(payload, true); }
  // Moves bytes both ways until nothing moves any more; then lets the session's time pass, until `count` messages have
  // come or nothing happens for `rounds` wake-ups.
  void settle(std::size_t count, int rounds = 8);
  // The first connection breaks when the client has been given `bytes` of its stream; what is under way is lost.
  // kClosed: the session hears of it; kReset: the host fails the session by itself.
  enum class Break { kClosed, kReset };
  void break_after(std::size_t bytes, Break how) {
    break_after_ = bytes;
    break_how_ = how;
  }
  bool broke() const { return broke_; }
  void lose_connections();                         // all break now, between two messages
  static constexpr std::size_t kLogMessages = 64;  // that the server keeps

  std::vector<std::string> delivered;
  std::vector<std::string> failures;
  std::size_t subscriptions = 0;
  std::size_t restarts = 0;
  std::size_t most_connections = 0;  // that the client had at a time
  std::size_t given = 0;             // bytes that the client has been given on its first connection

  // loadgen::Host
  loadgen::Link& open() override;
  loadgen::Link& open_at(const wire::Url&) override { return open(); }
  void subscribed() override {
    ++subscriptions;
    subscribed_ = true;
  }
  void deliver(loadgen::Bytes message) override { delivered.emplace_back(message); }
  void wake_after(loadgen::Nanos delay) override { wake_ = delay; }
  void cancel_wake() override { wake_.reset(); }
  void fail(loadgen::Failure kind, std::string_view detail) override;
  void give_up(loadgen::Failure kind, std::string_view detail) override {
    fail(kind, "for good: " + std::string(detail));
  }
  void restart() override;
  void set_retry(loadgen::Nanos) override {}
  loadgen::SessionCounts& counts() override { return counts_; }
  std::uint64_t random() override { return ++random_; }

 private:
  class Connection;
  bool move();
  bool move_to_server(Connection& connection);
  bool serve(Connection& connection);
  bool move_to_client(Connection& connection);
  bool open_if_ready(Connection& connection);
  void drop_all();

  const Channel::Kind channel_;
  Cut cut_;
  server::MemoryServer server_;
  loadgen::SessionConfig plan_;
  std::string topic_ = "t";
  std::unique_ptr<loadgen::Session> session_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::optional<loadgen::Nanos> wake_;
  std::optional<std::size_t> break_after_;
  Break break_how_ = Break::kClosed;
  loadgen::SessionCounts counts_;
  std::uint64_t random_ = 0;
  bool broke_ = false;
  bool subscribed_ = false;
  bool start_ = true;
};

}  // namespace contract
