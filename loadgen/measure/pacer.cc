#include "loadgen/measure/pacer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace measure {
namespace {

__extension__ using Wide = unsigned __int128;  // n x period does not fit 64 bits after an hour at 1e6/s

constexpr std::uint64_t kGaps = 65'536;
constexpr double kMaxPerSecond = 1e9;
constexpr std::uint64_t kMaxBurst = std::uint64_t{1} << 32;
constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

void require(bool condition, const char* sentence) {
  if (!condition) throw std::invalid_argument(sentence);
}

void require_rate(const Rate& rate) {
  require(rate.per.count() > 0, "the period of a publishing rate must be positive");
  require(rate.per_second() <= kMaxPerSecond, "a publishing rate above 1e9/s cannot be scheduled in nanoseconds");
}

// floor(n x per / events); kNever when that is beyond 292 years.
Nanos time_of(std::uint64_t n, const Rate& rate) {
  const auto per = static_cast<std::uint64_t>(rate.per.count());
  const Wide time = static_cast<Wide>(n) * per / rate.events;
  return time >= static_cast<Wide>(Pacer::kNever.count()) ? Pacer::kNever : Nanos(static_cast<std::int64_t>(time));
}

Nanos add(Nanos a, Nanos b) {
  return a >= Pacer::kNever - b ? Pacer::kNever : a + b;
}  // requires both >= 0

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform, unlike the distributions of <random>.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Rate Rate::of_per_second(double rate) {
  require(rate >= 0 && rate <= kMaxPerSecond, "a publishing rate must be between 0 and 1e9/s");
  constexpr std::uint64_t kMicro = 1'000'000;
  const auto events = static_cast<std::uint64_t>(std::llround(rate * kMicro));
  if (events == 0) return Rate{0, std::chrono::seconds(1)};
  const std::uint64_t common = std::gcd(events, kMicro);
  return Rate{events / common, std::chrono::seconds(kMicro / common)};
}

Pacer Pacer::constant(Rate rate) {
  require_rate(rate);
  require(rate.events > 0, "a publishing rate must be above 0");
  return Pacer(Kind::kConstant, rate);
}

Pacer Pacer::poisson(Rate rate, std::uint64_t seed) {
  Pacer pacer = constant(rate);
  pacer.kind_ = Kind::kPoisson;
  std::vector<double> sums(kGaps);
  double sum = 0;
  for (double& entry : sums) {
    // 53 random bits, moved by half a step: never 0, so the logarithm is finite.
    const double uniform = (static_cast<double>(next_random(seed) >> 11) + 0.5) * 0x1p-53;
    entry = sum -= std::log(uniform);
  }
  const Nanos cycle = time_of(kGaps, rate);
  auto gaps = std::make_shared<std::vector<Nanos>>(kGaps);
  for (std::uint64_t i = 0; i < kGaps; ++i) {
    const double offset = sums[i] / sum * static_cast<double>(cycle.count());
    // The last one is the cycle itself, exactly; and a cycle of 292 years would not fit back from its double.
    (*gaps)[i] = offset >= static_cast<double>(cycle.count()) ? cycle : Nanos(static_cast<std::int64_t>(offset));
  }
  pacer.gaps_ = std::move(gaps);
  return pacer;
}

Pacer Pacer::burst(Rate rate, std::uint64_t size) {
  require(size > 0 && size <= kMaxBurst, "a burst must have 1 to 2^32 messages");
  Pacer pacer = constant(rate);
  pacer.kind_ = Kind::kBurst;
  pacer.size_ = size;
  return pacer;
}

Pacer Pacer::ramp(Rate from, Rate to, Nanos duration) {
  require_rate(from);
  require_rate(to);
  require(from.events > 0 || to.events > 0, "one end of a ramp must be above 0");
  require(duration.count() >= 0, "the duration of a ramp must not be negative");
  Pacer pacer(Kind::kRamp, to);
  const double start = from.per_second() / 1e9;
  const double stop = to.per_second() / 1e9;
  const auto length = static_cast<double>(duration.count());
  // The area under the line: how many messages (with a fraction) are due before the end of the ramp.
  const double area = (start + stop) / 2 * length;
  pacer.ramp_.from = start;
  pacer.ramp_.slope = length > 0 ? (stop - start) / length : 0;
  pacer.ramp_.events = static_cast<std::uint64_t>(std::ceil(area));
  pacer.ramp_.end = kNever;
  if (to.events > 0) {
    const double wait = (static_cast<double>(pacer.ramp_.events) - area) / stop;
    pacer.ramp_.end = add(duration, Nanos(std::llround(wait)));
  }
  return pacer;
}

// n messages are due when from t + slope t^2 / 2 = n; the form of the root that does not cancel for small slopes.
Nanos Pacer::due_in_ramp(std::uint64_t n) const {
  if (n >= ramp_.events) {
    if (rate_.events == 0) return kNever;
    return add(ramp_.end, time_of(n - ramp_.events, rate_));
  }
  if (n == 0) return Nanos(0);
  const double count = static_cast<double>(n);
  const double root = std::sqrt(std::max(0.0, ramp_.from * ramp_.from + 2 * ramp_.slope * count));
  const double time = 2 * count / (ramp_.from + root);
  return std::min(ramp_.end, Nanos(std::llround(time)));
}

Nanos Pacer::due(std::uint64_t n) const {
  switch (kind_) {
    case Kind::kConstant:
      return time_of(n, rate_);
    case Kind::kPoisson:
      return add(time_of(n / kGaps * kGaps, rate_), (*gaps_)[n % kGaps]);
    case Kind::kBurst:
      return time_of(n / size_ * size_, rate_);
    case Kind::kRamp:
      return due_in_ramp(n);
  }
  return kNever;
}

std::uint64_t Pacer::first_at_or_after(Nanos offset) const {
  if (offset == kNever) return kNone;
  if (due(0) >= offset) return 0;
  std::uint64_t below = 0;  // due(below) < offset <= due(above)
  std::uint64_t above = 1;
  while (due(above) < offset) {
    below = above;
    above *= 2;  // ends: 2^34 messages at 1e9/s take 17 s, 2^63 at any rate up to it 292 years
  }
  while (above - below > 1) {
    const std::uint64_t middle = below + (above - below) / 2;
    (due(middle) < offset ? below : above) = middle;
  }
  return due(above) == kNever ? kNone : above;
}

}  // namespace measure
