// Delivery latency by when a message was due: the measured messages in 15 blocks of equal number, each with a coarse
// histogram. Tells whether a run was steady (validity rule 13) and how far its samples hang together (rule 8).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/time.h"

namespace measure {

// 60 KiB. Owned by one thread; threads merge at join. Steps of a slot are 1/16 of a power of two (6 %).
class Steadiness {
 public:
  static constexpr std::size_t kBlocks = 15;
  static constexpr std::size_t kStepBits = 4;
  static constexpr std::size_t kSlots = 42 << kStepBits;  // up to 1 h

  // Messages [first, first + count).
  Steadiness(std::uint64_t first, std::uint64_t count) : first_(first), count_(count), slots_(kBlocks * kSlots) {}

  void record(std::uint64_t message, wire::Nanos latency) {
    const std::uint64_t place = message - first_;  // wraps to a large number below the range
    if (place >= count_) return;
    ++slots_[place * kBlocks / count_ * kSlots + slot_of(latency.count())];
  }
  void merge(const Steadiness& other);  // requires the same range

  std::uint64_t messages() const { return count_; }
  // The middle of a block's deliveries, as the lowest value of its slot; nothing when the block is empty.
  std::optional<std::int64_t> median(std::size_t block) const;
  // Deliveries of a block: all of them, and those in slots above that of `ns`.
  std::uint64_t count(std::size_t block) const;
  std::uint64_t count_above(std::size_t block, std::int64_t ns) const;

  static constexpr std::size_t slot_of(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns < 1 ? 1 : ns);
    const auto power = static_cast<std::size_t>(std::bit_width(value) - 1);
    const std::uint64_t step = power >= kStepBits ? value >> (power - kStepBits) : value << (kStepBits - power);
    const std::size_t slot = (power << kStepBits) + static_cast<std::size_t>(step & ((1U << kStepBits) - 1));
    return slot < kSlots ? slot : kSlots - 1;
  }

 private:
  std::uint64_t first_;
  std::uint64_t count_;
  std::vector<std::uint32_t> slots_;  // of block 0, of block 1, ...
};

}  // namespace measure
