// An answer of which only the latest counts: to a ping, which a peer may send again and again and never read what comes
// back. Of the pings that are not answered yet, the latest is answered (RFC 6455 section 5.5.3), when what was sent
// before has left; so a session never holds more than one answer, and an idle one holds no buffer.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "wire/bytes.h"

namespace loadgen {

class LatestAnswer {
 public:
  // Whether it is to be sent now; otherwise it is kept, in the place of the one that was. `backed_up`: of the link.
  bool may_leave(wire::Bytes answer, bool backed_up) {
    if (!backed_up && !std::exchange(sent_, true)) return true;
    if (kept_ == nullptr) kept_ = std::make_unique<std::string>();
    kept_->assign(answer);
    return false;
  }
  // At the end of a read on a link that is not backed up, and when it has drained: the answer to send, if one is kept.
  std::unique_ptr<std::string> take() {
    sent_ = false;
    return std::move(kept_);
  }
  void forget() { take(); }

 private:
  std::unique_ptr<std::string> kept_;
  bool sent_ = false;  // since the last take()
};

}  // namespace loadgen
