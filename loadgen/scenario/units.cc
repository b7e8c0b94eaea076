#include "loadgen/scenario/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace loadgen {

namespace {

constexpr int kDigits = 3;
constexpr int kAllDigits = 15;

struct Scale {
  double size;
  std::string_view name;
};
constexpr std::array<Scale, 4> kTimes = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}};
constexpr std::array<Scale, 4> kSizes = {
    {{1024.0 * 1024 * 1024, "GiB"}, {1024.0 * 1024, "MiB"}, {1024, "KiB"}, {1, "B"}}};

void group_thousands(std::string& number) {
  const std::size_t end = std::min(number.find('.'), number.size());
  const std::size_t begin = number.starts_with('-') ? 1 : 0;
  for (std::size_t i = end; i > begin + 3;) number.insert(i -= 3, 1, ',');
}

// 1234.5 with three digits is "1,230", 12.34 is "12.3".
std::string significant(double value, int digits) {
  if (value == 0) return "0";
  const auto power = [](double number) { return static_cast<int>(std::floor(std::log10(std::abs(number)))); };
  const double step = std::pow(10.0, power(value) - digits + 1);
  const double rounded = std::round(value / step) * step;  // 999.9 becomes 1,000, which has a digit more
  std::string text = fmt::format("{:.{}f}", rounded, std::max(0, digits - 1 - power(rounded)));
  group_thousands(text);
  return text;
}

std::string scaled(double value, std::span<const Scale> scales, int digits) {
  const auto fits = [&](const Scale& scale) { return std::abs(value) >= scale.size * 0.9995; };
  const auto found = std::ranges::find_if(scales, fits);
  const Scale& scale = found == scales.end() ? scales.back() : *found;
  return fmt::format("{} {}", significant(value / scale.size, digits), scale.name);
}

std::string text_of(double value, Unit unit, int digits) {
  switch (unit) {
    case Unit::kTime:
      return scaled(value, kTimes, digits);
    case Unit::kSize:
      return scaled(value, kSizes, digits);
    case Unit::kBandwidth:
      return scaled(value, kSizes, digits) + "/s";
    case Unit::kRate:
      return significant(value, digits) + "/s";
    case Unit::kShare:
      return significant(100 * value, digits) + " %";
    case Unit::kCount:
      return wire::format_count(static_cast<std::uint64_t>(std::llround(value)));
    case Unit::kNumber:
      break;
  }
  return significant(value, digits);
}

template <typename T>
wire::Parsed<double> as_number(const wire::Parsed<T>& parsed) {
  if (!parsed) return {{}, parsed.error};
  return {static_cast<double>(*parsed.value), {}};
}

}  // namespace

wire::Parsed<double> parse_quantity(std::string_view text, Unit unit) {
  switch (unit) {
    case Unit::kTime: {
      const auto time = wire::parse_duration(text);
      if (!time) return {{}, time.error};
      return {static_cast<double>(time.value->count()), {}};
    }
    case Unit::kSize:
      return as_number(wire::parse_size(text));
    case Unit::kBandwidth:
      if (!text.ends_with("/s")) return {{}, "a bandwidth is a size in a second, such as 10KiB/s"};
      return as_number(wire::parse_size(text.substr(0, text.size() - 2)));
    case Unit::kRate: {
      const auto rate = wire::parse_rate(text);
      if (!rate) return {{}, rate.error};
      return {rate.value->per_second(), {}};
    }
    case Unit::kShare:
      return wire::parse_fraction(text);
    case Unit::kCount:
      return as_number(wire::parse_count(text));
    case Unit::kNumber:
      break;
  }
  return wire::parse_number(text);
}

std::string quantity_text(double value, Unit unit) {
  return unit == Unit::kShare ? quantity_text(value, unit, 1) : text_of(value, unit, kDigits);
}

std::string quantity_text(double value, Unit unit, double limit) {
  const auto tells = [&](int digits, double other) {
    return value == other || text_of(value, unit, digits) != text_of(other, unit, digits);
  };
  int digits = kDigits;
  while (digits < kAllDigits && !(tells(digits, limit) && (unit != Unit::kShare || tells(digits, 1)))) ++digits;
  return text_of(value, unit, digits);
}

std::string three_digits(double value) {
  return significant(value, kDigits);
}

std::string human_time(double ns) {
  return quantity_text(ns, Unit::kTime);
}

std::string human_bytes(double bytes) {
  return quantity_text(bytes, Unit::kSize);
}

}  // namespace loadgen
