#include "loadgen/measure/steadiness.h"

#include <numeric>

namespace measure {

namespace {

std::int64_t lowest_of(std::size_t slot) {
  const std::size_t power = slot >> Steadiness::kStepBits;
  const std::uint64_t step = (slot & ((1U << Steadiness::kStepBits) - 1)) | (1U << Steadiness::kStepBits);
  return static_cast<std::int64_t>((step << power) >> Steadiness::kStepBits);
}

}  // namespace

void Steadiness::merge(const Steadiness& other) {
  for (std::size_t i = 0; i < slots_.size(); ++i) slots_[i] += other.slots_[i];
}

std::uint64_t Steadiness::count(std::size_t block) const {
  const auto begin = slots_.begin() + static_cast<std::ptrdiff_t>(block * kSlots);
  return std::accumulate(begin, begin + kSlots, std::uint64_t{0});
}

std::uint64_t Steadiness::count_above(std::size_t block, std::int64_t ns) const {
  const auto begin = slots_.begin() + static_cast<std::ptrdiff_t>(block * kSlots);
  return std::accumulate(begin + static_cast<std::ptrdiff_t>(slot_of(ns) + 1), begin + kSlots, std::uint64_t{0});
}

std::optional<std::int64_t> Steadiness::median(std::size_t block) const {
  const std::uint64_t half = (count(block) + 1) / 2;
  std::uint64_t seen = 0;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    seen += slots_[block * kSlots + slot];
    if (half > 0 && seen >= half) return lowest_of(slot);
  }
  return std::nullopt;
}

}  // namespace measure
