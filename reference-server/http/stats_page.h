// What the server shows of itself: the body of /stats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reference-server/log/topics.h"
#include "reference-server/stats.h"
#include "wire/http1/request.h"
#include "wire/time.h"

namespace server {

// Which topics are shown: there may be so many that showing all of them would keep the thread from its clients.
struct TopicPage {
  static constexpr std::size_t kMost = 1'000;
  std::optional<std::string> name{};  // this one alone
  std::uint32_t from = 0;             // what the page before said
  std::size_t count = kMost;
};
// ?topic=T, or ?topics=COUNT&topics-from=NEXT; false, with a sentence for 400, when that is bad.
bool parse_topic_page(const wire::http1::Request& request, TopicPage& page, std::string& error);

class StatsPage {
 public:
  explicit StatsPage(wire::Time started, bool tls = false);
  void add(const Stats& thread) { threads_.push_back(&thread); }  // before threads start
  // From any thread. `topics` are those of the calling thread, and as complete as those of any other.
  std::string json(const Topics& topics, const TopicPage& page, wire::Time now) const;

 private:
  const wire::Time started_;
  const bool tls_;
  const std::string instance_;  // another after every start, as the logs are: cursors of one mean nothing in another
  std::vector<const Stats*> threads_;
};

}  // namespace server
