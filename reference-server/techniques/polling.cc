// `polling`: answers at once with what follows the cursor, or with an empty body. Never creates a topic: asking costs
// nothing. A request with If-None-Match is answered with an ETag, or with 304 when it names that.
#include "server/options.h"
#include "server/reply.h"
#include "server/stats.h"
#include "server/techniques.h"
#include "server/topic.h"

namespace server {

namespace {

class Polling final : public Technique {
 public:
  Polling(Context& context, TechniqueStats& counters) : context_(context), counters_(counters) {}

  void on_request(Connection& connection, const wire::http1::Request& request) override {
    std::string error;
    subscription_.after.reset();
    if (!parse_subscription(request, subscription_, error)) return refuse(connection, context_, 400, error);
    const Topic* topic = context_.topics.find(subscription_.topic);
    const std::uint64_t cursor = topic == nullptr ? 0 : starting_cursor(subscription_.after, *topic);
    const Exchange exchange = connection.exchange();
    const Lines& lines = encode(topic, cursor);
    const Bytes if_none_match = request.header("If-None-Match");
    const bool same = names_tag(if_none_match, lines.cursor);
    const bool with_body = !same && !exchange.head_only;
    std::string answer =
        poll_head(exchange, same ? 304 : 200, lines, !if_none_match.empty(), context_.common_headers());
    count_poll_answer(context_.stats, counters_, lines, answer.size(), with_body);
    if (with_body) answer += lines.body;
    connection.send(Bytes(answer));
    connection.finish_response();
  }

  void on_publish(Topic&, const Message&) override {}

 private:
  // Many clients poll one topic from the same cursor: what was encoded last answers them all until something is
  // published.
  const Lines& encode(const Topic* topic, std::uint64_t cursor) {
    if (topic == nullptr || topic->head() == cursor) {
      empty_.cursor = cursor;
      return empty_;
    }
    if (cached_topic_ != topic || cached_after_ != cursor || cached_head_ != topic->head()) {
      cached_ = encode_lines(topic, cursor, context_.options.queue);
      cached_topic_ = topic;
      cached_after_ = cursor;
      cached_head_ = topic->head();
    }
    return cached_;
  }

  Context& context_;
  TechniqueStats& counters_;
  Subscription subscription_;  // keeps its memory from request to request
  Lines empty_;
  Lines cached_;
  const Topic* cached_topic_ = nullptr;
  std::uint64_t cached_after_ = 0;
  std::uint64_t cached_head_ = 0;
};

}  // namespace

std::unique_ptr<Technique> make_polling(Context& context, TechniqueStats& counters) {
  return std::make_unique<Polling>(context, counters);
}

}  // namespace server
