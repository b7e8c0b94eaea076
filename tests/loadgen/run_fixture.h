// A RunSpec to test with: constant rate of one message a millisecond, measured from message 10 to 30.
#pragma once

#include "loadgen/run/recorder.h"
#include "loadgen/run/run_spec.h"
#include "wire/message.h"

namespace loadgen {

struct RunFixture {
  explicit RunFixture(std::uint64_t topics = 1)
      : spec{.scenario = scenario,
             .variant = variant,
             .plan = {},
             .target = {},
             .pacer = measure::Pacer::constant({1'000, std::chrono::seconds(1)}),
             .topics = topics,
             .first_measured = 10,
             .end = 30} {}

  // The message as a subscriber reads it.
  std::string payload(std::uint64_t message, Nanos send_lag = Nanos(0)) const {
    std::string bytes;
    const wire::Time intended = start + spec.pacer.due(message);
    wire::append_payload(bytes, {.publisher = static_cast<std::uint32_t>(spec.topic_of(message)),
                                 .sequence = spec.sequence_of(message),
                                 .intended = intended,
                                 .sent = intended + send_lag,
                                 .length = 100});
    return bytes;
  }
  wire::Time intended(std::uint64_t message) const { return start + spec.pacer.due(message); }

  Scenario scenario;
  Variant variant;
  wire::Time start{std::chrono::hours(5)};
  RunSpec spec;
};

}  // namespace loadgen
