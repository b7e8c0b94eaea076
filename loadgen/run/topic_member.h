// A subscriber's part in its topic: what it is owed, and when it speaks.
#pragma once

#include <cstdint>

namespace loadgen {

// With publish.from: subscribers the members of a topic speak in turn: sequence s (from 1) is spoken by member
// (s - 1) % speakers. Who gets nothing of its own back (publish.echo: false) is owed a stream with gaps at fixed
// distances; `place` numbers that stream from 1 on without them.
struct TopicMember {
  std::uint32_t topic = 0;
  std::uint32_t member = 0;    // of the topic's subscribers, from 0
  std::uint32_t speakers = 0;  // all of them, when they speak; 0: the publisher does
  bool receives_own = true;
  // In the order of connecting, among ten subscribers of the topic or more.
  enum class Position : std::uint8_t { kMiddle, kFirstDecile, kLastDecile } position = Position::kMiddle;

  bool is_own(std::uint64_t sequence) const { return speakers != 0 && (sequence - 1) % speakers == member; }

  // Of a message that is owed; of one that is not: the place of the next that is.
  std::uint64_t place(std::uint64_t sequence) const {
    if (receives_own || speakers == 0) return sequence;
    const std::uint64_t own_before = sequence <= member + std::uint64_t{1} ? 0 : (sequence - 2 - member) / speakers + 1;
    return sequence - own_before;
  }

  // Places from one message to the next of the same speaker; requires speakers != 0.
  std::uint64_t stride() const { return receives_own ? speakers : speakers - std::uint64_t{1}; }
};

}  // namespace loadgen
