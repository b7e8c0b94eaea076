// How long received bytes have waited in the kernel before they are read: the load generator's own share of a latency.
#pragma once

#include <optional>

#include "wire/time.h"

namespace net {

// Asks the kernel to stamp what this socket receives (SO_TIMESTAMPNS; for TCP since Linux 4.14). False where it
// refuses.
bool stamp_receives(int socket);

// The age of the oldest segment that has not been read, by its stamp; nothing when there is none. Where the kernel has
// joined segments the stamp is that of the youngest, so the true age is never less. Stamps are of the wall clock: a
// step of it between arrival and this call would show, so a negative age is nothing.
std::optional<wire::Nanos> oldest_unread(int socket);

}  // namespace net
