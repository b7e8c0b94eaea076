#include "server/stream.h"

#include <memory>

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
  std::string error;
  if (!parse_subscription(request, subscription, error) || !refine(request, subscription, error)) {
    return refuse(connection, context_, 400, error);
  }
  Topic* topic = context_.topics.find_or_create(subscription.topic);
  if (topic == nullptr) return refuse(connection, context_, 503, "too many topics");
  const std::uint64_t cursor = starting_cursor(subscription.after, *topic);
  const Exchange exchange = connection.exchange();
  std::string headers;
  append_headers(headers, cursor);
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
  auto state = std::make_unique<Subscriber>();
  Subscriber& subscriber = *state;
  connection.take_over(*this, std::move(state), Connection::Input::kIgnored);
  (exchange.http10 ? plain_ : chunked_).subscribe(connection, subscriber, *topic, cursor);
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
  chunked_.for_each([this](Connection& connection) {
    connection.send(wire::http1::kLastChunk);
    context_.stats.sent.framing.add(wire::http1::kLastChunk.size());
    connection.close();
  });
  plain_.for_each([](Connection& connection) { connection.close(); });
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
