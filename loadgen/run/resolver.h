// Where servers are that a redirect names, found beside a loop: a look-up may take half a minute, and the thread of a
// loop has messages to time. Everything but the look-ups themselves is on the loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "net/loop.h"

namespace loadgen {

class Resolver {
 public:
  static constexpr std::size_t kAtOnce = 4;         // look-ups under way, each on a thread of its own
  static constexpr std::size_t kMostKnown = 1'000;  // names whose addresses are kept

  using Lookup = std::function<net::Address(const std::string& host_port)>;  // on any thread
  // Of no family where the name is unknown: connecting to it fails by itself.
  using Found = std::function<void(const net::Address&)>;
  // Whoever holds it is told; the last one who lets go of it ends the wait.
  using Wait = std::shared_ptr<Found>;

  explicit Resolver(net::Loop& loop, Lookup lookup = net::try_resolve);
  // Waits for nothing: a look-up that is under way ends by itself, and its answer is dropped.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The address of a "HOST:PORT" whose host is an address.
  static std::optional<net::Address> literal(const std::string& host_port);
  // The same, or what an earlier look-up has found.
  std::optional<net::Address> known(const std::string& host_port) const;
  // Looks `host_port` up, known or not; `found` is called from the loop, once, while the caller holds the result.
  [[nodiscard]] Wait look_up(const std::string& host_port, Found found);

 private:
  struct Mailbox;
  void start_next();
  void done(const std::string& host_port, const net::Address& address);

  net::Loop& loop_;
  Lookup lookup_;
  std::shared_ptr<Mailbox> mailbox_;
  std::map<std::string, net::Address> known_;
  std::map<std::string, std::vector<std::weak_ptr<Found>>> waiting_;  // who waits for a name
  std::deque<std::string> queue_;                                     // names whose look-up has not begun
  std::size_t under_way_ = 0;
};

}  // namespace loadgen
