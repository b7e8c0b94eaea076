#include "loadgen/measure/bursts.h"

#include <algorithm>
#include <utility>

namespace measure {

namespace {

constexpr std::size_t kEnough = 6;          // bursts, and three of each watched subscriber that had any
constexpr double kAlike = 0.25;             // distance from the median
constexpr double kMostAlike = 0.7;          // of them
constexpr std::uint64_t kMostMessages = 2;  // at least one in so many comes in a burst

template <typename Burst, typename Value>
auto median_of(const std::vector<Burst>& bursts, Value value) {
  std::vector<decltype(value(bursts.front()))> values;
  values.reserve(bursts.size());
  for (const Burst& burst : bursts) values.push_back(value(burst));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <typename Burst, typename Value>
bool alike(const std::vector<Burst>& bursts, Value value) {
  const double median = static_cast<double>(median_of(bursts, value));
  const auto near = std::count_if(bursts.begin(), bursts.end(), [&](const Burst& burst) {
    const double distance = static_cast<double>(value(burst)) - median;
    return distance <= kAlike * median && -distance <= kAlike * median;
  });
  return static_cast<double>(near) >= kMostAlike * static_cast<double>(bursts.size());
}

}  // namespace

void BurstDetector::arrived(std::uint32_t slot, Time sent, Time received, std::uint64_t bytes) {
  Burst& burst = open_[slot];
  if (burst.messages > 0 && received - burst.received > kTogether) {
    end(burst);
    burst = {.received = received, .since_previous = received - burst.received};
  } else if (burst.messages == 0) {
    burst.received = received;
  }
  if (burst.messages == 0) burst.first_sent = burst.last_sent = sent;
  burst.first_sent = std::min(burst.first_sent, sent);
  burst.last_sent = std::max(burst.last_sent, sent);
  burst.last_waited = received - burst.last_sent;
  burst.bytes += bytes;
  ++burst.messages;
}

// The first burst of a subscriber has no distance to one before it, and what it holds may have begun before the
// watching did; the last is never ended.
void BurstDetector::end(const Burst& burst) {
  ended_ += burst.messages;
  if (burst.messages < 2 || burst.held() < kHeld) return;
  held_ += burst.messages;
  if (burst.since_previous > Nanos(0) && kept_.size() < kMaxKept) kept_.push_back(burst);
}

void BurstDetector::merge(BurstDetector other) {
  for (std::uint32_t slot = 0; slot < kWatched; ++slot) {
    if (other.open_[slot].messages > 0) open_[slot] = other.open_[slot];
  }
  kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
  ended_ += other.ended_;
  held_ += other.held_;
}

std::optional<Bursts> BurstDetector::judge(Nanos jitter) const {
  const auto watched = static_cast<std::size_t>(
      std::count_if(open_.begin(), open_.end(), [](const Burst& burst) { return burst.messages > 0; }));
  if (kept_.size() < std::max(kEnough, 3 * watched) || kMostMessages * held_ < ended_) return std::nullopt;
  const auto held = [](const Burst& burst) { return burst.held().count(); };
  const auto bytes = [](const Burst& burst) { return burst.bytes; };
  const auto period = [](const Burst& burst) { return burst.since_previous.count(); };
  const auto waited = [](const Burst& burst) { return burst.last_waited.count(); };
  const std::int64_t usual = median_of(kept_, held);
  if (usual < jitter.count() || 4 * median_of(kept_, waited) > usual) return std::nullopt;
  if (!alike(kept_, bytes) && !alike(kept_, period)) return std::nullopt;
  return Bursts{median_of(kept_, [](const Burst& burst) { return burst.messages; }), median_of(kept_, bytes),
                Nanos(median_of(kept_, period))};
}

}  // namespace measure
