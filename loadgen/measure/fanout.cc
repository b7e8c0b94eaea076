#include "loadgen/measure/fanout.h"

#include <cassert>
#include <utility>

namespace measure {

void FanOut::merge(FanOut&& other) {
  FanOut theirs = std::exchange(other, FanOut());
  if (messages_.empty()) {
    *this = std::move(theirs);
    return;
  }
  assert(first_index_ == theirs.first_index_ && messages_.size() == theirs.messages_.size());
  for (std::size_t place = 0; place < messages_.size(); ++place) {
    const Message& message = theirs.messages_[place];
    if (message.receivers != 0) add(messages_[place], message.first, message.spread, message.receivers);
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
