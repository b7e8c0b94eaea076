#include "loadgen/measure/interval_log.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "loadgen/measure/histogram_codec.h"

namespace measure {

namespace {

std::string with_three_digits(double number) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f", number);
  return text.data();
}

double seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string interval_log_head(Nanos start, std::string_view title) {
  const auto whole = static_cast<std::time_t>(std::chrono::duration_cast<std::chrono::seconds>(start).count());
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return "#" + std::string(title) +
         "\n#[Histogram log format version 1.3]\n#[StartTime: " + with_three_digits(seconds(start)) +
         " (seconds since epoch), " + date.data() +
         "]\n\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
}

std::string interval_log_line(std::string_view tag, Nanos begin, Nanos length, const Histogram& histogram) {
  return "Tag=" + std::string(tag) + "," + with_three_digits(seconds(begin)) + "," +
         with_three_digits(seconds(length)) + "," + with_three_digits(static_cast<double>(histogram.max()) / 1e6) +
         "," + encode_histogram(histogram) + "\n";
}

}  // namespace measure
