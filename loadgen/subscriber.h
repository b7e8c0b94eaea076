// One simulated client: the Host of a session. It owns the connections, the timers and the policy; the session owns the
// protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "loadgen/recorder.h"
#include "loadgen/technique.h"
#include "loadgen/voice.h"
#include "net/segments.h"
#include "net/tcp.h"
#include "net/timer.h"

namespace loadgen {

class Worker;

class Subscriber final : public Host, private net::Timer::Handler {
 public:
  Subscriber(Worker& worker, std::uint32_t number);
  ~Subscriber() override;

  void begin(wire::Time now);
  bool is_subscribed() const { return phase_ == Phase::kSubscribed; }
  bool ever_subscribed() const { return reception_.tracker.started(); }
  const Reception& reception() const { return reception_; }
  // Publishes `payload` as message number `message`; requires is_subscribed().
  enum class Spoken : std::uint8_t {
    kSent,      // over the connection that it receives on
    kPosted,    // Speakers will be told what became of it
    kBackedUp,  // not sent: the server does not read what this subscriber publishes
  };
  Spoken speak(std::uint64_t message, Bytes payload);
  Reception take_reception() { return std::move(reception_); }
  std::uint64_t received_bytes() const { return received_bytes_; }
  void add_segments(net::Segments& sum) const;  // of the connections that are open now

  // Host
  Link& open() override;
  Link& open_at(const wire::Url& url) override;
  void subscribed() override;
  void deliver(Bytes message) override;
  void deliver_event(const Event& event) override;
  void deliver_binary(Bytes message) override { Subscriber::deliver(message); }
  void begin_round_trip() override;
  void end_round_trip() override;
  void wake_after(Nanos delay) override;
  void cancel_wake() override { wake_timer_.stop(); }
  void fail(Failure kind, std::string_view detail) override;
  void give_up(Failure kind, std::string_view detail) override;
  void restart() override;
  void set_retry(Nanos delay) override { retry_ = delay; }
  SessionCounts& counts() override;
  std::uint64_t random() override;

 private:
  class Connection;
  friend class Connection;
  enum class Phase : std::uint8_t { kNew, kConnecting, kSubscribed, kBackingOff, kGivenUp };

  Link& connect(const net::Address& target, bool secure, std::string_view host);
  void connect_again();
  void settle();
  void leave();
  void count_failure(Failure kind, std::string_view detail);
  void back_off(Nanos delay);
  void drop_connections();
  void drop(Connection& connection);
  Nanos reconnect_delay();
  void on_timer(net::Timer& timer) override;

  Worker& worker_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Reception reception_;
  std::unique_ptr<Voice> voice_;                    // from its first turn to publish on
  std::unique_ptr<net::TlsSessions> tls_sessions_;  // from its first connection over TLS on
  net::Timer wake_timer_;                           // the session's
  net::Timer life_timer_;                           // the connect time-out, or the end of a back-off
  wire::Time wake_due_{};
  wire::Time started_{};  // of the present attempt
  wire::Time asked_{};    // begin of a round trip; 0: none
  std::uint64_t received_bytes_ = 0;
  std::uint32_t attempt_received_ = 0;  // since the start of the present attempt, until it is subscribed
  std::uint32_t attempt_sent_ = 0;
  Nanos retry_{-1};  // asked for by the server; negative: none
  std::uint32_t number_;
  std::uint32_t attempts_ = 0;  // in a row, without success
  Phase phase_ = Phase::kNew;
  bool waking_ = false;
  bool got_message_ = false;  // since the last start
  bool settled_ = false;      // the first attempt is over
};

}  // namespace loadgen
