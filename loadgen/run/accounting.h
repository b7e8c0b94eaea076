// Which deliveries were owed, and which of them came.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "loadgen/run/receiver.h"
#include "loadgen/run/run_spec.h"

namespace loadgen {

// Messages that never reached the server, by topic.
class Unpublished {
 public:
  Unpublished() = default;
  Unpublished(const RunSpec& spec, std::span<const std::uint64_t> messages);
  // Of one topic, sorted, each once.
  std::span<const std::uint64_t> sequences(std::uint64_t topic) const;

 private:
  std::vector<std::uint64_t> topics_;     // of each
  std::vector<std::uint64_t> sequences_;  // beside it
};

struct ExpectedDeliveries {
  std::uint64_t expected = 0;
  std::uint64_t missing = 0;
  std::uint64_t missed_while_away = 0;  // those of them that were due while the subscriber had no connection
};

// One subscriber: expected are the measured messages that it is owed, from its first entitled one on and below the
// message `end`, less those unpublished that it has not received; missing are those of them that did not arrive.
// Whether its technique resumes or not, a subscriber stays entitled while it is away: that is when pushes get lost.
ExpectedDeliveries account_of(const RunSpec& spec, const Receiver& receiver, std::uint64_t end,
                              const Unpublished& unpublished);

}  // namespace loadgen
