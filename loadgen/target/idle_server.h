// The smallest server that a run can be made against: every GET becomes an SSE stream of the topic in its query, and
// the body of every POST one event of it. No log, no identifiers, no heartbeats, no options: what a delivery takes from
// here is the baseline: what the tool and the kernel take (docs/validity.md, rule 10).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "net/tcp.h"

namespace loadgen {

// On its loop's thread.
class IdleServer final : net::Listener::Handler {
 public:
  explicit IdleServer(net::Loop& loop);
  ~IdleServer();
  IdleServer(const IdleServer&) = delete;
  IdleServer& operator=(const IdleServer&) = delete;

  void open(const net::Address& address) { listener_.open(address, false); }  // throws std::runtime_error
  net::Address address() const { return listener_.address(); }
  std::size_t connections() const { return clients_.size(); }

 private:
  class Client;
  void on_accept(net::Tcp::Ptr tcp) override;
  void on_accept_error(int) override {}  // the backlog keeps them
  void publish(const std::string& topic, wire::Bytes message);
  void drop(Client& client);

  net::Listener listener_;
  std::unordered_map<Client*, std::unique_ptr<Client>> clients_;
  std::unordered_map<std::string, std::vector<Client*>> topics_;
};

}  // namespace loadgen
