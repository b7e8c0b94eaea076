// How long a subscriber waits before it connects again.
#pragma once

#include <cstdint>

#include "loadgen/technique.h"

namespace loadgen {

// After `attempts` (from 1) that failed in a row. `random`: 64 uniform bits.
Nanos reconnect_delay(const ReconnectPolicy& policy, std::uint32_t attempts, std::uint64_t random);

}  // namespace loadgen
