// `polling`: answers at once with what follows the cursor, or with an empty body. Never creates a topic: asking costs
// nothing. A request with If-None-Match is answered with an ETag, or with 304 when it names that.
#include "reference-server/log/topics.h"
#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/poll_answers.h"

namespace server {

namespace {

class Polling final : public Technique {
 public:
  Polling(Context& context, TechniqueStats& counters) : context_(context), answers_(context, counters) {}

  void on_request(Connection& connection, const wire::http1::Request& request) override {
    std::string error;
    subscription_.after.reset();
    if (!parse_subscription(request, subscription_, error)) return refuse(connection, context_, 400, error);
    const Topic* topic = context_.topics.find(subscription_.topic);
    const std::uint64_t cursor = topic == nullptr ? 0 : topic->starting_cursor(subscription_.after);
    answers_.send(connection, topic, cursor, 200, request.header("If-None-Match"));
    connection.finish_response();
  }

  void on_publish(Topic&, const Message&) override {}
  void on_flush() override { answers_.on_flush(); }
  void on_topic_gone(const Topic& topic) override { answers_.on_topic_gone(topic); }

 private:
  Context& context_;
  PollAnswers answers_;
  Subscription subscription_;  // keeps its memory from request to request
};

}  // namespace

TechniqueInfo polling_technique() {
  return {.name = "polling", .route = "/polling", .make = make_technique<Polling>};
}

}  // namespace server
