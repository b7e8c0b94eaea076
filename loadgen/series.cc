#include "loadgen/series.h"

#include <algorithm>
#include <chrono>

#include "measure/interval_log.h"

namespace loadgen {

namespace {

constexpr const char* kTag = "delivery_latency";

int close_file(std::FILE* file) {
  return file == nullptr ? 0 : std::fclose(file);
}

Nanos step_of(Nanos length) {
  constexpr std::int64_t kRows = 600;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(length).count();
  return std::chrono::seconds(std::max<std::int64_t>(1, (seconds + kRows - 1) / kRows));
}

}  // namespace

IntervalLog::IntervalLog(const std::string& path, const std::string& title, Nanos start) : file_(nullptr, close_file) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (file_ == nullptr) return;
  const std::string head = measure::interval_log_head(start, title);
  std::fwrite(head.data(), 1, head.size(), file_.get());
}

void IntervalLog::append(Nanos begin, Nanos length, const measure::Histogram& latency) {
  if (file_ == nullptr || latency.count() == 0) return;
  const std::string line = measure::interval_log_line(kTag, begin, length, latency);
  std::fwrite(line.data(), 1, line.size(), file_.get());
  std::fflush(file_.get());
}

SeriesSteps series_steps(const Phases& phases) {
  const auto stops = static_cast<std::int64_t>(phases.memory.counts.size());  // each has a ramp of its own
  return {step_of(phases.ramp * (stops + 1) + phases.memory.settle * stops + phases.idle + phases.warm_up),
          step_of(phases.measure + phases.drain)};
}

}  // namespace loadgen
