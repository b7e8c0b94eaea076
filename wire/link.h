// Where one end of a connection sends its bytes. Both programs talk through it, so that every technique runs unchanged
// over a socket, over TLS, and over memory in the contract test.
#pragma once

#include "wire/bytes.h"

namespace wire {

class Link {
 public:
  virtual ~Link() = default;
  // Queues a copy of `bytes`; what is queued during one loop iteration leaves in one write at its end.
  virtual void send(Bytes bytes) = 0;
  // The same without the copy.
  virtual void send(const SharedBytes& bytes) = 0;
  // Inside an event that tells the peer's end: the end came without the goodbye that the layer below has for it (TLS:
  // RFC 8446 section 6.1), so that somebody may have cut the stream. It matters where the end is the end of the data.
  virtual bool truncated() const { return false; }
  // As close(), but leaves it to the peer to close first, within a bounded time (RFC 6455 section 7.1.1 asks that of a
  // client).
  virtual void close_after_peer() { close(); }
  // The peer does not read: something of what was sent waits on this side. Whoever owns the link is told when all of it
  // has left.
  virtual bool is_backed_up() const { return false; }
  // Sends what is queued, then closes; no event reaches the caller for this link afterwards.
  virtual void close() = 0;
};

}  // namespace wire
