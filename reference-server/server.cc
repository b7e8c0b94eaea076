#include "server/server.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/clock.h"
#include "net/limits.h"
#include "net/listener.h"
#include "server/hub.h"
#include "server/process.h"
#include "server/shard.h"

namespace server {

namespace {

constexpr std::uint64_t kTooFewDescriptors = 4'096;

void raise_descriptors() {
  const net::DescriptorLimit limit = net::raise_descriptor_limit();
  if (limit.soft >= kTooFewDescriptors) return;
  fmt::print(stderr,
             "reference-server: only {} descriptors are allowed, about as many connections fit; see `ulimit -Hn`\n",
             limit.soft);
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

class Threads {
 public:
  Threads(const Options& options, Hub& hub, Process& process) {
    for (unsigned i = 0; i < options.threads; ++i) {
      shards_.push_back(std::make_unique<Shard>(options, hub, process));
      process.add(shards_.back()->counters());
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
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
};

}  // namespace

int serve(const Options& options) {
  raise_descriptors();
  EndSignals signals;
  net::Address address = net::resolve(options.listen);
  const int reserved = options.threads > 1 ? net::reserve_port(address) : -1;  // until each thread listens on it

  Hub hub(options.max_topics);
  Process process(net::now());
  Threads threads(options, hub, process);
  address = threads.start(address);
  if (reserved >= 0) close(reserved);
  fmt::print("reference-server listening on http://{}\n", address.text());
  std::fflush(stdout);

  signals.wait();
  signals.let_through();
  threads.stop();
  return 0;
}

}  // namespace server
