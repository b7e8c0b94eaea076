#include "reference-server/stream/poll_answers.h"

#include <algorithm>
#include <utility>

#include "reference-server/log/topic.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/http1/write.h"
#include "wire/lines.h"

namespace server {

namespace {

// A body of lines (wire/lines.h).
struct Lines {
  std::string body;
  std::uint64_t cursor = 0;  // sequence of the last message in it
  std::uint64_t messages = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t gap_messages = 0;
};

// What follows `cursor`: up to about `limit` bytes, at least one message when there is one.
Lines encode_lines(const Topic* topic, std::uint64_t cursor, std::size_t limit) {
  Lines lines;
  if (topic == nullptr) return lines;
  lines.cursor = std::min(cursor, topic->head());
  if (lines.cursor + 1 < topic->first()) {
    const wire::lines::Gap gap{lines.cursor + 1, topic->first() - 1};
    wire::lines::append_gap(lines.body, gap);
    lines.cursor = gap.last;
    lines.gap_messages = gap.last - gap.first + 1;
  }
  while (lines.cursor < topic->head() && (lines.messages == 0 || lines.body.size() < limit)) {
    const Message& message = topic->message(++lines.cursor);
    wire::lines::append_message(lines.body, message.bytes());
    ++lines.messages;
    lines.payload_bytes += message.bytes().size();
  }
  return lines;
}

// 200, or 204 or 304 without a body. `tagged`: with the cursor as its ETag.
std::string head_of(const Exchange& exchange, int status, std::uint64_t cursor, Bytes body, bool tagged,
                    Bytes common_headers) {
  std::string headers = "Cache-Control: no-store\r\n";
  append_cursor_header(headers, cursor);
  if (tagged) wire::http1::append_header(headers, "ETag", "\"" + std::to_string(cursor) + "\"");
  std::string out;
  out.reserve(384);
  append_head(out, exchange,
              {.status = status, .content_type = "application/octet-stream", .headers = headers, .body = body},
              common_headers);
  return out;
}

// RFC 9110 section 13.1.2: whether a field value of If-None-Match names the entity tag `"cursor"`. The comparison is
// the weak one: W/ says nothing. No tag of this server has a comma in it.
bool names_tag(Bytes if_none_match, std::uint64_t cursor) {
  while (!if_none_match.empty()) {
    const std::size_t comma = std::min(if_none_match.find(','), if_none_match.size());
    Bytes tag = if_none_match.substr(0, comma);
    if_none_match.remove_prefix(std::min(comma + 1, if_none_match.size()));
    while (!tag.empty() && (tag.front() == ' ' || tag.front() == '\t')) tag.remove_prefix(1);
    while (!tag.empty() && (tag.back() == ' ' || tag.back() == '\t')) tag.remove_suffix(1);
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 3 || tag.front() != '"' || tag.back() != '"') continue;
    if (parse_number(tag.substr(1, tag.size() - 2)) == cursor) return true;
  }
  return false;
}

}  // namespace

void PollAnswers::send(Connection& connection, const Topic* topic, std::uint64_t cursor, int empty_status,
                       Bytes if_none_match) {
  const Exchange exchange = connection.exchange();
  const std::uint64_t head = topic == nullptr ? 0 : topic->head();
  const Bytes common_headers = context_.common_headers();
  const bool tagged = !if_none_match.empty();
  RecentAnswer& recent = recent_[cursor % kRecentAnswers];
  const bool is_there =
      recent.empty_status != 0 && recent.topic == topic && recent.cursor == cursor && recent.head == head;
  if (is_there && recent.body.head_bytes == 0 && !exchange.head_only && !names_tag(if_none_match, recent.body.cursor)) {
    return send(connection, recent.body, tagged);
  }
  const bool usual = exchange.keep_alive && !exchange.http10 && !exchange.head_only && !tagged;
  if (usual && is_there && recent.empty_status == empty_status && recent.common_headers == common_headers) {
    return send(connection, recent.body);
  }
  CachedBody body = make(exchange, topic, cursor, empty_status, if_none_match);
  send(connection, body, tagged);
  if (usual || body.head_bytes == 0) {
    recent = {topic, cursor, head, empty_status, std::string(common_headers), std::move(body)};
  }
}

void PollAnswers::on_flush() {
  for (RecentAnswer& recent : recent_) {
    if (recent.body.bytes.size() > kLarge && !recent.body.bytes.shared()) recent = {};
  }
}

// Another topic may come to lie at the same address.
void PollAnswers::on_topic_gone(const Topic& topic) {
  for (RecentAnswer& recent : recent_) {
    if (recent.topic == &topic) recent = {};
  }
}

PollAnswers::CachedBody PollAnswers::make(const Exchange& exchange, const Topic* topic, std::uint64_t cursor,
                                          int empty_status, Bytes if_none_match) const {
  Lines lines = encode_lines(topic, cursor, context_.options.queue);
  const int status = names_tag(if_none_match, lines.cursor) ? 304 : lines.body.empty() ? empty_status : 200;
  const bool has_body = status != 304 && !exchange.head_only;
  CachedBody body;
  body.cursor = lines.cursor;
  if (has_body) {
    body.body_bytes = lines.body.size();
    body.messages = lines.messages;
    body.payload_bytes = lines.payload_bytes;
    body.gap_messages = lines.gap_messages;
  }
  if (has_body && lines.body.size() > kLarge) {
    body.bytes = SharedBytes(std::move(lines.body));
    return body;
  }
  std::string bytes =
      head_of(exchange, status, lines.cursor, lines.body, !if_none_match.empty(), context_.common_headers());
  body.head_bytes = bytes.size();
  if (has_body) bytes += lines.body;
  body.bytes = SharedBytes(std::move(bytes));
  return body;
}

// A large body is everybody's, with a head for each.
void PollAnswers::send(Connection& connection, const CachedBody& body, bool tagged) {
  Stats& stats = context_.stats;
  if (body.head_bytes == 0) {
    const std::string head =
        head_of(connection.exchange(), 200, body.cursor, body.bytes.view(), tagged, context_.common_headers());
    stats.sent.http.add(head.size());
    connection.send(Bytes(head));
  }
  stats.sent.http.add(body.head_bytes);
  counters_.delivered.add(body.messages);
  stats.gap_messages.add(body.gap_messages);
  stats.sent.payload.add(body.payload_bytes);
  stats.sent.framing.add(body.body_bytes - body.payload_bytes);
  connection.send(body.bytes);
}

}  // namespace server
