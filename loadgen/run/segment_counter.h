// The TCP segments of many subscribers together. Reading them costs a system call a connection: they are read in
// slices, between which the loop does its work, and what happens meanwhile is counted exactly once.
#pragma once

#include <algorithm>
#include <cstddef>

#include "net/segments.h"

namespace loadgen {

class SegmentCounter {
 public:
  static constexpr std::size_t kSlice = 1'000;  // subscribers; half a millisecond or so

  // Every subscriber is to be read (again).
  void start() {
    read_ = 0;
    open_ = ended_since_ = {};
  }
  bool complete(std::size_t subscribers) const { return read_ >= subscribers; }
  // Reads at most `most` of those that have not been; `add(place, sum)` adds what the open connections of one have.
  template <typename Add>
  void read(std::size_t subscribers, std::size_t most, Add&& add) {
    for (const std::size_t end = std::min(subscribers, read_ + most); read_ < end; ++read_) add(read_, open_);
  }
  // A connection of the subscriber at `place` has ended. One that was read is among the open ones already.
  void ended(std::size_t place, const net::Segments& segments) {
    ended_ += segments;
    if (place < read_) ended_since_ += segments;
  }
  // For what a connection has at its very end, when it is no subscriber's any more: counted where it comes.
  net::Segments& ends() { return ended_; }

  // What every subscriber's connections, ended or open, had when it was read.
  net::Segments total() const {
    net::Segments total = ended_;
    total += open_;
    total -= ended_since_;
    return total;
  }

 private:
  net::Segments ended_;        // of all connections that have ended
  net::Segments open_;         // of those that were open when they were read
  net::Segments ended_since_;  // of connections of subscribers that had been read
  std::size_t read_ = 0;       // subscribers
};

}  // namespace loadgen
