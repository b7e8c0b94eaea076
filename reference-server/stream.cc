#include "server/stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/options.h"
#include "server/stats.h"
#include "server/topic.h"

namespace server {

namespace {

void abort_slow(Connection& connection) {
  connection.abort();
}

}  // namespace

StreamTechnique::StreamTechnique(Context& context, TechniqueStats& counters, const Dialect& dialect)
    : context_(context),
      chunked_(context, counters, dialect, Feed::Framing::kChunked, abort_slow),
      plain_(context, counters, dialect, Feed::Framing::kNone, abort_slow) {}

void StreamTechnique::on_request(Connection& connection, const wire::http1::Request& request) {
  Subscription subscription;
  StreamLimit limit;
  std::string error;
  if (!parse_subscription(request, subscription, error) || !refine(request, subscription, error) ||
      !read_limit(request, limit, error)) {
    return refuse(connection, context_, 400, error);
  }
  Topic* topic = context_.topics.find_or_create(subscription.topic);
  if (topic == nullptr) return refuse(connection, context_, 503, "too many topics");
  const std::uint64_t cursor = starting_cursor(subscription.after, *topic);
  const Exchange exchange = connection.exchange();
  std::string headers;
  append_headers(headers, cursor);
  if (!limit.none() && !exchange.http10) headers += "Connection: close\r\n";  // the end of the body is one of it too
  std::string head;
  append_stream_head(head, exchange, headers, context_.common_headers());
  context_.stats.sent.http.add(head.size());
  connection.send(Bytes(head));
  if (exchange.head_only) return connection.finish_response();

  std::string preamble;
  append_preamble(preamble);
  if (!preamble.empty()) {
    std::string framed;
    if (exchange.http10) {
      framed = std::move(preamble);
    } else {
      wire::http1::append_chunk(framed, preamble);
    }
    context_.stats.sent.framing.add(framed.size());
    connection.send(Bytes(framed));
  }
  auto state = std::make_unique<Subscriber>(limit);
  Subscriber& subscriber = *state;
  connection.take_over(*this, std::move(state), Connection::Input::kIgnored);
  (exchange.http10 ? plain_ : chunked_).subscribe(connection, subscriber, *topic, cursor);
}

// The server's own limit, or what the client asks for when that is less.
bool StreamTechnique::read_limit(const wire::http1::Request& request, StreamLimit& limit, std::string& error) const {
  if (context_.options.stream_limit > 0) limit.messages = context_.options.stream_limit;
  for (const auto& [key, value] : {std::pair{Bytes("limit"), &limit.messages}, {Bytes("limit-bytes"), &limit.bytes}}) {
    std::string text;
    if (!wire::http1::query_value(request.query, key, text)) continue;
    const std::optional<std::uint64_t> number = parse_number(text);
    if (!number || *number == 0) {
      error = std::string(key) + "=" + quoted(text) + " is not a number above 0 (decimal digits)";
      return false;
    }
    *value = std::min(*value, *number);
  }
  return true;
}

void StreamTechnique::on_close(Connection& connection) {
  Feed::unsubscribe(static_cast<Subscriber&>(*connection.state()));
}

void StreamTechnique::on_drain(Connection& connection) {
  Feed::on_drain(static_cast<Subscriber&>(*connection.state()));
}

void StreamTechnique::on_publish(Topic& topic, const Message& message) {
  chunked_.on_publish(topic, message);
  plain_.on_publish(topic, message);
}

void StreamTechnique::on_flush() {
  chunked_.on_flush();
  plain_.on_flush();
}

// A body that is cut off looks like a failure to the client; one that ends does not.
void StreamTechnique::on_shutdown() {
  chunked_.for_each([this](Connection& connection) { chunked_.end(connection); });
  plain_.for_each([this](Connection& connection) { plain_.end(connection); });
}

// Ticks come twice an interval: who was written to since the last one waits for the next, so that nobody is left in
// silence for longer than the interval and nobody gets a heartbeat who does not need it.
void StreamTechnique::schedule_heartbeat() {
  if (context_.options.heartbeat > Nanos::zero()) context_.tick_after(*this, context_.options.heartbeat / 2);
}

void StreamTechnique::on_tick() {
  std::string heartbeat;
  append_heartbeat(heartbeat);
  chunked_.send_to_quiet(heartbeat);
  plain_.send_to_quiet(heartbeat);
  schedule_heartbeat();
}

}  // namespace server
