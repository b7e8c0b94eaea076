// Where threads meet: the hub numbers what is published and puts it into the inbox of every thread, in one order for
// all. It knows which topics there are, and gives up those that no thread uses when their log is empty or their place
// is needed.
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
  enum class Kind : std::uint8_t {
    kMessage,
    kGone,      // the topic has been given up: no more of it follows
    kShortage,  // memory is short: all logs together are to be halved, and to stay below that
  };
  std::uint32_t topic = 0;  // index
  Message message{};
  Kind kind = Kind::kMessage;
};

// What has been published and one thread has not seen yet.
class Inbox {
 public:
  // `wake` may be called from any thread: the owner should take() soon.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  void reserve();  // makes room for one more, so that put() cannot fail; the hub's lock is held until then
  void put(const Published& published, bool wake);
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  // Holds so much that publishers should wait until the owner has taken it.
  bool full() const { return full_.load(); }
  // By the owner; `out` must be empty. Whether it was full: Hub::wake_waiting() is due then.
  bool take(std::vector<Published>& out);

 private:
  friend class Hub;
  static constexpr std::size_t kRoom = std::size_t{1} << 20;  // of payload, each message with kBeside
  static constexpr std::size_t kBeside = 128;

  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Published> items_;  // guarded by mutex_
  std::size_t size_ = 0;          // of them; guarded by mutex_
  std::atomic<bool> filled_{false};
  std::atomic<bool> full_{false};
  std::atomic<bool> waits_{false};  // its owner, for another inbox to be taken
};

class Hub {
 public:
  explicit Hub(std::size_t max_topics);
  // Before threads start; it must outlive the hub's use. The number of the thread, from 0 on.
  unsigned add(Inbox& inbox);

  // One thread more uses the topic, which is made when it is new: its index, the same for every thread. Absent when
  // there are too many and all are in use.
  std::optional<std::uint32_t> hold(std::string_view topic);
  // The thread uses it no more. `empty`: its log, which ends with `head`, has no message.
  void release(std::uint32_t index, bool empty, std::uint64_t head);
  // The log of a topic that a thread does not use has lost its last message, which was `head`.
  void emptied(std::uint32_t index, std::uint64_t head);
  // The thread has forgotten a topic that is gone: the last one to do so frees the index for another topic.
  void forget(std::uint32_t index);
  struct Known {
    std::string name;
    std::uint64_t base = 0;  // the sequence before its first message
  };
  Known known(std::uint32_t index);
  std::size_t topics();
  // Gives the message its sequence (absent when there are too many topics). `own`, the caller's inbox, is filled but
  // not woken: its owner is awake. Throws std::bad_alloc when it has published nothing.
  std::optional<std::uint64_t> publish(std::string_view topic, std::string_view payload, bool is_text, const Inbox* own,
                                       std::uint64_t origin = 0);
  // Memory is short: has every thread halve its logs. False, and nothing happens, while one of them has still to do so.
  bool shed_logs();
  void logs_shed();  // by one thread
  // Whether some thread but the owner of `own` has so much before it that publishers should wait: else one thread that
  // is slower than another would be given ever larger batches.
  bool crowded(const Inbox* own) const;
  // The owner of `own` is woken when an inbox has been taken. False when no other is full any more.
  bool wait_for_room(Inbox& own);
  void wake_waiting();
  // See Context; from any thread. Below 2^53, so that every language can hold it.
  std::uint64_t new_origin() { return next_origin_.fetch_add(1, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    std::string name;
    std::uint64_t base = 0;
    std::uint64_t head = 0;
    unsigned users = 0;           // threads
    unsigned forgotten = 0;       // by so many threads, once it is gone
    std::uint32_t older = kNone;  // neighbours among those that nobody uses
    std::uint32_t newer = kNone;
  };
  std::optional<std::uint32_t> intern(std::string_view topic);
  void append_unused(std::uint32_t index);
  void remove_unused(std::uint32_t index);
  bool give_up(std::uint32_t index);
  std::uint64_t& ended_at(std::string_view topic);

  const std::size_t max_topics_;
  std::vector<Inbox*> inboxes_;
  std::atomic<std::uint64_t> next_origin_;
  std::mutex mutex_;
  // All that follows is guarded by mutex_.
  std::deque<Entry> entries_;  // by index; addresses stay
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string_view, std::uint32_t> index_;
  std::uint32_t oldest_unused_ = kNone;  // published to or let go of longest ago
  std::uint32_t newest_unused_ = kNone;
  unsigned shedding_ = 0;  // threads that have to halve their logs
  // By the hash of a name, the last sequence of any topic with that hash that was given up. One that comes again goes
  // on behind it, so that no cursor of before can pass for one of the new log; another that hashes alike merely starts
  // late.
  std::vector<std::uint64_t> ended_at_;
};

}  // namespace server
