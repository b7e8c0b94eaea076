#include "net/segments.h"

#include <linux/tcp.h>  // the C library's <netinet/tcp.h> (which <uv.h> includes) has an older tcp_info without segment counts
#include <netinet/in.h>
#include <sys/socket.h>

namespace net {

Segments read_segments(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {info.tcpi_segs_in, info.tcpi_segs_out, info.tcpi_total_retrans};
}

void SegmentSink::tell(int descriptor) const {
  if (sum == nullptr) return;
  *sum += read_segments(descriptor);
  *sum -= counted;
}

}  // namespace net
