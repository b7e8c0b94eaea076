#include "loadgen/stream_session.h"

namespace loadgen {

void StreamSession::on_open(Link&) {
  on_stream_start();
  std::string query;
  if (knows_cursor_) query.append("&after=").append(std::to_string(cursor_));
  append_query(query);
  request(query, request_headers(), request_method());
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
