// How long a subscriber waits before it connects again.
#pragma once

#include <cstdint>

#include "loadgen/clients/techniques.h"

namespace loadgen {

// After `attempts` (from 1) that failed in a row. `random`: 64 uniform bits.
Nanos reconnect_delay(const ReconnectPolicy& policy, std::uint32_t attempts, std::uint64_t random);

// After a failure of a client that the server has asked to wait for `retry` (SSE; negative: it has not): so long before
// the first attempt, and never less before those that follow (HTML standard section 9.2.3).
Nanos delay_after_failure(const ReconnectPolicy& policy, Nanos retry, std::uint32_t attempts, std::uint64_t random);

}  // namespace loadgen
