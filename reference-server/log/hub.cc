#include "reference-server/log/hub.h"

#include <random>

namespace server {

void Inbox::put(const Published& published, bool wake) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = items_.empty();
    items_.push_back(published);
    filled_.store(true, std::memory_order_release);
  }
  if (first && wake) wake_();
}

void Inbox::take(std::vector<Published>& out) {
  const std::lock_guard lock(mutex_);
  items_.swap(out);
  filled_.store(false, std::memory_order_release);
}

Hub::Hub(std::size_t max_topics)
    : max_topics_(max_topics), next_origin_((std::uint64_t{std::random_device{}()} << 20) + 1) {}

unsigned Hub::add(Inbox& inbox, PeerShard* thread) {
  inboxes_.push_back(&inbox);
  threads_.push_back(thread);
  return threads() - 1;
}

std::optional<std::uint32_t> Hub::intern_locked(std::string_view topic) {
  const auto found = index_.find(topic);
  if (found != index_.end()) return found->second;
  if (entries_.size() >= max_topics_) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({std::string(topic), 0});
  index_.emplace(entries_.back().name, index);
  return index;
}

std::optional<std::uint32_t> Hub::intern(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  return intern_locked(topic);
}

std::string Hub::name(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  return entries_[index].name;
}

std::optional<std::uint64_t> Hub::publish(std::string_view topic, std::string payload, bool is_text, const Inbox* own,
                                          std::uint64_t origin) {
  auto shared = std::make_shared<const std::string>(std::move(payload));
  const std::lock_guard lock(mutex_);
  const auto index = intern_locked(topic);
  if (!index) return std::nullopt;
  const Published published{*index, {++entries_[*index].head, std::move(shared), is_text, origin}};
  for (Inbox* inbox : inboxes_) inbox->put(published, inbox != own);
  return published.message.sequence;
}

}  // namespace server
