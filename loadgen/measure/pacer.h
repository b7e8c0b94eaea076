// The open-loop schedule of a publisher: when message n is due is arithmetic on n (an idea of vegeta's Pacer), so no
// stall of ours or the server's can move it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "wire/time.h"

namespace measure {

using wire::Nanos;

// `events` per `per`, exact: 30 a minute is {30, 60 s}, one in three seconds is {1, 3 s}.
struct Rate {
  std::uint64_t events = 0;
  Nanos per = std::chrono::seconds(1);

  double per_second() const { return static_cast<double>(events) * 1e9 / static_cast<double>(per.count()); }
  // The nearest multiple of 1e-6 a second (1e-6/s is one event in 12 days).
  static Rate of_per_second(double rate);
  friend bool operator==(const Rate&, const Rate&) = default;
};

// Cheap to copy, immutable, free of locks: any thread may ask. The factories throw std::invalid_argument (start-up
// only) for a rate without events or above 1e9/s, a size outside 1 to 2^32 or a negative duration.
class Pacer {
 public:
  // The schedule never reaches a message whose time is kNever (after a ramp down to 0).
  static constexpr Nanos kNever = Nanos::max();

  static Pacer constant(Rate rate);
  // Exponential gaps from a table of 65,536 that repeats, scaled so that each cycle takes 65,536 / rate: the mean rate
  // is exact. The first message comes after the first gap.
  static Pacer poisson(Rate rate, std::uint64_t seed);
  // `size` messages at once, spaced so that `rate` is the mean.
  static Pacer burst(Rate rate, std::uint64_t size);
  // The rate changes linearly over `duration`, then stays at `to`. One of the two may be 0.
  static Pacer ramp(Rate from, Rate to, Nanos duration);

  // When message n (from 0) is due, from the start of publishing. Monotone, never before 0; constant and burst are
  // n x per / events rounded down once, so nothing drifts.
  Nanos due(std::uint64_t n) const;

  // The smallest n with due(n) >= offset: the messages of a window [a, b) are [first_at_or_after(a),
  // first_at_or_after(b)). 2^64 - 1 when there is none.
  std::uint64_t first_at_or_after(Nanos offset) const;

 private:
  enum class Kind : std::uint8_t { kConstant, kPoisson, kBurst, kRamp };
  struct Ramp {
    double from = 0;           // events/ns
    double slope = 0;          // events/ns^2
    std::uint64_t events = 0;  // the first message at or after the end of the ramp
    Nanos end{};               // its time
  };

  Pacer(Kind kind, Rate rate) : kind_(kind), rate_(rate) {}
  Nanos due_in_ramp(std::uint64_t n) const;

  Kind kind_;
  Rate rate_;               // of a ramp: `to`
  std::uint64_t size_ = 1;  // of a burst
  Ramp ramp_;
  std::shared_ptr<const std::vector<Nanos>> gaps_;  // Poisson: offsets inside one cycle
};

}  // namespace measure
