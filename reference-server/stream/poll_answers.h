// The answers of both polling techniques. Many clients ask from the same cursor: what one was answered, head and body,
// answers the next, until something is published or the second of its Date is over.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "reference-server/seam/technique.h"

namespace server {

struct TechniqueStats;
class Topic;

class PollAnswers {
 public:
  PollAnswers(Context& context, TechniqueStats& counters) : context_(context), counters_(counters) {}

  // Sends what follows `cursor`, and counts it; finishing the response is the caller's. `topic`: null when there is
  // none. `empty_status`: of an answer that brings nothing. `if_none_match` of the request, when it has one: the answer
  // has an ETag then, or is 304 when it names that.
  void send(Connection& connection, const Topic* topic, std::uint64_t cursor, int empty_status,
            Bytes if_none_match = {});
  void on_topic_gone(const Topic& topic);
  void on_flush();  // forgets large answers that no connection has any more

 private:
  struct CachedBody {
    SharedBytes bytes;  // of a large body it alone, else the head included
    std::uint64_t cursor = 0;
    std::uint64_t messages = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t gap_messages = 0;
    std::size_t head_bytes = 0;  // 0: the head is not in it
    std::size_t body_bytes = 0;
  };
  struct RecentAnswer {
    const Topic* topic = nullptr;
    std::uint64_t cursor = 0;
    std::uint64_t head = 0;      // of the topic
    int empty_status = 0;        // 0: there is no answer here
    std::string common_headers;  // of the head that is in it
    CachedBody body;
  };
  static constexpr std::size_t kRecentAnswers = 8;  // pollers are at one of a few cursors; of each the latest
  static constexpr std::size_t kLarge = std::size_t{64} << 10;

  CachedBody make(const Exchange& exchange, const Topic* topic, std::uint64_t cursor, int empty_status,
                  Bytes if_none_match) const;
  // `tagged`: with an ETag, where the head is not in it.
  void send(Connection& connection, const CachedBody& body, bool tagged = false);

  Context& context_;
  TechniqueStats& counters_;
  std::array<RecentAnswer, kRecentAnswers> recent_;
};

}  // namespace server
