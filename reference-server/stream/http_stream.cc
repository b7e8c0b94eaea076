#include "reference-server/stream/http_stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "reference-server/log/topics.h"
#include "reference-server/options.h"
#include "reference-server/stats.h"
#include "wire/http1/target.h"
#include "wire/http1/write.h"

namespace server {

namespace {

class Stream final : public Conversation, public Subscriber {
 public:
  explicit Stream(const StreamLimit& limit) : Subscriber(0, &body_), body_{.left = limit, .sum = {}} {}
  void on_close(Connection&) override { unsubscribe(); }
  void on_drain(Connection&) override { drained(); }

 private:
  StreamBody body_;
};

}  // namespace

StreamTechnique::StreamTechnique(Context& context, TechniqueStats& counters,
                                 std::initializer_list<const Encoder*> encoders, bool compresses)
    : context_(context), encoders_(encoders), compresses_(compresses) {
  for (const Encoder* encoder : encoders_) {
    for (const Framing framing : {Framing::kNone, Framing::kChunked, Framing::kGzip}) {
      broadcasters_.push_back(std::make_unique<Broadcaster>(context, counters, *encoder, framing));
    }
  }
}

void StreamTechnique::on_request(Connection& connection, const wire::http1::Request& request) {
  Subscription subscription;
  StreamLimit limit;
  std::string error;
  std::optional<std::size_t> encoder;
  if (!parse_subscription(request, subscription, error) || !refine(request, subscription, error) ||
      !read_limit(request, limit, error) || !(encoder = choose_encoder(request, error))) {
    return refuse(connection, context_, 400, error);
  }
  const TopicUse topic = context_.topics.use(subscription.topic);
  if (!topic) return refuse(connection, context_, 503, "too many topics");
  std::uint64_t cursor = topic->starting_cursor(subscription.after);
  if (cursor + 1 < topic->first() && !encoders_[*encoder]->has_gap_notice()) {
    context_.stats.gap_messages.add(topic->first() - 1 - cursor);
    cursor = topic->first() - 1;
  }
  const Exchange exchange = connection.exchange();
  const Framing framing = framing_for(request, exchange);
  send_head(connection, framing, cursor, !limit.none());
  if (exchange.head_only) return connection.finish_response();
  send_preamble(connection, framing);
  auto stream = std::make_unique<Stream>(limit);
  Subscriber& subscriber = *stream;
  connection.take_over(std::move(stream), Connection::Input::kIgnored);
  broadcaster(*encoder, framing).subscribe(connection, subscriber, topic, cursor);
}

Framing StreamTechnique::framing_for(const wire::http1::Request& request, const Exchange& exchange) const {
  if (exchange.http10) return Framing::kNone;
  const bool gzip = compresses_ && wire::http1::accepts_coding(request.headers, "gzip");
  return gzip ? Framing::kGzip : Framing::kChunked;
}

void StreamTechnique::send_head(Connection& connection, Framing framing, std::uint64_t cursor, bool limited) {
  const Exchange exchange = connection.exchange();
  std::string headers;
  append_headers(headers, cursor);
  if (compresses_) headers += "Vary: Accept-Encoding\r\n";
  if (framing == Framing::kGzip) headers += "Content-Encoding: gzip\r\n";
  if (limited && !exchange.http10) headers += "Connection: close\r\n";  // the end of the body is one of it too
  std::string head;
  append_stream_head(head, exchange, headers, context_.common_headers());
  context_.stats.sent.http.add(head.size());
  connection.send(Bytes(head));
}

// A compressed body begins with its own header; no technique that compresses has a preamble besides.
void StreamTechnique::send_preamble(Connection& connection, Framing framing) {
  std::string preamble;
  append_preamble(preamble);
  if (framing == Framing::kGzip) preamble = wire::gzip::kHeader;
  if (preamble.empty()) return;
  std::string framed;
  if (framing == Framing::kNone) {
    framed = std::move(preamble);
  } else {
    wire::http1::append_chunk(framed, preamble);
  }
  context_.stats.sent.framing.add(framed.size());
  connection.send(Bytes(framed));
}

// The server's own limit, or what the client asks for when that is less.
bool StreamTechnique::read_limit(const wire::http1::Request& request, StreamLimit& limit, std::string& error) const {
  if (context_.options.stream_limit > 0) limit.messages = context_.options.stream_limit;
  for (const auto& [key, value] : {std::pair{Bytes("limit"), &limit.messages}, {Bytes("limit-bytes"), &limit.bytes}}) {
    std::string text;
    if (!wire::http1::query_value(request.query, key, text)) continue;
    const std::optional<std::uint64_t> number = parse_number(text);
    if (!number || *number == 0) {
      error = std::string(key) + "=" + in_quotes(text) + " is not a number above 0 (decimal digits)";
      return false;
    }
    *value = std::min(*value, *number);
  }
  return true;
}

void StreamTechnique::on_publish(Topic& topic, const Message& message) {
  for (const auto& broadcaster : broadcasters_) broadcaster->on_publish(topic, message);
}

void StreamTechnique::on_topic_gone(const Topic& topic) {
  for (const auto& broadcaster : broadcasters_) broadcaster->on_topic_gone(topic);
}

void StreamTechnique::on_flush() {
  for (const auto& broadcaster : broadcasters_) broadcaster->on_flush();
}

// A body that is cut off looks like a failure to the client; one that ends does not.
void StreamTechnique::on_shutdown() {
  for (const auto& broadcaster : broadcasters_) broadcaster->end_all();
}

// Ticks come twice an interval: who was written to since the last one waits for the next, so that nobody is left in
// silence for longer than the interval and nobody gets a heartbeat who does not need it.
void StreamTechnique::schedule_heartbeat() {
  if (context_.options.heartbeat > Nanos::zero()) context_.tick_after(*this, context_.options.heartbeat / 2);
}

void StreamTechnique::on_tick() {
  std::string heartbeat;
  append_heartbeat(heartbeat);
  for (const auto& broadcaster : broadcasters_) broadcaster->send_to_quiet(heartbeat);
  schedule_heartbeat();
}

}  // namespace server
