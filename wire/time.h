// Types of time; reading a clock is net/clock.h, and only programs do it: everywhere else time is an argument.
#pragma once

#include <chrono>

namespace wire {

using Nanos = std::chrono::nanoseconds;

// CLOCK_MONOTONIC of this machine: the same in every process of one host, never the wall clock.
struct Monotonic {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): the name of the Clock requirements
};
using Time = Monotonic::time_point;

}  // namespace wire
