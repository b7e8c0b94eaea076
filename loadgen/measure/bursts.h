// Tells whether something between publisher and subscriber holds messages back and lets them go together: a proxy or a
// server that buffers a stream. Watches a few subscribers; owned by one thread, merged at join. Time is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/time.h"

namespace measure {

using wire::Nanos;
using wire::Time;

// What the bursts have in common: the medians.
struct Bursts {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  // of their payloads
  Nanos period{0};          // from one to the next
};

class BurstDetector {
 public:
  static constexpr std::uint32_t kWatched = 8;  // subscribers
  static constexpr Nanos kTogether = std::chrono::milliseconds(2);
  static constexpr Nanos kHeld = std::chrono::milliseconds(20);

  // One message of watched subscriber `slot` (below kWatched), in the order of arrival. A few comparisons; allocates
  // only to keep a burst.
  void arrived(std::uint32_t slot, Time sent, Time received, std::uint64_t bytes);
  void merge(BurstDetector other);  // requires that no slot was used by both

  // Fires when most messages came in bursts whose first was sent at least kHeld (and `jitter`, the lateness of the
  // receiver's own thread) before the last, whose last hardly waited (what filled the buffer goes at once; a server or
  // a receiver at its limit makes the last wait as well), and which are alike in size or in distance. A schedule's own
  // bursts are sent together, and a stall here and there makes up a small share or is like no other.
  std::optional<Bursts> judge(Nanos jitter) const;

 private:
  struct Burst {
    Time first_sent{};
    Time last_sent{};
    Time received{};  // the first of it
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    Nanos last_waited{0};
    Nanos since_previous{0};
    Nanos held() const { return last_sent - first_sent; }
  };
  static constexpr std::size_t kMaxKept = 8'192;

  void end(const Burst& burst);

  std::array<Burst, kWatched> open_{};
  std::vector<Burst> kept_;  // those that were held back
  std::uint64_t ended_ = 0;  // messages of every burst that is over, lone ones included
  std::uint64_t held_ = 0;   // those of them that came in a burst that was held back
};

}  // namespace measure
