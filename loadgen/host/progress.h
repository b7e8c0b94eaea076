// What a person sees while a run goes on: one line that is rewritten on a terminal, a line every few seconds elsewhere.
// Written to standard error, so that standard output stays the result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/time.h"

namespace loadgen {

struct ProgressState {
  std::string_view phase;  // "ramp", "warm-up", "measure", "drain"
  std::uint64_t subscribed = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failures = 0;
  wire::Nanos left{0};  // at most, of this run
};

class Progress {
 public:
  // `quiet`: nothing is written.
  explicit Progress(bool quiet);
  void begin_run(std::string title, wire::Time now);      // "[2/7] long-polling"
  void show(const ProgressState& state, wire::Time now);  // as often as one likes; it limits itself
  void note(std::string_view line);                       // a line that stays
  void end_run();
  wire::Nanos interval() const;  // how often show() is worth calling

 private:
  void clear_line();

  std::string title_;
  wire::Time last_shown_{};
  std::uint64_t last_delivered_ = 0;
  bool quiet_;
  bool terminal_;
  bool line_open_ = false;
};

}  // namespace loadgen
