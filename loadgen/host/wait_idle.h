// Waiting for other work on this machine to end (validity rule 31).
#pragma once

#include <optional>

#include "loadgen/host/system_files.h"
#include "wire/time.h"

namespace loadgen {

// The load average of the last minute above which a machine is busy (rule 31).
inline double busy_load(unsigned cores) {
  return 0.5 * cores;
}

// Returns when the load average of the last minute is not above busy_load(), asked once a second, or after `limit`.
// The last value asked; nothing when the kernel tells none.
std::optional<double> wait_until_idle(unsigned cores, wire::Nanos limit, const SystemFiles& files = SystemFiles());

}  // namespace loadgen
