#include "loadgen/run/socket_failure.h"

#include <cerrno>

#include "net/tcp.h"

namespace loadgen {

Failure socket_failure(int error) {
  if (error == net::Tcp::kTlsError) return Failure::kTls;
  switch (-error) {
    case ECONNREFUSED:
      return Failure::kRefused;
    case ECONNRESET:
    case EPIPE:
      return Failure::kReset;
    case EADDRNOTAVAIL:
      return Failure::kNoPorts;
    case EMFILE:
    case ENFILE:
      return Failure::kNoDescriptors;
    case ETIMEDOUT:
      return Failure::kTimeout;
    default:
      return Failure::kUnreachable;
  }
}

}  // namespace loadgen
