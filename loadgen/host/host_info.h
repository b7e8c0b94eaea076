// The machine a measurement was made on: part of every result, because no figure means anything without it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "loadgen/host/system_files.h"
#include "wire/time.h"

namespace loadgen {

// Nothing: the machine does not tell.
struct HostInfo {
  std::optional<std::string> cpu;
  unsigned cores = 1;  // that this process may use
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::string> kernel;
  std::optional<std::string> os;
  std::optional<std::string> clocksource;
  wire::Nanos clock_read{0};              // what a reading of the clock costs
  std::optional<std::string> governor;    // of the first processor's clock rate, where there is one to choose
  std::optional<std::string> huge_pages;  // transparent ones: "always", "madvise", "never"
  std::optional<double> load_average;     // over the last minute, when asked
};

HostInfo read_host_info(const SystemFiles& files = SystemFiles());
unsigned usable_cores();  // never 0

// Whether a clock source, as the kernel names it, is read without a system call.
bool is_fast_clock(std::string_view clocksource);

}  // namespace loadgen
