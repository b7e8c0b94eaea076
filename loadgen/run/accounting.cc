#include "loadgen/run/accounting.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace loadgen {

std::vector<std::uint64_t> lost_messages(const RunSpec& spec, std::vector<std::uint64_t> unpublished, std::uint64_t end,
                                         const measure::FanOut& fanout) {
  std::erase_if(unpublished, [&](std::uint64_t message) {
    return !spec.is_measured(message) || message >= end || fanout.receivers(message) > 0;
  });
  return unpublished;
}

Unpublished::Unpublished(const RunSpec& spec, const std::vector<std::uint64_t>& messages) {
  const bool publishing_subscribers = spec.scenario.publish.from == PublishFrom::kSubscribers;
  by_topic_.reserve(messages.size());
  for (const std::uint64_t message : messages) {
    const std::uint64_t topic = spec.topic_of(message);
    const std::uint64_t sequence = spec.sequence_of(message);
    by_topic_.push_back({topic, publishing_subscribers ? (sequence - 1) % spec.members_of(topic) : 0, sequence});
  }
  const auto place = [](const Message& one) { return std::tie(one.topic, one.sequence); };
  std::ranges::sort(by_topic_, {}, place);
  const auto repeated = std::ranges::unique(by_topic_, {}, place);
  by_topic_.erase(repeated.begin(), repeated.end());
  if (!publishing_subscribers || spec.scenario.publish.echo) return;
  by_member_ = by_topic_;
  std::ranges::sort(by_member_, {}, [](const Message& one) { return std::tie(one.topic, one.member, one.sequence); });
}

std::uint64_t Unpublished::count(const TopicMember& part, std::uint64_t first, std::uint64_t last) const {
  // A message that is not owed has the place of the next that is: both searches count it, or neither does.
  const auto count_of = [&](auto messages) {
    const auto place = [&part](const Message& one) { return part.place(one.sequence); };
    const auto from = std::ranges::lower_bound(messages, first, {}, place);
    const auto to = std::ranges::upper_bound(from, messages.end(), last, {}, place);
    return static_cast<std::uint64_t>(to - from);
  };
  const std::uint64_t all = count_of(std::ranges::equal_range(by_topic_, part.topic, {}, &Message::topic));
  if (part.receives_own || by_member_.empty()) return all;
  const auto own =
      std::ranges::equal_range(by_member_, std::pair<std::uint64_t, std::uint64_t>(part.topic, part.member), {},
                               [](const Message& one) { return std::pair(one.topic, one.member); });
  return all - count_of(own);
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
  const auto missing_in = [&](std::uint64_t from, std::uint64_t to) {
    return tracker.missing_in(from, to) - unpublished.count(part, from, to);
  };
  const std::uint64_t last = end - 1;
  return {end - first - unpublished.count(part, first, last), missing_in(first, last),
          receiver.missed_while_away(first, last, missing_in)};
}

}  // namespace loadgen
