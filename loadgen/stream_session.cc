#include "loadgen/stream_session.h"

#include <string>

namespace loadgen {

void StreamSession::on_open(Link&) {
  on_stream_start();
  request(knows_cursor_ ? "&after=" + std::to_string(cursor_) : std::string(), request_headers());
}

void StreamSession::on_answer(const wire::http1::Response& response) {
  const std::string_view wrong = check(response);
  if (!wrong.empty()) {
    refuse(Failure::kProtocol, wrong);
    return;
  }
  // A server that does not number its messages (any but ours) cannot be asked for what was missed.
  knows_cursor_ = read_number(response, "Pushbench-Cursor", cursor_);
  host_.subscribed();
}

}  // namespace loadgen
