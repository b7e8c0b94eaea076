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
#include "reference-server/engineio/shards.h"
#include "reference-server/http/connections.h"
#include "reference-server/http/routes.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/log/hub.h"
#include "reference-server/log/topics.h"
#include "reference-server/options.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"
#include "reference-server/stats.h"

namespace server {

class Shard;

// The threads of one server, by number; complete before they start.
struct PeerShards {
  std::vector<Shard*> shards{};
  bool connections_migrate = true;  // not between threads with descriptor tables of their own
};

class Shard final : public Context, Shards, Connections::Handler, net::Listener::Handler, net::Timer::Handler {
 public:
  // On the main thread: whatever threads share is opened here, everything else by run() on the shard's own thread.
  // `tls`: null for plain HTTP. It joins the hub and `peers`.
  Shard(const Options& options, Hub& hub, PeerShards& peers, const StatsPage& stats_page, const net::TlsContext* tls);
  ~Shard() override;

  // Serves until stop(). `listening` is told the address, or the sentence that says why there is none (run() returns
  // then).
  using Listening = std::function<void(const net::Address& address, const std::string& error)>;
  void run(const net::Address& address, bool reuse_port, const Listening& listening);
  // From any thread: says goodbye to every client and ends run() within a bounded time.
  void stop();
  const Stats& counters() const { return stats_; }

  // Context.
  Publication publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin) override;
  std::uint64_t new_origin() override { return hub_.new_origin(); }
  void catch_up() override { drain_inbox(); }
  Shards* shards() override { return this; }
  wire::Time now() override;
  Bytes common_headers() override;
  void tick_after(Technique& technique, Nanos delay) override;
  void flush_again() override;

 private:
  struct Tick;

  // Shards.
  unsigned self() const override { return number_; }
  unsigned count() const override { return static_cast<unsigned>(peers_.shards.size()); }
  bool connections_migrate() const override { return peers_.connections_migrate; }
  void migrate(Connection& connection, const wire::http1::Request& request, unsigned shard) override;
  void post(unsigned shard, ShardMessage message) override;
  void receive_with(Receiver& receiver) override { receiver_ = &receiver; }

  // From any thread; done on this one, or not at all when it has ended.
  void adopt(std::shared_ptr<Migration> migration);
  void deliver(ShardMessage message);
  void on_request(HttpConnection& connection, const wire::http1::Request& request) override;
  Technique* on_request_begin(HttpConnection& connection, const wire::http1::Request& head) override;
  void on_migration(std::unique_ptr<Migration> migration) override;
  void on_accept(net::Tcp::Ptr tcp) override;
  void on_accept_error(int error) override;
  void on_timer(net::Timer& timer) override;
  void end_iteration();
  void show_tls_counts();
  void drain_inbox();
  void shed_logs(std::size_t wanted);
  void resume_publishers();
  void shut_down();
  void release_everything();

  net::Loop loop_;
  Inbox inbox_;
  Hub& hub_;
  PeerShards& peers_;
  const unsigned number_;
  Topics topics_;
  Stats stats_{own_counters()};
  Receiver* receiver_ = nullptr;              // one of the techniques
  std::optional<Techniques> techniques_;      // while it runs
  std::vector<std::unique_ptr<Tick>> ticks_;  // one a technique that asked
  std::unique_ptr<Routes> routes_;
  net::TlsCounts tls_counts_;
  const std::optional<net::TlsServer> tls_;
  net::Listener listener_;
  const StatsPage& stats_page_;

  Connections connections_;
  std::vector<Published> arrived_;

  std::string common_headers_;
  std::time_t common_headers_second_ = -1;
  wire::Time now_{};
  bool now_is_fresh_ = false;
  bool awake_again_ = false;  // another iteration has been asked for
  net::Timer goodbye_timer_;
  wire::Time goodbye_until_{};
};

}  // namespace server
