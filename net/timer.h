// Timers with nanosecond deadlines: one heap a loop, however many timers (libuv's own timers round to milliseconds).
// The loop waits for the next deadline with the time limit of its wait when it is near, and with a timerfd when it is
// not: the kernel lets a time limit slip by a thousandth, a timerfd by nothing but the thread's timer slack.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/time.h"

namespace net {

class EventSet;
class Timers;

// One deadline, embedded in its owner; must be stopped or destroyed on the loop's thread. 24 bytes.
class Timer {
 public:
  class Handler {
   public:
    virtual void on_timer(Timer& timer) = 0;

   protected:
    ~Handler() = default;
  };
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { stop(); }
  bool active() const { return timers_ != nullptr; }
  void start(Timers& timers, wire::Time deadline, Handler& handler);  // restarts when active
  void stop();

 private:
  friend class Timers;
  Timers* timers_ = nullptr;  // set while active
  Handler* handler_ = nullptr;
  std::uint32_t slot_ = 0;  // place in the heap
};

class Timers {
 public:
  Timers() = default;
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  void open(EventSet& events);  // creates their descriptor, on the loop's own thread; throws std::runtime_error
  void close();
  std::size_t size() const { return heap_.size(); }

 private:
  friend class Timer;
  friend class Loop;
  static constexpr std::size_t kArity = 4;
  struct Entry {
    wire::Time deadline;
    Timer* timer;
  };
  void insert(Timer& timer, wire::Time deadline);
  void remove(Timer& timer);
  void place(std::size_t slot, Entry entry);
  void sift_up(std::size_t slot);
  void sift_down(std::size_t slot);
  std::optional<wire::Nanos> wait_from(wire::Time now, bool exact_wait);
  void alarm();
  void fire(wire::Time now);

  int descriptor_ = -1;
  wire::Time armed_ = wire::Time::max();
  std::vector<Entry> heap_;  // min-heap by deadline
};

}  // namespace net
