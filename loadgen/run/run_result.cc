#include "loadgen/run/run_result.h"

namespace loadgen {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kInvalid:
      return "invalid";
  }
  return "";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kDoubtful:
      return "doubtful";
    case Verdict::kInvalid:
      return "invalid";
  }
  return "";
}

double RunResult::handshakes_per_second() const {
  const double seconds = std::chrono::duration<double>(window.length).count();
  return seconds > 0 ? static_cast<double>(window.tls.handshakes) / seconds : 0;
}

}  // namespace loadgen
