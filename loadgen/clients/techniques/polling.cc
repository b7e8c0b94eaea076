// Polling: asks every interval and is answered at once. Fixed rate is setInterval(): the schedule does not move however
// slow an answer is; a poll that falls due while an answer is outstanding is skipped and counted. Fixed delay is a
// recursive setTimeout(): the next poll comes an interval after the answer. The first poll comes at a random point of
// the interval, so that clients do not ask in step. Closed: each answer is followed by the next poll, as load
// generators for requests do it.
#include "loadgen/clients/poll_session.h"
#include "loadgen/clients/techniques.h"

namespace loadgen {

namespace {

enum Option : std::size_t { kInterval, kTiming, kConnection, kValidator };
enum Timing : std::int64_t { kFixedRate, kFixedDelay, kClosed };

class Polling final : public PollSession {
 public:
  Polling(Host& host, const SessionConfig& plan, const std::string& topic)
      : PollSession(host, plan, topic, "/polling", plan.options[kConnection].number == 0) {}

 private:
  Bytes hold_query() const override { return {}; }
  Bytes priming_query() const override { return {}; }
  bool conditional() const override { return plan_.options[kValidator].number == 1; }
  Nanos interval() const { return Nanos(plan_.options[kInterval].number); }
  std::int64_t timing() const { return plan_.options[kTiming].number; }

  void on_polled() override {
    host_.end_round_trip();
    if (timing() == kClosed) {
      poll();
    } else if (!scheduled_) {
      scheduled_ = true;
      host_.wake_after(
          Nanos(static_cast<std::int64_t>(host_.random() % static_cast<std::uint64_t>(interval().count()))));
    } else if (timing() == kFixedDelay) {
      host_.wake_after(interval());
    }
  }

  void on_wake() override {
    if (timing() == kFixedRate) host_.wake_after(interval());
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

}  // namespace

TechniqueInfo polling() {
  using Kind = OptionSpec::Kind;
  return {"polling",
          "asks every interval; is answered at once with what is new",
          true,
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
          [](Host& host, const SessionConfig& plan, const std::string& topic) -> std::unique_ptr<Session> {
            return std::make_unique<Polling>(host, plan, topic);
          }};
}

}  // namespace loadgen
