#include "loadgen/scenario/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace loadgen {

namespace {

std::string scaled(double value, std::span<const std::pair<double, const char*>> units) {
  for (const auto& [size, name] : units) {
    if (value >= size * 0.9995 || size == units.back().first) return three_digits(value / size) + " " + name;
  }
  return {};
}

}  // namespace

std::string three_digits(double value) {
  if (value == 0) return "0";
  const int digits = std::max(0, 2 - static_cast<int>(std::floor(std::log10(std::abs(value)))));
  return fmt::format("{:.{}f}", value, digits);
}

std::string human_time(double ns) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}};
  return scaled(ns, kUnits);
}

std::string human_bytes(double bytes) {
  static constexpr std::array<std::pair<double, const char*>, 4> kUnits = {
      {{1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024, "KiB"}, {1, "B"}}};
  return scaled(bytes, kUnits);
}

}  // namespace loadgen
