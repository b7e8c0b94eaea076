// One thread of the server: a loop, its listener and connections, its own instance of every technique and log of every
// topic.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/timer.h"
#include "server/connection.h"
#include "server/hub.h"
#include "server/options.h"
#include "server/process.h"
#include "server/routes.h"
#include "server/stats.h"
#include "server/technique.h"
#include "server/topic.h"

namespace server {

class Shard final : public Context, Neighbour, net::Listener::Handler, net::Timer::Handler {
 public:
  // On the main thread: whatever threads share is opened here, everything else by run() on the shard's own thread.
  // `tls`: null for plain HTTP.
  Shard(const Options& options, Hub& hub, const Process& process, const net::TlsContext* tls);
  ~Shard() override;

  // Serves until stop(). `listening` is told the address, or the sentence that says why there is none (run() returns
  // then).
  using Listening = std::function<void(const net::Address& address, const std::string& error)>;
  void run(const net::Address& address, bool reuse_port, const Listening& listening);
  // From any thread: says goodbye to every client and ends run() within a bounded time.
  void stop();
  const Stats& counters() const { return stats_; }

  // Context.
  std::uint64_t publish(std::string_view topic, std::string payload, bool is_text, std::uint64_t origin) override;
  std::uint64_t new_origin() override { return hub_.new_origin(); }
  void catch_up() override { drain_inbox(); }
  unsigned thread() const override { return number_; }
  unsigned threads() const override { return hub_.threads(); }
  bool connections_move() const override { return hub_.connections_move(); }
  void move(Connection& connection, const wire::http1::Request& request, unsigned thread) override;
  void tell(const Technique& from, unsigned thread, Letter letter) override;
  wire::Time now() override;
  Bytes common_headers() override;
  void tick_after(Technique& technique, Nanos delay) override;
  void flush_again() override;

  // For connections.
  void handle(HttpConnection& connection, const wire::http1::Request& request);
  void serve(HttpConnection& connection, const wire::http1::Request& request);
  void hand_over(std::unique_ptr<Departure> departure);
  // The technique that has been told of the head, or null.
  Technique* announce(HttpConnection& connection, const wire::http1::Request& head);
  wire::http1::RequestParser& parser();
  std::unique_ptr<wire::http1::RequestParser> lend_parser();
  void give_back(std::unique_ptr<wire::http1::RequestParser> parser);
  void resume_later(HttpConnection& connection);
  void bury(HttpConnection& connection);
  net::Timers& timers() { return loop_.timers(); }
  std::uint32_t iteration() const { return iteration_; }
  bool stopping() const { return stopping_; }

 private:
  struct Tick;

  void adopt(std::shared_ptr<Departure> departure) override;
  void deliver(std::size_t technique, Letter letter) override;
  HttpConnection& add(net::Tcp::Ptr tcp);
  void on_accept(net::Tcp::Ptr tcp) override;
  void on_accept_error(int error) override;
  void on_timer(net::Timer& timer) override;
  void end_iteration();
  void show_tls_counts();
  void drain_inbox();
  void count_for(HttpConnection& connection, std::uint8_t technique);
  void resume_connections();
  void shut_down();
  void release_everything();

  net::Loop loop_;
  Inbox inbox_;
  Hub& hub_;
  const unsigned number_;
  Topics topics_;
  Stats stats_;
  std::vector<std::unique_ptr<Technique>> techniques_;
  std::vector<std::unique_ptr<Tick>> ticks_;  // one a technique that asked
  std::unique_ptr<Routes> routes_;
  net::TlsCounts tls_counts_;
  const std::optional<net::TlsServer> tls_;
  net::Listener listener_;
  const Process& process_;

  std::vector<HttpConnection*> connections_;                // owned
  std::vector<std::unique_ptr<HttpConnection>> graveyard_;  // ended; freed when no handler can be running any more
  std::vector<HttpConnection*> resuming_;
  std::vector<std::unique_ptr<wire::http1::RequestParser>> parsers_;
  std::vector<Published> arrived_;

  std::string common_headers_;
  std::time_t common_headers_second_ = -1;
  wire::Time now_{};
  bool now_is_fresh_ = false;
  std::uint32_t iteration_ = 1;
  bool awake_again_ = false;  // another iteration has been asked for
  bool stopping_ = false;
  net::Timer goodbye_timer_;
  wire::Time goodbye_until_{};
};

}  // namespace server
