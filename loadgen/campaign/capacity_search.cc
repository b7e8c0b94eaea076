#include "loadgen/campaign/capacity_search.h"

#include <algorithm>
#include <cmath>

namespace loadgen {

bool CapacitySearch::closed() const {
  if (!too_much_) return false;
  if (!carried_) return *too_much_ <= bounds_.least;
  return *too_much_ - *carried_ <= 1 ||
         static_cast<double>(*too_much_) <= static_cast<double>(*carried_) * (1 + bounds_.precision);
}

std::optional<std::int64_t> CapacitySearch::next() const {
  if (steps_ >= bounds_.most_steps || unknown_) return std::nullopt;
  if (first_try_) return tried_;
  if (!carried_ && !too_much_) return bounds_.from;
  if (!too_much_) {
    if (*carried_ >= bounds_.at_most) return std::nullopt;
    return *carried_ > bounds_.at_most / 2 ? bounds_.at_most : *carried_ * 2;
  }
  if (closed()) return std::nullopt;
  if (!carried_) return std::max(*too_much_ / 2, bounds_.least);
  const double middle = std::sqrt(static_cast<double>(*carried_)) * std::sqrt(static_cast<double>(*too_much_));
  return std::clamp<std::int64_t>(std::llround(middle), *carried_ + 1, *too_much_ - 1);
}

void CapacitySearch::told(StepVerdict verdict) {
  const auto load = next();
  if (!load) return;
  ++steps_;
  if (verdict == StepVerdict::kUnknown) {
    unknown_ = true;
  } else if (verdict == StepVerdict::kHolds) {
    carried_ = load;
    first_try_.reset();
  } else if (!first_try_) {
    first_try_ = verdict;
    tried_ = *load;
  } else {
    too_much_ = load;
    too_much_verdict_ = *first_try_ == StepVerdict::kBroken ? *first_try_ : verdict;
    first_try_.reset();
  }
}

// A load that was tried only once is not too much yet, and a server's limit is not known before the search has closed
// in on it. The generator's says "at least" in any case.
SearchOutcome CapacitySearch::outcome() const {
  using Limit = SearchOutcome::Limit;
  SearchOutcome outcome{carried_, too_much_, Limit::kSteps};
  if (unknown_) {
    outcome.limit = Limit::kUnknown;
  } else if (too_much_ && too_much_verdict_ == StepVerdict::kGenerator) {
    outcome.limit = Limit::kGenerator;
  } else if (closed()) {
    outcome.limit = Limit::kServer;
  } else if (!too_much_ && carried_ && *carried_ >= bounds_.at_most) {
    outcome.limit = Limit::kAtMost;
  }
  return outcome;
}

}  // namespace loadgen
