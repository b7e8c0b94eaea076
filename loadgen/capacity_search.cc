#include "loadgen/capacity_search.h"

#include <algorithm>
#include <cmath>

namespace loadgen {

bool CapacitySearch::precise() const {
  return *too_much_ - *carried_ <= 1 ||
         static_cast<double>(*too_much_) <= static_cast<double>(*carried_) * (1 + bounds_.precision);
}

std::optional<std::int64_t> CapacitySearch::next() const {
  if (steps_ >= bounds_.most_steps) return std::nullopt;
  if (first_try_) return tried_;
  if (!carried_ && !too_much_) return bounds_.from;
  if (!too_much_) {
    if (*carried_ >= bounds_.at_most) return std::nullopt;
    return *carried_ > bounds_.at_most / 2 ? bounds_.at_most : *carried_ * 2;
  }
  if (!carried_) {
    if (*too_much_ <= 1) return std::nullopt;
    return *too_much_ / 2;
  }
  if (precise()) return std::nullopt;
  const double middle = std::sqrt(static_cast<double>(*carried_)) * std::sqrt(static_cast<double>(*too_much_));
  return std::clamp<std::int64_t>(std::llround(middle), *carried_ + 1, *too_much_ - 1);
}

void CapacitySearch::told(StepVerdict verdict) {
  const auto load = next();
  if (!load) return;
  ++steps_;
  if (verdict == StepVerdict::kHolds) {
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

SearchOutcome CapacitySearch::outcome() const {
  SearchOutcome outcome{carried_, too_much_, SearchOutcome::Limit::kSteps};
  StepVerdict verdict = too_much_verdict_;
  if (first_try_) {  // there was no step left for the second try
    outcome.too_much = tried_;
    verdict = *first_try_;
  }
  if (outcome.too_much) {
    outcome.limit = verdict == StepVerdict::kBroken ? SearchOutcome::Limit::kServer : SearchOutcome::Limit::kGenerator;
  } else if (carried_ && *carried_ >= bounds_.at_most) {
    outcome.limit = SearchOutcome::Limit::kAtMost;
  }
  return outcome;
}

}  // namespace loadgen
