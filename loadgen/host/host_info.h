// The machine a measurement was made on: part of every result, because no figure means anything without it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/time.h"

namespace loadgen {

struct HostInfo {
  std::string cpu;
  unsigned cores = 0;  // that this process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string os;
  std::string clocksource;
  wire::Nanos clock_read{0};  // what a reading of the clock costs
  std::string governor;       // of the first processor's clock rate; empty when there is none to choose
  std::string huge_pages;     // transparent ones: "always", "madvise", "never"; empty when unknown
  double load_average = 0;    // over the last minute, when asked
};

HostInfo read_host_info();
unsigned usable_cores();  // 0 when the kernel does not tell

// Whether a clock source, as the kernel names it, is read without a system call.
bool is_fast_clock(std::string_view clocksource);

}  // namespace loadgen
