#include "loadgen/target/memory_slope.h"

#include <algorithm>
#include <array>

#include "loadgen/scenario/scenario.h"

namespace loadgen {

namespace {

struct Quantity {
  std::string_view name;
  std::optional<std::uint64_t> (*of)(const MemoryPoint&);
};

constexpr std::array<Quantity, 7> kQuantities = {{
    {"server_pss", [](const MemoryPoint& point) { return point.server.pss_bytes; }},
    {"server_private", [](const MemoryPoint& point) { return point.server.private_bytes; }},
    {"server_sockets", [](const MemoryPoint& point) { return point.server.socket_bytes; }},
    {"generator_pss", [](const MemoryPoint& point) { return point.generator.pss_bytes; }},
    {"generator_private", [](const MemoryPoint& point) { return point.generator.private_bytes; }},
    {"generator_sockets", [](const MemoryPoint& point) { return point.generator.socket_bytes; }},
    {"kernel_slab", [](const MemoryPoint& point) { return point.slab_bytes; }},
}};

struct Sample {
  double x, y;
};

// Requires different x. Around the means, so that large numbers lose no digits.
MemorySlope line_through(std::string_view name, std::span<const Sample> samples) {
  const auto count = static_cast<double>(samples.size());
  double mean_x = 0, mean_y = 0;
  for (const Sample& sample : samples) {
    mean_x += sample.x / count;
    mean_y += sample.y / count;
  }
  double xx = 0, xy = 0, yy = 0;
  for (const Sample& sample : samples) {
    xx += (sample.x - mean_x) * (sample.x - mean_x);
    xy += (sample.x - mean_x) * (sample.y - mean_y);
    yy += (sample.y - mean_y) * (sample.y - mean_y);
  }
  const double slope = xy / xx;
  const double explained = yy > 0 ? std::clamp(xy * xy / (xx * yy), 0.0, 1.0) : 1;  // a level line explains all
  return {name, slope, mean_y - slope * mean_x, explained, samples.size()};
}

}  // namespace

std::vector<MemorySlope> memory_slopes(std::span<const MemoryPoint> points) {
  std::vector<MemorySlope> slopes;
  for (const Quantity& quantity : kQuantities) {
    std::vector<Sample> samples;
    for (const MemoryPoint& point : points) {
      if (const auto bytes = quantity.of(point))
        samples.push_back({static_cast<double>(point.subscribers), static_cast<double>(*bytes)});
    }
    std::vector<double> counts;
    for (const Sample& sample : samples) counts.push_back(sample.x);
    std::ranges::sort(counts);
    if (counts.size() < kLeastMemoryPoints || std::ranges::adjacent_find(counts) != counts.end()) continue;
    slopes.push_back(line_through(quantity.name, samples));
  }
  return slopes;
}

std::optional<MemorySlope> memory_slope(std::span<const MemoryPoint> points, std::string_view name) {
  for (const MemorySlope& slope : memory_slopes(points)) {
    if (slope.name == name) return slope;
  }
  return std::nullopt;
}

}  // namespace loadgen
