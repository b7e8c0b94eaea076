// What the threads of one run share: fixed before they start, but for the moment publishing starts.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "loadgen/scenario.h"
#include "loadgen/technique.h"
#include "measure/pacer.h"
#include "net/address.h"

namespace loadgen {

// Messages are numbered through all topics by the schedule: message n (from 0) goes to topic n % topics, with the
// sequence n / topics + 1 there.
struct RunSpec {
  const Scenario& scenario;
  const Variant& variant;
  Plan plan;
  net::Address target;
  measure::Pacer pacer;
  std::uint64_t topics = 1;
  std::uint64_t first_measured = 0;  // messages [first_measured, end) have their intended time in `measure`
  std::uint64_t end = 0;             // nothing is published from here on
  std::uint64_t seed = 0;
  bool own_tables = false;  // each worker has a descriptor table of its own (net/limits.h)

  std::uint64_t topic_of(std::uint64_t message) const { return message % topics; }
  std::uint64_t sequence_of(std::uint64_t message) const { return message / topics + 1; }
  std::uint64_t message_of(std::uint64_t topic, std::uint64_t sequence) const {
    return (sequence - 1) * topics + topic;
  }
  // The first sequence of `topic` whose message number is at least `message`.
  std::uint64_t first_sequence(std::uint64_t topic, std::uint64_t message) const {
    return message <= topic ? 1 : (message - topic + topics - 1) / topics + 1;
  }
  bool is_measured(std::uint64_t message) const { return message >= first_measured && message < end; }
};

}  // namespace loadgen
