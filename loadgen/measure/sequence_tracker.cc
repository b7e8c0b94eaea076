#include "measure/sequence_tracker.h"

#include <algorithm>

namespace measure {

void SequenceTracker::start_at(std::uint64_t first) {
  first_ = first;
  next_ = first;
  holes_.reset();
}

Arrival SequenceTracker::arrive_out_of_order(std::uint64_t sequence) {
  if (sequence < first_ || !started()) return Arrival::kEarly;
  if (sequence >= next_) {  // == only for the one value that means "not started", which nobody publishes
    if (sequence == kNotStarted) return Arrival::kEarly;
    open_hole(next_, sequence - 1);
    next_ = sequence + 1;
    return Arrival::kAhead;
  }
  return fill(sequence) ? Arrival::kReordered : Arrival::kDuplicate;
}

void SequenceTracker::open_hole(std::uint64_t first, std::uint64_t last) {
  if (holes_ == nullptr) {
    holes_ = std::make_unique<Holes>();
    holes_->frozen_before = first_;
  }
  if (holes_->open.size() >= kMaxHoles) freeze_oldest();
  holes_->open.push_back(Hole{first, last});
}

bool SequenceTracker::fill(std::uint64_t sequence) {
  if (holes_ == nullptr) return false;
  auto& open = holes_->open;
  // The first hole that ends at or after the sequence.
  auto hole = std::lower_bound(open.begin(), open.end(), sequence,
                               [](const Hole& candidate, std::uint64_t value) { return candidate.last < value; });
  if (hole == open.end() || sequence < hole->first) return false;
  if (hole->first == hole->last) {
    open.erase(hole);
    if (open.empty() && holes_->frozen_missing == 0) holes_.reset();
  } else if (sequence == hole->first) {
    ++hole->first;
  } else if (sequence == hole->last) {
    --hole->last;
  } else {
    const Hole upper{sequence + 1, hole->last};
    hole->last = sequence - 1;
    open.insert(hole + 1, upper);
    if (open.size() > kMaxHoles) freeze_oldest();
  }
  return true;
}

// Half at a time, so that a stream which loses every second message pays for it once in thousands of messages.
void SequenceTracker::freeze_oldest() {
  auto& open = holes_->open;
  const auto end = open.begin() + static_cast<std::ptrdiff_t>(open.size() / 2);
  for (auto hole = open.begin(); hole != end; ++hole) holes_->frozen_missing += hole->last - hole->first + 1;
  holes_->frozen_before = (end - 1)->last + 1;
  open.erase(open.begin(), end);
}

bool SequenceTracker::contains(std::uint64_t sequence) const {
  if (sequence < first_ || sequence >= next_) return false;
  if (holes_ == nullptr) return true;
  const auto& open = holes_->open;
  const auto hole = std::lower_bound(open.begin(), open.end(), sequence,
                                     [](const Hole& candidate, std::uint64_t value) { return candidate.last < value; });
  return hole == open.end() || sequence < hole->first;
}

// Missing ones in [first, last], both inside [first_, next_).
std::uint64_t SequenceTracker::holed_in(std::uint64_t first, std::uint64_t last) const {
  if (holes_ == nullptr) return 0;
  std::uint64_t missing = 0;
  if (first < holes_->frozen_before) {
    const std::uint64_t room = std::min(last + 1, holes_->frozen_before) - first;
    missing = std::min(room, holes_->frozen_missing);
  }
  const auto& open = holes_->open;
  auto hole = std::lower_bound(open.begin(), open.end(), first,
                               [](const Hole& candidate, std::uint64_t value) { return candidate.last < value; });
  for (; hole != open.end() && hole->first <= last; ++hole) {
    missing += std::min(last, hole->last) - std::max(first, hole->first) + 1;
  }
  return missing;
}

std::uint64_t SequenceTracker::received_in(std::uint64_t first, std::uint64_t last) const {
  if (!started() || next_ == first_) return 0;
  first = std::max(first, first_);
  last = std::min(last, next_ - 1);
  if (first > last) return 0;
  return last - first + 1 - holed_in(first, last);
}

std::uint64_t SequenceTracker::missing_in(std::uint64_t first, std::uint64_t last) const {
  if (!started()) return 0;
  const std::uint64_t entitled_from = std::max(first, first_);
  if (entitled_from > last) return 0;
  return last - entitled_from + 1 - received_in(first, last);
}

}  // namespace measure
