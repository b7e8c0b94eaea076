#include "measure/fanout.h"

#include <cassert>

namespace measure {

void FanOut::merge(const FanOut& other) {
  assert(first_index_ == other.first_index_ && messages_.size() == other.messages_.size());
  for (std::size_t place = 0; place < messages_.size(); ++place) {
    const Message& theirs = other.messages_[place];
    if (theirs.receivers != 0) add(messages_[place], theirs.first, theirs.spread, theirs.receivers);
  }
}

Histogram FanOut::spreads() const {
  Histogram histogram;
  for (const Message& message : messages_) {
    if (message.receivers >= 2) histogram.record(static_cast<std::int64_t>(message.spread));
  }
  return histogram;
}

}  // namespace measure
