// How late a loop comes around, judged by a timer that is due every 10 ms. Time is an argument.
#pragma once

#include <chrono>

#include "loadgen/measure/histogram.h"

namespace loadgen {

using wire::Nanos;

class LagProbe {
 public:
  static constexpr Nanos kPeriod = std::chrono::milliseconds(10);

  void start(wire::Time begin) { due_ = begin + kPeriod; }
  wire::Time due() const { return due_; }

  // The loop came around, not before due(); returns how late. A loop that stood still has missed the probes that were
  // due meanwhile: each is recorded with what it waited, so that a stall weighs as much as it lasted and not one sample
  // (coordinated omission). A few ns for each 10 ms of a stall: it needs no limit.
  Nanos came(wire::Time now, measure::Histogram& lags) {
    const Nanos lag = now - due_;
    for (; due_ <= now; due_ += kPeriod) lags.record(now - due_);
    return lag;
  }

 private:
  wire::Time due_{};
};

}  // namespace loadgen
