// What the server shows of itself: the body of /stats.
#pragma once

#include <string>
#include <vector>

#include "reference-server/log/topic.h"
#include "reference-server/stats.h"
#include "wire/time.h"

namespace server {

class StatsPage {
 public:
  explicit StatsPage(wire::Time started, bool tls = false);
  void add(const Stats& thread) { threads_.push_back(&thread); }  // before threads start
  // From any thread. `topics` are those of the calling thread, and as complete as those of any other.
  std::string json(const Topics& topics, wire::Time now) const;

 private:
  const wire::Time started_;
  const bool tls_;
  const std::string instance_;  // another after every start, as the logs are: cursors of one mean nothing in another
  std::vector<const Stats*> threads_;
};

}  // namespace server
