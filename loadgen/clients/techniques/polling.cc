// Polling: asks every interval and is answered at once. Fixed rate is setInterval(): the schedule does not move however
// slow an answer is; a poll that falls due while an answer is outstanding is skipped and counted. Fixed delay is a
// recursive setTimeout(): the next poll comes an interval after the answer. The first poll comes at a random point of
// the interval, so that clients do not ask in step. Closed: each answer is followed by the next poll, as load
// generators for requests do it.
#include "loadgen/clients/poll_session.h"
#include "loadgen/clients/techniques.h"

namespace loadgen {

namespace {

constexpr const char* kRoute = "/polling";

enum Option : std::size_t { kInterval, kTiming, kConnection, kValidator };
using Timing = PollSchedule::Timing;  // in the order of the choices

class Polling final : public PollSession {
 public:
  Polling(Host& host, const SessionConfig& plan, const std::string& topic)
      : PollSession(host, plan, topic, kRoute, plan.options[kConnection].number == 0) {}

 private:
  Bytes hold_query() const override { return {}; }
  Bytes priming_query() const override { return {}; }
  bool conditional() const override { return plan_.options[kValidator].number == 1; }
  Nanos interval() const { return Nanos(plan_.options[kInterval].number); }
  Timing timing() const { return static_cast<Timing>(plan_.options[kTiming].number); }

  void on_polled() override {
    host_.end_round_trip();
    if (timing() == Timing::kClosed) {
      poll();
    } else if (!scheduled_) {
      scheduled_ = true;
      host_.wake_after(
          Nanos(static_cast<std::int64_t>(host_.random() % static_cast<std::uint64_t>(interval().count()))));
    } else if (timing() == Timing::kFixedDelay) {
      host_.wake_after(interval());
    }
  }

  void on_wake() override {
    if (timing() == Timing::kFixedRate) host_.wake_after(interval());
    if (waiting()) {
      ++host_.counts().skipped_polls;
    } else {
      poll();
    }
  }

  void poll() {
    host_.begin_round_trip();
    ask();
  }

  void on_start() override { scheduled_ = false; }

  bool scheduled_ = false;
};

Traits traits(std::span<const OptionValue> options) {
  return {
      .polls = PollSchedule{"interval", Nanos(options[kInterval].number), static_cast<Timing>(options[kTiming].number)},
      .answers_in_batches = true,
      .connects_anew = options[kConnection].number == 1,
      .times_round_trips = true};
}

}  // namespace

TechniqueInfo polling_technique() {
  using Kind = OptionSpec::Kind;
  return {
      .name = "polling",
      .rank = 10,
      .kind = TechniqueInfo::Kind::kPolls,
      .route = kRoute,
      .description = "asks every interval; is answered at once with what is new",
      .options =
          {{"interval", Kind::kDuration, "1s", "time between polls", {}, 1'000'000},
           {"timing",
            Kind::kChoice,
            "fixed-rate",
            "fixed-rate: a poll every interval whatever the answers take (setInterval); fixed-delay: an interval after "
            "each answer (recursive setTimeout); closed: the next poll follows the answer at once",
            {"fixed-rate", "fixed-delay", "closed"}},
           {"connection",
            Kind::kChoice,
            "keep-alive",
            "keep-alive, or close: a new TCP connection for each poll",
            {"keep-alive", "close"}},
           {"validator",
            Kind::kChoice,
            "none",
            "none, or etag: asks with If-None-Match, and is answered with 304 when there is nothing new",
            {"none", "etag"}}},
      .make = make_session<Polling>,
      .traits = traits};
}

}  // namespace loadgen
