#include "loadgen/measure/sequence_tracker.h"

#include <algorithm>
#include <bit>

namespace measure {

// What is missing below the highest arrival.
class SequenceTracker::Losses {
 public:
  // Requires first <= last and everything before to be below `first`.
  void open(std::uint64_t first, std::uint64_t last) {
    if (bits_.empty()) {
      holes_.push_back({first, last});
      choose_form();
    } else {
      set(first, last);
    }
  }

  // false when it was not missing.
  bool fill(std::uint64_t sequence) {
    if (!bits_.empty()) {
      if (!bit(sequence)) return false;
      bits_[(sequence - base_) / 64] &= ~(std::uint64_t{1} << ((sequence - base_) % 64));
      return true;
    }
    const auto hole = find(sequence);
    if (hole == holes_.end() || sequence < hole->first) return false;
    if (hole->first == hole->last) {
      holes_.erase(hole);
    } else if (sequence == hole->first) {
      ++hole->first;
    } else if (sequence == hole->last) {
      --hole->last;
    } else {
      const Hole upper{sequence + 1, hole->last};
      hole->last = sequence - 1;
      holes_.insert(hole + 1, upper);
      choose_form();
    }
    return true;
  }

  bool missing(std::uint64_t sequence) const {
    if (!bits_.empty()) return bit(sequence);
    const auto hole = find(sequence);
    return hole != holes_.end() && sequence >= hole->first;
  }

  std::uint64_t missing_in(std::uint64_t first, std::uint64_t last) const {
    if (!bits_.empty()) return set_bits_in(first, last);
    std::uint64_t missing = 0;
    for (auto hole = find(first); hole != holes_.end() && hole->first <= last; ++hole) {
      missing += std::min(last, hole->last) - std::max(first, hole->first) + 1;
    }
    return missing;
  }

  std::size_t bytes() const { return sizeof *this + holes_.capacity() * sizeof(Hole) + bits_.capacity() * 8; }

 private:
  struct Hole {
    std::uint64_t first;
    std::uint64_t last;
  };

  // The first hole that ends at or after the sequence.
  template <typename Holes>
  static auto find_in(Holes& holes, std::uint64_t sequence) {
    return std::lower_bound(holes.begin(), holes.end(), sequence,
                            [](const Hole& hole, std::uint64_t value) { return hole.last < value; });
  }
  std::vector<Hole>::iterator find(std::uint64_t sequence) { return find_in(holes_, sequence); }
  std::vector<Hole>::const_iterator find(std::uint64_t sequence) const { return find_in(holes_, sequence); }

  // A list of 32 holes is small whatever they span.
  void choose_form() {
    constexpr std::size_t kFew = 32;
    if (holes_.size() <= kFew) return;
    const std::uint64_t words = (holes_.back().last - holes_.front().first) / 64 + 1;
    if (words >= 2 * holes_.size()) return;
    base_ = holes_.front().first;
    bits_.reserve(words);
    for (const Hole& hole : holes_) set(hole.first, hole.last);
    std::vector<Hole>().swap(holes_);
  }

  bool bit(std::uint64_t sequence) const {
    if (sequence < base_ || (sequence - base_) / 64 >= bits_.size()) return false;
    return (bits_[(sequence - base_) / 64] >> ((sequence - base_) % 64) & 1) != 0;
  }

  // The bits of word `word` that stand for sequences from `first` to `last`, both counted from base_.
  static std::uint64_t mask(std::uint64_t word, std::uint64_t first, std::uint64_t last) {
    std::uint64_t bits = ~std::uint64_t{0};
    if (word == first / 64) bits &= ~std::uint64_t{0} << (first % 64);
    if (word == last / 64) bits &= ~std::uint64_t{0} >> (63 - last % 64);
    return bits;
  }

  void set(std::uint64_t first, std::uint64_t last) {
    first -= base_;
    last -= base_;
    if (last / 64 >= bits_.size()) bits_.resize(last / 64 + 1);
    for (std::uint64_t word = first / 64; word <= last / 64; ++word) bits_[word] |= mask(word, first, last);
  }

  std::uint64_t set_bits_in(std::uint64_t first, std::uint64_t last) const {
    if (last < base_) return 0;
    first = std::max(first, base_) - base_;
    last = std::min(last - base_, bits_.size() * 64 - 1);
    std::uint64_t count = 0;
    for (std::uint64_t word = first / 64; word <= last / 64 && first <= last; ++word) {
      count += static_cast<std::uint64_t>(std::popcount(bits_[word] & mask(word, first, last)));
    }
    return count;
  }

  std::vector<Hole> holes_;          // sorted, disjoint, not adjacent; empty once bits_ is in use
  std::vector<std::uint64_t> bits_;  // from base_ on; set where a sequence is missing
  std::uint64_t base_ = 0;
};

void SequenceTracker::Delete::operator()(Losses* losses) const {
  delete losses;
}

void SequenceTracker::start_at(std::uint64_t first) {
  first_ = first;
  next_ = first;
  losses_.reset();
}

Arrival SequenceTracker::arrive_out_of_order(std::uint64_t sequence) {
  if (sequence < first_ || !started()) return Arrival::kEarly;
  if (sequence >= next_) {  // == only for the one value that means "not started", which nobody publishes
    if (sequence == kNotStarted) return Arrival::kEarly;
    if (losses_ == nullptr) losses_.reset(new Losses);
    losses_->open(next_, sequence - 1);
    next_ = sequence + 1;
    return Arrival::kAhead;
  }
  return losses_ != nullptr && losses_->fill(sequence) ? Arrival::kReordered : Arrival::kDuplicate;
}

bool SequenceTracker::contains(std::uint64_t sequence) const {
  if (sequence < first_ || sequence >= next_) return false;
  return losses_ == nullptr || !losses_->missing(sequence);
}

std::uint64_t SequenceTracker::received_in(std::uint64_t first, std::uint64_t last) const {
  if (!started() || next_ == first_) return 0;
  first = std::max(first, first_);
  last = std::min(last, next_ - 1);
  if (first > last) return 0;
  return last - first + 1 - (losses_ != nullptr ? losses_->missing_in(first, last) : 0);
}

std::uint64_t SequenceTracker::missing_in(std::uint64_t first, std::uint64_t last) const {
  if (!started()) return 0;
  const std::uint64_t entitled_from = std::max(first, first_);
  if (entitled_from > last) return 0;
  return last - entitled_from + 1 - received_in(first, last);
}

std::size_t SequenceTracker::heap_bytes() const {
  return losses_ != nullptr ? losses_->bytes() : 0;
}

}  // namespace measure
