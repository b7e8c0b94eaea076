// Process limits that decide how many connections fit.
#pragma once

#include <cstdint>

namespace net {

struct DescriptorLimit {
  std::uint64_t soft = 0;  // after raising
  std::uint64_t hard = 0;
};

// Raises RLIMIT_NOFILE to the hard limit and returns what holds now. Call it before threads start.
DescriptorLimit raise_descriptor_limit();

}  // namespace net
