#include "reference-server/process/server.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/clock.h"
#include "net/limits.h"
#include "net/listener.h"
#include "net/tls_context.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/log/hub.h"
#include "reference-server/process/memory_reserve.h"
#include "reference-server/process/shard.h"
#include "reference-server/seam/reply.h"

namespace server {

namespace {

constexpr std::uint64_t kTooFewDescriptors = 4'096;

// How many threads serve, and whether each has a descriptor table of its own; says so when that is not what was asked.
// Throws when the connections do not fit.
net::DescriptorPlan make_room(const Options& options) {
  const std::uint64_t needed = net::descriptors_needed(options.connections, options.threads);
  const net::DescriptorLimit limit = net::raise_descriptor_limit(needed);
  if (limit.soft < kTooFewDescriptors && options.connections == 0) {
    fmt::print(stderr,
               "reference-server: only {} descriptors are allowed, about as many connections fit; see `ulimit -Hn`\n",
               limit.soft);
  }
  const net::DescriptorPlan plan = net::plan_descriptors(options.connections, limit.soft, options.threads, false);
  if (!plan.own_tables) return plan;
  if (!net::may_own_descriptor_tables()) {
    throw std::runtime_error(fmt::format("{} connections do not fit: {} (about {} fit)", options.connections,
                                         net::descriptor_shortage(limit.soft, needed),
                                         net::connections_that_fit(limit.soft, options.threads)));
  }
  fmt::print(stderr,
             "reference-server: {} connections are more than a descriptor table may hold ({}): {} threads, each with a "
             "table of its own\n",
             options.connections, limit.soft, plan.threads);
  return plan;
}

// Blocked in every thread, so that wait() is the one place where they arrive.
class EndSignals {
 public:
  EndSignals() {
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() {
    int number = 0;
    sigwait(&set_, &number);
  }
  // The next one ends the process at once.
  void let_through() {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_{};
};

// Ready for the first client: a handshake with itself has loaded what OpenSSL loads late.
std::optional<net::TlsContext> make_tls(const Options& options) {
  if (options.tls_certificate.empty()) return std::nullopt;
  constexpr Exchange kLast = {.keep_alive = false, .http10 = false, .head_only = false};
  const Answer refusal{.status = 400, .body = "The plain HTTP request was sent to HTTPS port\n"};
  std::string answer;
  append_head(answer, kLast, refusal, {});
  answer += refusal.body;
  net::TlsContext tls =
      net::TlsContext::server(net::read_certificate(options.tls_certificate, options.tls_key), answer);
  net::TlsContext::warm_up(net::TlsContext::client({.verify = false, .ca_file = {}, .ca_pem = {}}), tls);
  return tls;
}

class Threads {
 public:
  Threads(const Options& options, const net::DescriptorPlan& plan, Hub& hub, StatsPage& stats_page,
          const net::TlsContext* tls)
      : own_tables_(plan.own_tables), peers_{.connections_migrate = !plan.own_tables || plan.threads == 1} {
    for (std::uint64_t i = 0; i < plan.threads; ++i) {
      shards_.push_back(std::make_unique<Shard>(options, hub, peers_, stats_page, tls));
      stats_page.add(shards_.back()->counters());
    }
  }
  ~Threads() { stop(); }

  // Returns when every thread listens; the address with the port that was picked. Throws when one cannot.
  net::Address start(const net::Address& address) {
    std::vector<std::future<net::Address>> listening;
    for (const auto& shard : shards_) {
      auto promise = std::make_shared<std::promise<net::Address>>();
      listening.push_back(promise->get_future());
      threads_.emplace_back([this, promise, &shard = *shard, address] {
        if (own_tables_) net::own_descriptor_table();
        shard.run(address, shards_.size() > 1, [promise](const net::Address& bound, const std::string& error) {
          if (error.empty()) {
            promise->set_value(bound);
          } else {
            promise->set_exception(std::make_exception_ptr(std::runtime_error(error)));
          }
        });
      });
    }
    net::Address bound;
    for (auto& future : listening) bound = future.get();
    return bound;
  }

  void stop() {
    for (const auto& shard : shards_) shard->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  const bool own_tables_;
  PeerShards peers_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
};

}  // namespace

int serve(const Options& options) {
  memory_reserve::keep();
  const net::DescriptorPlan plan = make_room(options);
  const std::optional<net::TlsContext> tls = make_tls(options);
  EndSignals signals;
  net::Address address = net::resolve(options.listen);
  const int reserved = plan.threads > 1 ? net::reserve_port(address) : -1;  // until each thread listens on it

  Hub hub(options.max_topics);
  if (plan.own_tables && plan.threads > 1) {
    fmt::print(stderr,
               "reference-server: connections cannot go from thread to thread here, so socketio is spoken over "
               "WebSocket alone: clients need `transports: [\"websocket\"]` (scenarios: `transport: websocket`)\n");
  }
  StatsPage stats_page(net::now(), tls.has_value());
  Threads threads(options, plan, hub, stats_page, tls ? &*tls : nullptr);
  address = threads.start(address);
  if (reserved >= 0) close(reserved);
  fmt::print("reference-server listening on {}://{}\n", tls ? "https" : "http", address.text());
  std::fflush(stdout);
  if (!address.is_loopback()) {
    fmt::print(
        stderr,
        "reference-server: {} is reached from other machines too: whoever reaches it may publish and read. Names "
        "with a dot need --hosts, pages of other origins --origins\n",
        address.text());
  }

  signals.wait();
  signals.let_through();
  threads.stop();
  return 0;
}

}  // namespace server
