// What the threads of the server have in common for whoever looks at it from outside.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "server/stats.h"
#include "server/topic.h"
#include "wire/time.h"

namespace server {

class Process {
 public:
  explicit Process(wire::Time started, bool tls = false);
  void add(const Stats& thread) { threads_.push_back(&thread); }  // before threads start
  // The body of /stats; `topics` are those of the calling thread, and as complete as those of any other.
  std::string stats_json(const Topics& topics, wire::Time now) const;
  // Says on stderr, once, why new connections have to wait.
  void report_accept_error(int error) const;

 private:
  const wire::Time started_;
  const bool tls_;
  const std::string instance_;  // another after every start, as the logs are: cursors of one mean nothing in another
  std::vector<const Stats*> threads_;
  mutable std::atomic<bool> accept_error_reported_{false};
};

}  // namespace server
