#include "server/poll_answers.h"

#include <utility>

#include "server/options.h"
#include "server/stats.h"
#include "server/topic.h"

namespace server {

void PollAnswers::send(Connection& connection, const Topic* topic, std::uint64_t cursor, int empty_status,
                       Bytes if_none_match) {
  const Exchange exchange = connection.exchange();
  const bool usual = exchange.keep_alive && !exchange.http10 && !exchange.head_only && if_none_match.empty();
  if (!usual) return send(connection, make(exchange, topic, cursor, empty_status, if_none_match));
  const std::uint64_t head = topic == nullptr ? 0 : topic->head();
  const Bytes common_headers = context_.common_headers();
  Kept& kept = kept_[cursor % kKept];
  if (kept.empty_status != empty_status || kept.topic != topic || kept.cursor != cursor || kept.head != head ||
      kept.common_headers != common_headers) {
    kept = {topic,
            cursor,
            head,
            empty_status,
            std::string(common_headers),
            make(exchange, topic, cursor, empty_status, {})};
  }
  send(connection, kept.made);
  if (kept.made.bytes.size() > kMostBytes) kept = {};
}

PollAnswers::Made PollAnswers::make(const Exchange& exchange, const Topic* topic, std::uint64_t cursor,
                                    int empty_status, Bytes if_none_match) const {
  Made made;
  made.lines = encode_lines(topic, cursor, context_.options.queue);
  const int status = names_tag(if_none_match, made.lines.cursor) ? 304 : made.lines.body.empty() ? empty_status : 200;
  std::string bytes = poll_head(exchange, status, made.lines, !if_none_match.empty(), context_.common_headers());
  made.head_bytes = bytes.size();
  const std::string body = std::exchange(made.lines.body, {});
  if (status != 304 && !exchange.head_only) {
    bytes += body;
    made.body_bytes = body.size();
  } else {
    made.lines.messages = made.lines.gap_messages = made.lines.payload_bytes = 0;
  }
  made.bytes = SharedBytes(std::move(bytes));
  return made;
}

void PollAnswers::send(Connection& connection, const Made& made) {
  Stats& stats = context_.stats;
  stats.sent.http.add(made.head_bytes);
  counters_.delivered.add(made.lines.messages);
  stats.gap_messages.add(made.lines.gap_messages);
  stats.sent.payload.add(made.lines.payload_bytes);
  stats.sent.framing.add(made.body_bytes - made.lines.payload_bytes);
  connection.send(made.bytes);
}

}  // namespace server
