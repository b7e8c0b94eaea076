// The topics that one thread knows, and how long: a topic lives while somebody uses it or its log has messages. When
// logs or topics are too many, those that nobody uses make room, first the one that was published to longest ago.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reference-server/log/hub.h"
#include "reference-server/log/topic.h"

namespace server {

class TopicUse;

class Topics {
 public:
  Topics(Hub& hub, LogLimits limits) : hub_(hub), limits_(limits) {}
  Topics(const Topics&) = delete;
  Topics& operator=(const Topics&) = delete;

  Topic* find(std::string_view name) const;  // null when this thread knows none; valid to the end of the iteration
  TopicUse use(std::string_view name);       // made when it is new; null when all that there may be are in use
  // What the hub has put into this thread's inbox: the topic whose newest message it is now, or null when it is no
  // message. In the order of the inbox, so that every thread drops the same messages.
  Topic* take(Published published);
  // At the end of an iteration, when nobody has a pointer to a topic that it does not use: calls `removed(topic)` for
  // each that is gone, then frees it.
  template <typename Removed>
  void remove_gone(Removed removed) {
    for (const std::uint32_t index : std::exchange(gone_, {})) {
      if (Entry* topic = known(index)) {
        removed(static_cast<const Topic&>(*topic));
        remove(*topic);
      }
      hub_.forget(index);
    }
  }

  std::size_t size() const { return count_; }
  std::size_t memory() const { return memory_; }  // bytes, about, of all logs
  // Visits up to `limit` topics in the order of their index, from `from` on. The index to go on from; absent at the
  // end.
  template <typename Visit>
  std::optional<std::uint32_t> visit(std::uint32_t from, std::size_t limit, Visit visit_one) const {
    for (std::size_t index = from; index < topics_.size(); ++index) {
      if (topics_[index] == nullptr) continue;
      if (limit-- == 0) return static_cast<std::uint32_t>(index);
      visit_one(static_cast<const Topic&>(*topics_[index]));
    }
    return std::nullopt;
  }

 private:
  friend class TopicUse;
  struct Entry final : Topic {
    Entry(Topics& o, Hub::Known known, std::uint32_t index, LogLimits limits)
        : Topic(std::move(known.name), index, limits, known.base), owner(o) {}
    Topics& owner;
    std::uint64_t users = 0;
    std::list<Entry*>::iterator place{};  // in by_age_, while there are messages
    bool gone = false;
  };
  Entry* known(std::uint32_t index) const { return index < topics_.size() ? topics_[index].get() : nullptr; }
  Entry& at(std::uint32_t index);
  void set_name(Entry& topic);
  void release(Entry& topic);
  void make_room(const Entry* newest);
  void drop_log(Entry& topic);
  void remove(const Entry& topic);

  Hub& hub_;
  LogLimits limits_;
  std::vector<std::unique_ptr<Entry>> topics_;  // by index; null where only other threads know it
  std::unordered_map<std::string_view, Entry*> by_name_;
  std::list<Entry*> by_age_;  // that have messages; first the one that was published to longest ago
  std::size_t memory_ = 0;    // of all logs
  std::size_t count_ = 0;
  std::vector<std::uint32_t> gone_;  // to remove at the end of the iteration
};

// Keeps a topic, as everybody does who subscribes: null, or of a topic that is there. Belongs to the thread of its
// topics.
class TopicUse {
 public:
  TopicUse() = default;
  TopicUse(const TopicUse& other) : topic_(other.topic_) {
    if (topic_ != nullptr) ++topic_->users;
  }
  TopicUse(TopicUse&& other) noexcept : topic_(std::exchange(other.topic_, nullptr)) {}
  TopicUse& operator=(TopicUse other) noexcept {
    std::swap(topic_, other.topic_);
    return *this;
  }
  ~TopicUse() { reset(); }
  void reset() {
    if (Topics::Entry* const topic = std::exchange(topic_, nullptr)) topic->owner.release(*topic);
  }
  explicit operator bool() const { return topic_ != nullptr; }
  Topic& operator*() const { return *topic_; }
  Topic* operator->() const { return topic_; }
  Topic* get() const { return topic_; }

 private:
  friend class Topics;
  explicit TopicUse(Topics::Entry* topic) : topic_(topic) {}
  Topics::Entry* topic_ = nullptr;
};

}  // namespace server
