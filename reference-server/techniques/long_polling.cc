// `long-polling`: holds the request until there is a message after its cursor or the hold time is over.
#include <algorithm>
#include <chrono>
#include <vector>

#include "server/options.h"
#include "server/poll_answers.h"
#include "server/reply.h"
#include "server/techniques.h"
#include "server/topic.h"

namespace server {

namespace {

struct Holder final : ConnectionState {
  Holder(Topic& t, std::uint64_t c, int status) : topic(t), cursor(c), empty_status(status) {}
  Topic& topic;
  std::uint64_t cursor;
  int empty_status;        // of an answer that brings nothing
  std::uint32_t slot = 0;  // in its topic's list
};

Holder& holder_of(Connection& connection) {
  return static_cast<Holder&>(*connection.state());
}

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
    Topic* topic = context_.topics.find_or_create(subscription.topic);
    if (topic == nullptr) return refuse(connection, context_, 503, "too many topics");
    const std::uint64_t cursor = starting_cursor(subscription.after, *topic);
    if (cursor < topic->head() || hold == Nanos::zero() || connection.exchange().head_only) {
      answers_.send(connection, topic, cursor, empty_status);
      connection.finish_response();
      return;
    }
    connection.take_over(*this, std::make_unique<Holder>(*topic, cursor, empty_status), Connection::Input::kLater);
    connection.wake_after(hold);
    hold_place(connection);
  }

  void on_close(Connection& connection) override { leave(connection); }

  void on_wake(Connection& connection) override {
    leave(connection);
    release(connection);
  }

  void on_publish(Topic& topic, const Message&) override {
    if (topic.index() >= places_.size()) return;
    Place& place = places_[topic.index()];
    if (place.published || place.holders.empty()) return;
    place.published = true;
    published_.push_back(topic.index());
  }

  void on_flush() override {
    for (const std::uint32_t index : published_) {
      places_[index].published = false;
      release_all(places_[index]);
    }
    published_.clear();
  }

  void on_shutdown() override {
    for (Place& place : places_) release_all(place);
  }

 private:
  struct Place {
    std::vector<Connection*> holders;
    bool published = false;  // since the last flush
  };

  // ?hold=MILLISECONDS shortens the server's hold time.
  static bool parse_hold(const wire::http1::Request& request, Nanos& hold, std::string& error) {
    std::string text;
    if (!wire::http1::query_value(request.query, "hold", text)) return true;
    const auto milliseconds = parse_number(text);
    if (!milliseconds) {
      error = "hold=" + quoted(text) + " is not a number of milliseconds (decimal digits)";
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
    error = "empty=" + quoted(text) + " is neither 200 nor 204";
    return false;
  }

  void hold_place(Connection& connection) {
    Holder& holder = holder_of(connection);
    const std::uint32_t index = holder.topic.index();
    if (index >= places_.size()) places_.resize(index + 1);
    std::vector<Connection*>& holders = places_[index].holders;
    holder.slot = static_cast<std::uint32_t>(holders.size());
    holders.push_back(&connection);
  }

  void leave(Connection& connection) {
    Holder& holder = holder_of(connection);
    std::vector<Connection*>& holders = places_[holder.topic.index()].holders;
    holders[holder.slot] = holders.back();
    holder_of(*holders[holder.slot]).slot = holder.slot;
    holders.pop_back();
  }

  void release_all(Place& place) {
    std::vector<Connection*> leaving;
    leaving.swap(place.holders);
    for (Connection* connection : leaving) release(*connection);
  }

  // The connection has left its topic's list.
  void release(Connection& connection) {
    const Holder& holder = holder_of(connection);
    answers_.send(connection, &holder.topic, holder.cursor, holder.empty_status);
    connection.release();
  }

  Context& context_;
  PollAnswers answers_;
  std::vector<Place> places_;             // by the topic's index
  std::vector<std::uint32_t> published_;  // indices of topics with holders, in this iteration
};

}  // namespace

std::unique_ptr<Technique> make_long_polling(Context& context, TechniqueStats& counters) {
  return std::make_unique<LongPolling>(context, counters);
}

}  // namespace server
