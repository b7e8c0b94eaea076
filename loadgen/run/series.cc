#include "loadgen/run/series.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "loadgen/measure/interval_log.h"

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

IntervalLog::IntervalLog(const std::string& path, const std::string& title, Nanos start)
    : path_(path), file_(nullptr, close_file) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (file_ == nullptr)
    note_error();
  else
    write(measure::interval_log_head(start, title));
}

void IntervalLog::append(Nanos begin, Nanos length, const measure::Histogram& latency) {
  if (file_ == nullptr || latency.count() == 0) return;
  write(measure::interval_log_line(kTag, begin, length, latency));
}

std::string IntervalLog::close() {
  file_.reset();
  return error_;
}

// Through to the file at once, so that an error is that of this text.
void IntervalLog::write(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
  if (!written || std::fflush(file_.get()) != 0) note_error();
}

void IntervalLog::note_error() {
  if (error_.empty()) error_ = "cannot write " + path_ + ": " + std::strerror(errno);
}

SeriesSteps series_steps(const Phases& phases) {
  const auto stops = static_cast<std::int64_t>(phases.memory.counts.size());  // each has a ramp of its own
  return {step_of(phases.ramp * (stops + 1) + phases.memory.settle * stops + phases.idle + phases.warm_up),
          step_of(phases.measure + phases.drain)};
}

}  // namespace loadgen
