// Which deliveries were owed, and which of them came.
#pragma once

#include <cstdint>
#include <vector>

#include "loadgen/measure/fanout.h"
#include "loadgen/run/receiver.h"
#include "loadgen/run/run_spec.h"

namespace loadgen {

// Of the messages of which nobody knows that the server took them: the measured ones below the message `end` that no
// subscriber of `fanout` has received. Whoever has received one proves that it was published.
std::vector<std::uint64_t> lost_messages(const RunSpec& spec, std::vector<std::uint64_t> unpublished, std::uint64_t end,
                                         const measure::FanOut& fanout);

// Messages that never reached the server, in any number: how many of them one subscriber would have been owed is found
// by searches, not by a look at each.
class Unpublished {
 public:
  Unpublished() = default;
  Unpublished(const RunSpec& spec, const std::vector<std::uint64_t>& messages);
  // Those that this subscriber would have been owed, from place `first` to place `last` of its stream.
  std::uint64_t count(const TopicMember& part, std::uint64_t first, std::uint64_t last) const;

 private:
  struct Message {
    std::uint64_t topic;
    std::uint64_t member;  // of the topic, who publishes it; 0 where that is the publisher
    std::uint64_t sequence;
  };
  std::vector<Message> by_topic_;  // in the order of their topics, then of their sequences
  std::vector<Message>
      by_member_;  // in the order of topics, members, sequences; empty unless some get none of their own
};

struct ExpectedDeliveries {
  std::uint64_t expected = 0;
  std::uint64_t missing = 0;
  std::uint64_t missed_while_away = 0;  // those of them that were due while the subscriber had no connection
};

// One subscriber: expected are the measured messages that it is owed, from its first entitled one on and below the
// message `end`, less those unpublished; missing are those of them that did not arrive. Requires that nobody has
// received one of the unpublished. Whether its technique resumes or not, a subscriber stays entitled while it is away:
// that is when pushes get lost. Costs a few searches in `unpublished` and in what the subscriber has lost.
ExpectedDeliveries account_of(const RunSpec& spec, const Receiver& receiver, std::uint64_t end,
                              const Unpublished& unpublished);

}  // namespace loadgen
