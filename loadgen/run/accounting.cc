#include "loadgen/run/accounting.h"

#include <algorithm>

namespace loadgen {

Unpublished::Unpublished(const RunSpec& spec, std::span<const std::uint64_t> messages) {
  std::vector<std::uint64_t> sorted(messages.begin(), messages.end());
  std::sort(sorted.begin(), sorted.end(), [&spec](std::uint64_t a, std::uint64_t b) {
    return std::pair(spec.topic_of(a), a) < std::pair(spec.topic_of(b), b);
  });
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (const std::uint64_t message : sorted) {
    topics_.push_back(spec.topic_of(message));
    sequences_.push_back(spec.sequence_of(message));
  }
}

std::span<const std::uint64_t> Unpublished::sequences(std::uint64_t topic) const {
  const auto [from, to] = std::equal_range(topics_.begin(), topics_.end(), topic);
  return {sequences_.data() + (from - topics_.begin()), static_cast<std::size_t>(to - from)};
}

ExpectedDeliveries account_of(const RunSpec& spec, const Receiver& receiver, std::uint64_t end_message,
                              const Unpublished& unpublished) {
  const measure::SequenceTracker& tracker = receiver.tracker;
  const TopicMember& part = receiver.part;
  if (!tracker.started()) return {};  // never subscribed: entitled to nothing
  const std::uint64_t first =
      std::max(tracker.first(), part.place(spec.first_sequence(part.topic, spec.first_measured)));
  const std::uint64_t end = part.place(spec.first_sequence(part.topic, end_message));
  if (first >= end) return {};
  const auto not_published = unpublished.sequences(part.topic);
  const auto unpublished_in = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<std::uint64_t>(std::ranges::count_if(not_published, [&](std::uint64_t sequence) {
      const std::uint64_t place = part.place(sequence);
      const bool owed = part.receives_own || !part.is_own(sequence);
      return owed && place >= from && place <= to && !tracker.contains(place);
    }));
  };
  const auto missing_in = [&](std::uint64_t from, std::uint64_t to) {
    return tracker.missing_in(from, to) - unpublished_in(from, to);
  };
  const std::uint64_t last = end - 1;
  return {end - first - unpublished_in(first, last), missing_in(first, last),
          receiver.missed_while_away(first, last, missing_in)};
}

}  // namespace loadgen
