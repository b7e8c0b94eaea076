// The C++ side of test_hdr_js.py.
//   histogram_tool [--plain]     reads "VALUE [COUNT]" lines, prints the base64 of the encoding
//   histogram_tool --log         reads the same lines, an empty line ends an interval of 1 s; prints an interval log
//   histogram_tool --decode      reads base64, prints a line "LOWEST HIGHEST COUNT" for every counter in use
//   histogram_tool --quantiles   reads base64, then quantiles one a line; prints count, min, max, mean and the value at
//   each
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "loadgen/measure/histogram_codec.h"
#include "loadgen/measure/interval_log.h"

namespace {

using measure::Histogram;

void encode(measure::Encoding encoding) {
  Histogram histogram;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::int64_t value = 0;
    std::uint64_t count = 1;
    words >> value >> count;
    if (!words) count = 1;
    histogram.record(value, count);
  }
  std::cout << measure::encode_histogram(histogram, encoding) << '\n';
}

void log() {
  std::cout << measure::interval_log_head(std::chrono::seconds(1'700'000'000), "histogram_tool");
  Histogram histogram;
  std::int64_t second = 0;
  const auto flush = [&] {
    std::cout << measure::interval_log_line("delivery_latency", std::chrono::seconds(second++), std::chrono::seconds(1),
                                            histogram);
    histogram.clear();
  };
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) {
      flush();
    } else {
      std::int64_t value = 0;
      std::uint64_t count = 0;
      std::istringstream(line) >> value >> count;
      histogram.record(value, count);
    }
  }
  flush();
}

int report(bool quantiles) {
  std::string base64;
  std::cin >> base64;
  const auto decoded = measure::decode_histogram(base64);
  if (decoded.error != measure::DecodeError::kNone) {
    std::cerr << measure::decode_error_name(decoded.error) << '\n';
    return 1;
  }
  const Histogram& histogram = decoded.histogram;
  if (!quantiles) {
    histogram.for_each_bucket([](std::int64_t lowest, std::int64_t highest, std::uint64_t count) {
      std::cout << lowest << ' ' << highest << ' ' << count << '\n';
    });
    return 0;
  }
  std::cout << std::setprecision(17);
  std::cout << histogram.count() << '\n'
            << histogram.min() << '\n'
            << histogram.max() << '\n'
            << histogram.mean() << '\n';
  for (double q = 0; std::cin >> q;) std::cout << histogram.value_at_quantile(q) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "--decode" || mode == "--quantiles") return report(mode == "--quantiles");
  if (mode == "--log") {
    log();
    return 0;
  }
  if (!mode.empty() && mode != "--plain") {
    std::cerr << "usage: histogram_tool [--plain | --log | --decode | --quantiles]\n";
    return 2;
  }
  encode(mode == "--plain" ? measure::Encoding::kPlain : measure::Encoding::kCompressed);
  return 0;
}
