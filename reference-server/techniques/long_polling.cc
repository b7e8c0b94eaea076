// `long-polling`: holds the request until there is a message after its cursor or the hold time is over.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "reference-server/log/topics.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/poll_answers.h"
#include "wire/http1/target.h"

namespace server {

namespace {

class LongPolling;

struct HeldRequest final : Conversation {
  HeldRequest(LongPolling& o, Connection& c, TopicUse t, std::uint64_t after, int status)
      : owner(o), connection(c), topic(std::move(t)), cursor(after), empty_status(status) {}
  void on_close(Connection&) override;
  void on_wake(Connection&) override;

  LongPolling& owner;
  Connection& connection;
  TopicUse topic;
  std::uint64_t cursor;
  int empty_status;        // of an answer that brings nothing
  std::uint32_t slot = 0;  // in its topic's list
};

class LongPolling final : public Technique {
 public:
  LongPolling(Context& context, TechniqueStats& counters) : context_(context), answers_(context, counters) {}

  void on_request(Connection& connection, const wire::http1::Request& request) override {
    Subscription subscription;
    std::string error;
    Nanos hold = context_.options.hold;
    int empty_status = 200;
    if (!parse_subscription(request, subscription, error) || !parse_hold(request, hold, error) ||
        !parse_empty(request, empty_status, error)) {
      return refuse(connection, context_, 400, error);
    }
    TopicUse topic = context_.topics.use(subscription.topic);
    if (!topic) return refuse(connection, context_, 503, "too many topics");
    const std::uint64_t cursor = topic->starting_cursor(subscription.after);
    if (cursor < topic->head() || hold == Nanos::zero() || connection.exchange().head_only) {
      answers_.send(connection, topic.get(), cursor, empty_status);
      connection.finish_response();
      return;
    }
    auto held = std::make_unique<HeldRequest>(*this, connection, std::move(topic), cursor, empty_status);
    add(*held);
    connection.take_over(std::move(held), Connection::Input::kLater);
    connection.wake_after(hold);
  }

  void on_publish(Topic& topic, const Message&) override {
    if (topic.index() >= topics_.size()) return;
    TopicRequests& topic_requests = topics_[topic.index()];
    if (topic_requests.published || topic_requests.requests.empty()) return;
    topic_requests.published = true;
    published_.push_back(topic.index());
  }

  void on_topic_gone(const Topic& topic) override { answers_.on_topic_gone(topic); }

  void on_flush() override {
    for (const std::uint32_t index : published_) {
      topics_[index].published = false;
      release_all(topics_[index]);
    }
    published_.clear();
    answers_.on_flush();
  }

  void on_shutdown() override {
    for (TopicRequests& topic_requests : topics_) release_all(topic_requests);
  }

  void remove(HeldRequest& held) {
    std::vector<HeldRequest*>& requests = topics_[held.topic->index()].requests;
    requests[held.slot] = requests.back();
    requests[held.slot]->slot = held.slot;
    requests.pop_back();
  }

  // The request has left its topic's list, and is destroyed.
  void answer(HeldRequest& held) {
    answers_.send(held.connection, held.topic.get(), held.cursor, held.empty_status);
    held.connection.release();
  }

 private:
  struct TopicRequests {
    std::vector<HeldRequest*> requests;
    bool published = false;  // since the last flush
  };

  // ?hold=MILLISECONDS shortens the server's hold time.
  static bool parse_hold(const wire::http1::Request& request, Nanos& hold, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "hold", text)) return true;
    const auto milliseconds = parse_number(text);
    if (!milliseconds) {
      error = "hold=" + in_quotes(text) + " is not a number of milliseconds (decimal digits)";
      return false;
    }
    constexpr std::uint64_t kYear = 365ULL * 86'400 * 1'000;
    hold = std::min<Nanos>(hold, std::chrono::milliseconds(std::min(*milliseconds, kYear)));
    return true;
  }

  // ?empty=204: what an answer without messages is.
  static bool parse_empty(const wire::http1::Request& request, int& status, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "empty", text) || text == "200") return true;
    if (text == "204") {
      status = 204;
      return true;
    }
    error = "empty=" + in_quotes(text) + " is neither 200 nor 204";
    return false;
  }

  void add(HeldRequest& held) {
    const std::uint32_t index = held.topic->index();
    if (index >= topics_.size()) topics_.resize(index + 1);
    std::vector<HeldRequest*>& requests = topics_[index].requests;
    held.slot = static_cast<std::uint32_t>(requests.size());
    requests.push_back(&held);
  }

  void release_all(TopicRequests& topic_requests) {
    std::vector<HeldRequest*> leaving;
    leaving.swap(topic_requests.requests);
    for (HeldRequest* held : leaving) answer(*held);
  }

  Context& context_;
  PollAnswers answers_;
  std::vector<TopicRequests> topics_;     // by the topic's index
  std::vector<std::uint32_t> published_;  // indices of topics with requests, in this iteration
};

void HeldRequest::on_close(Connection&) {
  owner.remove(*this);
}

void HeldRequest::on_wake(Connection&) {
  owner.remove(*this);
  owner.answer(*this);
}

}  // namespace

TechniqueInfo long_polling_technique() {
  return {.name = "long-polling", .route = "/long-polling", .make = make_technique<LongPolling>};
}

}  // namespace server
