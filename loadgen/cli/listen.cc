#include "loadgen/cli/listen.h"

#include <algorithm>

#include "loadgen/scenario/parts.h"
#include "wire/base64.h"

namespace loadgen {

namespace {

constexpr Nanos kLongestRetry = std::chrono::seconds(30);  // that back-off makes of a shorter one

// States of an EventSource (HTML standard section 9.2.2), the only two that an error leads to.
enum State { kConnecting = 0, kClosed = 2 };

class Listen final : public ManualClient {
 public:
  explicit Listen(const ListenOptions& options)
      : ManualClient(options.request), asked_(options), retry_(options.initial_retry) {
    plan_.last_event_id = options.last_event_id;
    for (OptionSpec spec : options.technique->options) {
      for (const auto& [key, value] : options.technique_options) {
        if (key == spec.key) spec.fallback = value;
      }
      plan_.options.push_back(default_option(spec));
    }
    if (options.technique->name == "socketio") plan_.observer = &printer_;
    session_ = options.technique->make(*this, plan_, topic_);
  }
  int run() { return ManualClient::run(*session_); }

 private:
  // Host
  void subscribed() override {
    attempts_ = 0;
    if (!std::exchange(open_, true)) print({{"k", "open"}});
  }
  void deliver(Bytes message) override {
    tell_gap();
    print({{"k", "message"}, {"data", message}, {"t_ns", read_time_ns()}});
    if (asked_.echo) session_->publish(message, true);
    count();
  }
  void deliver_binary(Bytes message) override {
    tell_gap();
    print({{"k", "message"}, {"data", wire::base64(message)}, {"binary", true}, {"t_ns", read_time_ns()}});
    if (asked_.echo) session_->publish(message, false);
    count();
  }
  void deliver_event(const Event& event) override {
    told_gaps_ = counts().gap_messages;  // the gap event says it itself
    print({{"k", "event"}, {"type", event.type}, {"data", event.data}, {"id", event.id}, {"t_ns", read_time_ns()}});
    count();
  }
  void on_peer_close(std::uint16_t code, Bytes reason) override {
    print({{"k", "close"}, {"code", code}, {"reason", reason}});
    ended_well_ = true;
  }
  void fail(Failure kind, std::string_view detail) override {
    error(kConnecting, std::string(failure_name(kind)) + ": " + std::string(detail));
  }
  void give_up(Failure kind, std::string_view detail) override {
    error(kClosed, std::string(failure_name(kind)) + ": " + std::string(detail));
  }
  void restart() override { error(kConnecting, "the server ended the stream"); }
  void set_retry(Nanos delay) override { retry_ = delay; }

  void on_timeout() override { finish(asked_.count > 0 ? 1 : 0); }
  void on_read() override { tell_gap(); }

  void error(State state, const std::string& reason) {
    const bool was_open = std::exchange(open_, false);
    drop_connections();
    // An answering client does not come again: to it a close frame is how it ends, and no error.
    const bool over = asked_.echo || state == kClosed;
    if (!asked_.echo || !std::exchange(ended_well_, false))
      print({{"k", "error"}, {"state", over ? kClosed : kConnecting}, {"reason", reason}});
    if (asked_.echo) return finish(was_open ? 0 : 1);
    if (state == kClosed) return finish(1);
    start_after(retry_delay());
  }
  // `retry` after an end or the first failure, then twice as long each time, until a connection is good again.
  Nanos retry_delay() {
    const int doublings = std::min(attempts_++, 16);
    return std::max(retry_, std::min(retry_ * (std::int64_t{1} << doublings), kLongestRetry));
  }
  void print_with_time(Json line) {
    line["t_ns"] = read_time_ns();
    print(line);
  }
  void count() {
    if (++received_ == asked_.count) finish(0);
  }
  void tell_gap() {
    const std::uint64_t gaps = counts().gap_messages;
    if (gaps == told_gaps_) return;
    print({{"k", "gap"}, {"messages", gaps - std::exchange(told_gaps_, gaps)}});
  }

  const ListenOptions& asked_;
  SocketIoPrinter printer_{asked_.socketio, [this](Json line) { print_with_time(std::move(line)); },
                           [this] { count(); }};
  const std::string topic_;  // the URL says which
  std::unique_ptr<Session> session_;
  Nanos retry_;
  std::uint64_t received_ = 0;
  std::uint64_t told_gaps_ = 0;
  int attempts_ = 0;
  bool open_ = false;
  bool ended_well_ = false;  // by a close frame
};

}  // namespace

int listen(const ListenOptions& options) {
  return Listen(options).run();
}

}  // namespace loadgen
