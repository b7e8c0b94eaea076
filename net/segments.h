// TCP segments of one connection as the kernel counted them (TCP_INFO), handshake included.
#pragma once

#include <cstdint>

namespace net {

struct Segments {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t retransmitted = 0;  // of those sent
  Segments& operator+=(const Segments& other) {
    in += other.in;
    out += other.out;
    retransmitted += other.retransmitted;
    return *this;
  }
  Segments& operator-=(const Segments& other) {
    in -= other.in;
    out -= other.out;
    retransmitted -= other.retransmitted;
    return *this;
  }
};

// Where a connection that nobody owns any more tells its last segments, when its socket is closed: those above
// `counted`, which its owner knows of. `sum` outlives the connection's loop; null: nowhere.
struct SegmentSink {
  Segments* sum = nullptr;
  Segments counted;
  void tell(int descriptor) const;
};

// Zero when `descriptor` is no TCP socket.
Segments read_segments(int descriptor);

}  // namespace net
