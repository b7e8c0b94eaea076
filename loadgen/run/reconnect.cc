#include "loadgen/run/reconnect.h"

#include <algorithm>
#include <cmath>

namespace loadgen {

// A random share: clients that lost one server do not come back in step.
Nanos reconnect_delay(const ReconnectPolicy& policy, std::uint32_t attempts, std::uint64_t random) {
  const double grown = static_cast<double>(policy.initial.count()) * std::pow(policy.factor, attempts - 1);
  const auto max = static_cast<double>(policy.max.count());
  const double part = static_cast<double>(random >> 11) * 0x1p-53;  // [0, 1)
  const double delay = policy.both_ways ? std::min(grown * (1 + policy.jitter * (2 * part - 1)), max)
                                        : std::min(grown, max) * (1 - policy.jitter * part);
  return std::max(Nanos(static_cast<std::int64_t>(delay)), kLeastReconnectDelay);
}

Nanos delay_after_failure(const ReconnectPolicy& policy, Nanos retry, std::uint32_t attempts, std::uint64_t random) {
  if (retry >= Nanos(0) && attempts == 1) return std::max(retry, kLeastReconnectDelay);
  return std::max(retry, reconnect_delay(policy, attempts, random));
}

}  // namespace loadgen
