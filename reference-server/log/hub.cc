#include "reference-server/log/hub.h"

#include <algorithm>
#include <new>
#include <random>

namespace server {

namespace {

constexpr std::size_t kLeast = 16;  // items that an inbox has room for

}  // namespace

void Inbox::reserve() {
  const std::lock_guard lock(mutex_);
  if (items_.size() == items_.capacity()) items_.reserve(std::max(kLeast, 2 * items_.size()));
}

void Inbox::put(const Published& published, bool wake) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = items_.empty();
    items_.push_back(published);
    size_ += kBeside + (published.message.payload != nullptr ? published.message.payload->size() : 0);
    if (size_ > kRoom) full_.store(true);
    filled_.store(true, std::memory_order_release);
  }
  if (first && wake) wake_();
}

bool Inbox::take(std::vector<Published>& out) {
  out.reserve(kLeast);  // it becomes the one that is filled, perhaps between reserve() and put()
  const std::lock_guard lock(mutex_);
  items_.swap(out);
  size_ = 0;
  filled_.store(false, std::memory_order_release);
  return full_.exchange(false);
}

Hub::Hub(std::size_t max_topics)
    : max_topics_(max_topics), next_origin_((std::uint64_t{std::random_device{}()} << 20) + 1) {}

unsigned Hub::add(Inbox& inbox) {
  inboxes_.push_back(&inbox);
  return static_cast<unsigned>(inboxes_.size() - 1);
}

std::optional<std::uint32_t> Hub::intern(std::string_view topic) {
  const auto found = index_.find(topic);
  if (found != index_.end()) return found->second;
  if (index_.size() >= max_topics_ && (oldest_unused_ == kNone || !give_up(oldest_unused_))) return std::nullopt;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  Entry& entry = entries_[index];
  entry.name = topic;
  entry.base = entry.head = ended_at_.empty() ? 0 : ended_at(topic);
  entry.users = entry.forgotten = 0;
  index_.emplace(entry.name, index);
  free_.pop_back();
  append_unused(index);
  return index;
}

std::optional<std::uint32_t> Hub::hold(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  const auto index = intern(topic);
  if (index && entries_[*index].users++ == 0) remove_unused(*index);
  return index;
}

void Hub::release(std::uint32_t index, bool empty, std::uint64_t head) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[index];
  if (--entry.users > 0) return;
  append_unused(index);
  if (entry.head == entry.base || (empty && entry.head == head)) give_up(index);
}

void Hub::emptied(std::uint32_t index, std::uint64_t head) {
  const std::lock_guard lock(mutex_);
  const Entry& entry = entries_[index];
  const auto found = index_.find(entry.name);
  const bool gone = found == index_.end() || found->second != index;
  if (!gone && entry.users == 0 && entry.head == head) give_up(index);
}

void Hub::forget(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  if (++entries_[index].forgotten == inboxes_.size()) free_.push_back(index);
}

Hub::Known Hub::known(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return {entries_[index].name, entries_[index].base};
}

std::size_t Hub::topics() {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

std::optional<std::uint64_t> Hub::publish(std::string_view topic, std::string_view payload, bool is_text,
                                          const Inbox* own, std::uint64_t origin) {
  auto shared = std::make_shared<const std::string>(payload);
  const std::lock_guard lock(mutex_);
  const auto index = intern(topic);
  if (!index) return std::nullopt;
  for (Inbox* inbox : inboxes_) inbox->reserve();  // what fails, fails for all threads
  Entry& entry = entries_[*index];
  const Published published{*index, {++entry.head, std::move(shared), is_text, origin}};
  for (Inbox* inbox : inboxes_) inbox->put(published, inbox != own);
  if (entry.users == 0) {
    remove_unused(*index);
    append_unused(*index);
  }
  return published.message.sequence;
}

bool Hub::shed_logs() {
  const std::lock_guard lock(mutex_);
  if (shedding_ > 0) return false;
  try {
    for (Inbox* inbox : inboxes_) inbox->reserve();
  } catch (const std::bad_alloc&) {
    return false;  // it is asked for again
  }
  shedding_ = static_cast<unsigned>(inboxes_.size());
  for (Inbox* inbox : inboxes_) inbox->put({.kind = Published::Kind::kShortage}, true);
  return true;
}

void Hub::logs_shed() {
  const std::lock_guard lock(mutex_);
  --shedding_;
}

bool Hub::crowded(const Inbox* own) const {
  return std::any_of(inboxes_.begin(), inboxes_.end(),
                     [own](const Inbox* inbox) { return inbox != own && inbox->full(); });
}

// No wake-up is lost: an inbox is emptied before those that wait are looked for, and they wait before they look at it.
bool Hub::wait_for_room(Inbox& own) {
  own.waits_.store(true);
  return crowded(&own);
}

void Hub::wake_waiting() {
  for (Inbox* inbox : inboxes_) {
    if (inbox->waits_.exchange(false)) inbox->wake_();
  }
}

void Hub::append_unused(std::uint32_t index) {
  Entry& entry = entries_[index];
  entry.older = newest_unused_;
  entry.newer = kNone;
  (newest_unused_ == kNone ? oldest_unused_ : entries_[newest_unused_].newer) = index;
  newest_unused_ = index;
}

void Hub::remove_unused(std::uint32_t index) {
  const Entry& entry = entries_[index];
  (entry.older == kNone ? oldest_unused_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? newest_unused_ : entries_[entry.newer].older) = entry.older;
}

// Of a topic that nobody uses. False when memory is short: it stays.
bool Hub::give_up(std::uint32_t index) {
  const Entry& entry = entries_[index];
  try {
    if (ended_at_.empty() && entry.head > 0) ended_at_.resize(std::size_t{1} << 16);
    for (Inbox* inbox : inboxes_) inbox->reserve();
  } catch (const std::bad_alloc&) {
    return false;
  }
  if (entry.head > 0) ended_at(entry.name) = std::max(ended_at(entry.name), entry.head);
  index_.erase(entry.name);
  remove_unused(index);
  for (Inbox* inbox : inboxes_) inbox->put({.topic = index, .kind = Published::Kind::kGone}, true);
  return true;
}

std::uint64_t& Hub::ended_at(std::string_view topic) {
  return ended_at_[index_.hash_function()(topic) & (ended_at_.size() - 1)];
}

}  // namespace server
