#include "loadgen/run/resolver.h"

#include <arpa/inet.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace loadgen {

// What a thread that looks a name up may touch: it may outlive the resolver and the loop.
struct Resolver::Mailbox {
  std::mutex mutex;
  net::Loop* loop;     // guarded; null: the resolver is gone
  Resolver* resolver;  // on the loop's thread
};

Resolver::Resolver(net::Loop& loop, Lookup lookup)
    : loop_(loop), lookup_(std::move(lookup)), mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->loop = &loop;
  mailbox_->resolver = this;
}

Resolver::~Resolver() {
  const std::lock_guard lock(mailbox_->mutex);
  mailbox_->loop = nullptr;
  mailbox_->resolver = nullptr;
}

std::optional<net::Address> Resolver::literal(const std::string& host_port) {
  std::string host = host_port.substr(0, host_port.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  in6_addr address{};  // room for either
  const bool found =
      inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
  return found ? std::optional(net::try_resolve(host_port)) : std::nullopt;
}

std::optional<net::Address> Resolver::known(const std::string& host_port) const {
  const auto found = known_.find(host_port);
  return found != known_.end() ? std::optional(found->second) : literal(host_port);
}

Resolver::Wait Resolver::look_up(const std::string& host_port, Found found) {
  Wait wait = std::make_shared<Found>(std::move(found));
  const auto [place, added] = waiting_.try_emplace(host_port);
  place->second.push_back(wait);
  if (added) {
    queue_.push_back(host_port);
    start_next();
  }
  return wait;
}

void Resolver::start_next() {
  while (under_way_ < kAtOnce && !queue_.empty()) {
    const std::string name = std::move(queue_.front());
    queue_.pop_front();
    if (std::ranges::all_of(waiting_[name], [](const auto& wait) { return wait.expired(); })) {
      waiting_.erase(name);
      continue;
    }
    const auto tell = [name, mailbox = mailbox_](const net::Address& address) {
      const std::lock_guard lock(mailbox->mutex);
      if (mailbox->loop == nullptr) return;
      mailbox->loop->post([name, mailbox, address] {
        if (mailbox->resolver != nullptr) mailbox->resolver->done(name, address);
      });
    };
    ++under_way_;
    try {
      std::thread([name, lookup = lookup_, tell] { tell(lookup(name)); }).detach();
    } catch (const std::system_error&) {  // no thread: as if the name were unknown
      tell({});
    }
  }
}

void Resolver::done(const std::string& host_port, const net::Address& address) {
  --under_way_;
  if (known_.size() >= kMostKnown) known_.clear();
  known_[host_port] = address;
  const auto waits = waiting_.extract(host_port);
  start_next();
  if (waits.empty()) return;
  for (const std::weak_ptr<Found>& one : waits.mapped()) {
    if (const Wait wait = one.lock()) (*wait)(address);
  }
}

}  // namespace loadgen
