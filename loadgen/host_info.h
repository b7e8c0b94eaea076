// The machine a measurement was made on: part of every result, because no figure means anything without it.
#pragma once

#include <cstdint>
#include <string>

namespace loadgen {

struct HostInfo {
  std::string cpu;
  unsigned cores = 0;  // that this process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string os;
  std::string clocksource;
  double load_average = 0;  // over the last minute, when asked
};

HostInfo read_host_info();

}  // namespace loadgen
