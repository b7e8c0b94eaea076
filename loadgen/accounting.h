// Which deliveries were owed, and which of them came.
#pragma once

#include <cstdint>
#include <span>

#include "loadgen/recorder.h"
#include "loadgen/run_spec.h"

namespace loadgen {

struct Account {
  std::uint64_t expected = 0;
  std::uint64_t missing = 0;
};

// One subscriber: expected are the measured messages of its topic from its first entitled one on and below `end`, less
// those in `unpublished` (message numbers, sorted) that it has not received; missing are those of them that did not
// arrive.
Account account_of(const RunSpec& spec, const Reception& reception, std::uint64_t end,
                   std::span<const std::uint64_t> unpublished);

}  // namespace loadgen
