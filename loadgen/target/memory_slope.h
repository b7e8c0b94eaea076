// Memory at several numbers of subscribers, and the straight line through it: what one more subscriber costs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace loadgen {

// Of one side of the connections. What could not be read is nullopt.
struct MemoryReading {
  std::optional<std::uint64_t> pss_bytes;      // of the process with all it has started (pushbench: alone)
  std::optional<std::uint64_t> private_bytes;  // that it shares with no other process
  std::optional<std::uint64_t> socket_bytes;   // buffers that the kernel charges to its sockets
};

struct MemoryPoint {
  std::uint64_t subscribers = 0;  // subscribed when it was read
  MemoryReading server;
  MemoryReading generator;
  std::optional<std::uint64_t>
      slab_bytes;  // the kernel's, unreclaimable, of the whole machine: both ends of connections
};

// Least squares over the points that have the quantity.
struct MemorySlope {
  std::string_view name;  // "server_pss", "generator_sockets", "kernel_slab"
  double bytes_per_subscriber = 0;
  double bytes_at_zero = 0;  // where the line meets no subscribers
  double r2 = 0;             // the share of the variance that the line explains, 0 to 1
  std::uint64_t points = 0;
};

// Of every quantity that at least kLeastMemoryPoints points with different numbers of subscribers have.
std::vector<MemorySlope> memory_slopes(std::span<const MemoryPoint> points);
// One of them by name.
std::optional<MemorySlope> memory_slope(std::span<const MemoryPoint> points, std::string_view name);

}  // namespace loadgen
