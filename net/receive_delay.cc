#include "net/receive_delay.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

#include "net/clock.h"

namespace net {

bool stamp_receives(int socket) {
  const int on = 1;
  return setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0;
}

std::optional<wire::Nanos> oldest_unread(int socket) {
  char byte = 0;
  iovec place{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(socket, &message, MSG_PEEK | MSG_DONTWAIT) <= 0) return std::nullopt;
  const wire::Nanos now = wall_clock();
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
    const wire::Nanos age = now - (std::chrono::seconds(stamp.tv_sec) + wire::Nanos(stamp.tv_nsec));
    if (age >= wire::Nanos(0)) return age;
  }
  return std::nullopt;
}

}  // namespace net
