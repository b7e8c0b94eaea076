// One simulated client: the Host of a session. It owns the connections, the timers and the policy; the session owns the
// protocol. A million of them wait at once: what only some need, or all for a moment, is not in here but hangs on it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "loadgen/clients/technique.h"
#include "loadgen/run/recorder.h"
#include "loadgen/run/voice.h"
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
  bool ever_subscribed() const { return receiver_.tracker.started(); }
  const Receiver& receiver() const { return receiver_; }
  // Publishes `payload` as message number `message`; requires is_subscribed().
  enum class Spoken : std::uint8_t {
    kSent,      // over the connection that it receives on
    kPosted,    // Speakers will be told what became of it
    kBackedUp,  // not sent: the server does not read what this subscriber publishes
  };
  Spoken speak(std::uint64_t message, Bytes payload);
  Receiver take_receiver() { return std::move(receiver_); }
  std::uint64_t take_received_bytes() { return std::exchange(received_bytes_, 0); }  // since the last call
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
  void cancel_wake() override;
  void fail(Failure kind, std::string_view detail) override;
  void give_up(Failure kind, std::string_view detail) override;
  void restart() override;
  void set_retry(Nanos delay) override { retry_ = std::chrono::ceil<Retry>(std::min<Nanos>(delay, Retry::max())); }
  SessionCounts& counts() override;
  std::uint64_t random() override;

 private:
  class Connection;
  friend class Connection;
  using Retry = std::chrono::duration<std::int32_t, std::milli>;
  enum class Phase : std::uint8_t { kNew, kConnecting, kSubscribed, kBackingOff, kGivenUp };

  // From the start of an attempt until it is subscribed, and while it backs off.
  struct ConnectAttempt {
    net::Timer timer;  // the connect time-out, or the end of the back-off
    wire::Time started{};
    std::uint64_t received = 0;  // bytes
    std::uint64_t sent = 0;
  };
  struct Opening;  // what a connection remembers while it is not open, where there is something to remember
  // From the first use on; a subscriber that only listens never has them.
  struct Extras {
    net::Timer wake_timer;  // the session's
    wire::Time wake_due{};
    wire::Time asked{};                              // begin of a round trip; 0: none
    std::unique_ptr<net::Address> redirect_target;   // the server that a redirect has named
    std::unique_ptr<Voice> voice;                    // from its first turn to publish on
    std::unique_ptr<net::TlsSessions> tls_sessions;  // from its first connection over TLS on
    std::vector<std::unique_ptr<Opening>> openings;
  };

  Extras& extras();
  Opening& opening(Connection& connection);
  void end_opening(const Connection& connection);  // it is open, or has ended
  Connection& add_connection();
  void connect(Connection& connection, const net::Address& address, bool secure, std::string_view host);
  const net::Address& target() const;            // of the present connection
  std::uint64_t next_due(wire::Time now) const;  // place of the first message that is due from `now` on
  void connect_again();
  void settle();
  void leave();
  void count_failure(Failure kind, std::string_view detail);
  void back_off(Nanos delay);
  void drop_connections();
  void drop(Connection& connection);
  Nanos reconnect_delay();
  std::size_t most_unsent() const;
  void on_timer(net::Timer& timer) override;

  Worker& worker_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Connection> connections_;  // a list, the latest first
  Receiver receiver_;
  std::unique_ptr<ConnectAttempt> attempt_;
  std::unique_ptr<Extras> extras_;
  std::uint64_t received_bytes_ = 0;
  std::uint32_t number_;
  std::uint32_t attempts_ = 0;  // in a row, without success
  Retry retry_{-1};             // asked for by the server; negative: none
  Phase phase_ = Phase::kNew;
  bool waking_ = false;
  bool got_message_ = false;         // since the last start
  bool first_attempt_done_ = false;  // the first attempt is over
};

}  // namespace loadgen
