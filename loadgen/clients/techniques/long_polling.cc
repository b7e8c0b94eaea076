// Long polling: asks again as soon as it has been answered; the server holds a request until there is a message.
// Nothing is lost between an answer and the next request, which asks from the cursor on.
#include <string>

#include "loadgen/clients/poll_session.h"
#include "loadgen/clients/techniques.h"

namespace loadgen {

namespace {

constexpr const char* kRoute = "/long-polling";

enum Option : std::size_t { kHold, kConnection, kEmpty, kResume, kTimeout };

class LongPolling final : public PollSession {
 public:
  LongPolling(Host& host, const SessionConfig& plan, const std::string& topic)
      : PollSession(host, plan, topic, kRoute, plan.options[kConnection].number == 0,
                    plan.options[kResume].number == 0 ? Resume::kCursor : Resume::kValidators) {}

 private:
  Bytes hold_query() const override {
    thread_local std::string query;
    query = "&hold=" + std::to_string(plan_.options[kHold].number / 1'000'000);
    if (no_content()) query += "&empty=204";
    return query;
  }
  Bytes priming_query() const override { return no_content() ? "&hold=0&empty=204" : "&hold=0"; }
  bool no_content() const { return plan_.options[kEmpty].number == 1; }
  Nanos timeout() const { return Nanos(plan_.options[kTimeout].number); }

  void on_asked(bool held) override {
    if (held && timeout() > Nanos::zero()) host_.wake_after(timeout());
  }

  void on_polled() override {
    host_.cancel_wake();
    ask();
  }

  // Whatever the server has sent meanwhile is asked for again: the cursor knows only what has been read.
  void on_wake() override {
    ++host_.counts().request_timeouts;
    open();
    host_.wake_after(timeout());  // connecting must not take for ever either
  }
};

Traits traits(std::span<const OptionValue> options) {
  return {.hold = TimedOption{"hold", Nanos(options[kHold].number)},
          .answers_in_batches = true,
          .connects_anew = options[kConnection].number == 1};
}

}  // namespace

TechniqueInfo long_polling_technique() {
  using Kind = OptionSpec::Kind;
  return {
      .name = "long-polling",
      .rank = 20,
      .kind = TechniqueInfo::Kind::kPolls,
      .route = kRoute,
      .description =
          "asks again as soon as it has been answered; the server holds the request until there is a message",
      .options =
          {{"hold",
            Kind::kDuration,
            "25s",
            "time the server may hold a request; the server's own limit applies too",
            {},
            1'000'000},
           {"connection",
            Kind::kChoice,
            "keep-alive",
            "keep-alive, or close: a new TCP connection for each request",
            {"keep-alive", "close"}},
           {"empty",
            Kind::kChoice,
            "200",
            "status of an answer that brings nothing: 200 with an empty body, or 204",
            {"200", "204"}},
           {"resume",
            Kind::kChoice,
            "cursor",
            "how the next request says what is known: cursor, as the reference server numbers messages; validators, "
            "the ETag and Last-Modified of the last answer, whose body is one message (nchan)",
            {"cursor", "validators"}},
           {"timeout",
            Kind::kDuration,
            "0s",
            "time after which the client gives up a held request, closes and asks again from its cursor; 0s: never",
            {},
            0}},
      .make = make_session<LongPolling>,
      .traits = traits};
}

}  // namespace loadgen
