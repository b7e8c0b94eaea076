#include "reference-server/log/topics.h"

namespace server {

Topic* Topics::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() || found->second->gone ? nullptr : found->second;
}

// The hub counts threads, a thread its users.
TopicUse Topics::use(std::string_view name) {
  const auto found = by_name_.find(name);
  Entry* topic = found == by_name_.end() ? nullptr : found->second;
  if (topic == nullptr || topic->users == 0) {
    const auto index = hub_.hold(name);  // of another topic of that name when the hub has given this one up
    if (!index) return {};
    topic = &at(*index);
    set_name(*topic);
  }
  ++topic->users;
  return TopicUse(topic);
}

void Topics::release(Entry& topic) {
  if (--topic.users == 0) hub_.release(topic.index(), topic.empty(), topic.head());
}

Topic* Topics::take(Published published) {
  if (published.kind == Published::Kind::kShortage) {
    limits_.total = memory_ / 2;
    make_room(nullptr);
    hub_.logs_shed();
    return nullptr;
  }
  if (published.kind == Published::Kind::kGone) {
    gone_.push_back(published.topic);
    if (Entry* const topic = known(published.topic)) {
      topic->gone = true;
      drop_log(*topic);
    }
    return nullptr;
  }
  Entry& topic = at(published.topic);
  if (topic.empty()) topic.place = by_age_.insert(by_age_.end(), &topic);
  by_age_.splice(by_age_.end(), by_age_, topic.place);
  memory_ -= topic.memory();
  topic.append(std::move(published.message));
  memory_ += topic.memory();
  make_room(&topic);
  return &topic;
}

// The newest message, if one has just come, stays.
void Topics::make_room(const Entry* newest) {
  while (memory_ > limits_.total) {
    Entry& oldest = *by_age_.front();
    if (&oldest == newest && oldest.first() == oldest.head()) return;
    memory_ -= oldest.memory();
    oldest.drop_oldest();
    memory_ += oldest.memory();
    if (!oldest.empty()) continue;
    by_age_.pop_front();
    if (oldest.users == 0) hub_.emptied(oldest.index(), oldest.head());
  }
}

void Topics::drop_log(Entry& topic) {
  if (topic.empty()) return;
  by_age_.erase(topic.place);
  memory_ -= topic.memory();
  while (!topic.empty()) topic.drop_oldest();
}

Topics::Entry& Topics::at(std::uint32_t index) {
  if (index >= topics_.size()) topics_.resize(index + 1);
  auto& topic = topics_[index];
  if (topic != nullptr) return *topic;
  topic = std::make_unique<Entry>(*this, hub_.known(index), index, limits_);
  ++count_;
  if (find(topic->name()) == nullptr) set_name(*topic);
  return *topic;
}

// The name means this topic from now on; it may have meant an earlier one, which is gone or about to be.
void Topics::set_name(Entry& topic) {
  const auto [place, is_new] = by_name_.try_emplace(topic.name(), &topic);
  if (is_new || place->second == &topic) return;
  by_name_.erase(place);  // its key lies in the earlier one
  by_name_.emplace(topic.name(), &topic);
}

void Topics::remove(const Entry& topic) {
  const auto named = by_name_.find(topic.name());
  if (named != by_name_.end() && named->second == &topic) by_name_.erase(named);
  --count_;
  topics_[topic.index()].reset();
}

}  // namespace server
