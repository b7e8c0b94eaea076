#include "loadgen/accounting.h"

#include <algorithm>

namespace loadgen {

Account account_of(const RunSpec& spec, const Reception& reception, std::uint64_t end_message,
                   std::span<const std::uint64_t> unpublished) {
  const measure::SequenceTracker& tracker = reception.tracker;
  if (!tracker.started()) return {};  // never subscribed: entitled to nothing
  const std::uint64_t first = std::max(tracker.first(), spec.first_sequence(reception.topic, spec.first_measured));
  const std::uint64_t end = spec.first_sequence(reception.topic, end_message);
  if (first >= end) return {};
  Account account{end - first, tracker.missing_in(first, end - 1)};
  for (const std::uint64_t message : unpublished) {
    if (spec.topic_of(message) != reception.topic) continue;
    const std::uint64_t sequence = spec.sequence_of(message);
    if (sequence < first || sequence >= end || tracker.contains(sequence)) continue;
    --account.expected;
    --account.missing;
  }
  return account;
}

}  // namespace loadgen
