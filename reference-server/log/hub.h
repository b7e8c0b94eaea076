// Where threads meet: the hub numbers what is published and puts it into the inbox of every thread, in one order for
// all.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reference-server/log/topic.h"

namespace server {

struct Published {
  std::uint32_t topic = 0;  // index
  Message message;
};

// What has been published and one thread has not seen yet.
class Inbox {
 public:
  // `wake` may be called from any thread: the owner should take() soon.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  void put(const Published& published, bool wake);
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  void take(std::vector<Published>& out);  // by the owner; `out` must be empty

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Published> items_;  // guarded by mutex_
  std::atomic<bool> filled_{false};
};

struct Migration;     // migration.h
struct ShardMessage;  // technique.h

// One thread as the others see it.
class PeerShard {
 public:
  // From any thread; done on its own one, or not at all when that has ended.
  virtual void adopt(std::shared_ptr<Migration> migration) = 0;
  virtual void deliver(std::size_t technique, ShardMessage message) = 0;

 protected:
  ~PeerShard() = default;
};

class Hub {
 public:
  explicit Hub(std::size_t max_topics);
  // Before threads start; both must outlive the hub's use. The number of the thread, from 0 on.
  unsigned add(Inbox& inbox, PeerShard* thread = nullptr);
  unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
  PeerShard& thread(unsigned number) { return *threads_[number]; }
  // Threads with descriptor tables of their own cannot hand connections over. Before threads start.
  void keep_connections_apart() { connections_move_ = false; }
  bool connections_move() const { return connections_move_; }

  // The index of a topic, given to it now when it is new. Absent when there are too many.
  std::optional<std::uint32_t> intern(std::string_view topic);
  std::string name(std::uint32_t index);
  // Gives the message its sequence (absent when there are too many topics). `own`, the caller's inbox, is filled but
  // not woken: its owner is awake.
  std::optional<std::uint64_t> publish(std::string_view topic, std::string payload, bool is_text, const Inbox* own,
                                       std::uint64_t origin = 0);
  // See Context; from any thread. Below 2^53, so that every language can hold it.
  std::uint64_t new_origin() { return next_origin_.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct Entry {
    std::string name;
    std::uint64_t head = 0;
  };
  std::optional<std::uint32_t> intern_locked(std::string_view topic);

  const std::size_t max_topics_;
  std::vector<Inbox*> inboxes_;
  std::vector<PeerShard*> threads_;
  bool connections_move_ = true;
  std::atomic<std::uint64_t> next_origin_;
  std::mutex mutex_;
  std::deque<Entry> entries_;                                  // guarded by mutex_; addresses stay
  std::unordered_map<std::string_view, std::uint32_t> index_;  // guarded by mutex_
};

}  // namespace server
