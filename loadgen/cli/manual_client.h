// The Host of one session that a person runs by hand (`pushbench listen`, `pushbench fetch`): a loop on the calling
// thread, one line of JSON for each thing that happens, flushed at once.
#pragma once

#include <uv.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "loadgen/clients/technique.h"
#include "loadgen/run/client_tls.h"
#include "loadgen/run/resolver.h"
#include "net/loop.h"
#include "net/timer.h"

namespace loadgen {

// What both commands can be told about the request and the time it may take.
struct ManualClientOptions {
  wire::Url url;
  std::vector<std::string> headers;  // "Name: value"
  std::string method;                // empty: GET, or POST when there is a body
  std::string body;
  Nanos timeout{0};       // of the whole; 0: none
  Nanos read_timeout{0};  // without a byte from the server; 0: none
  bool pretty = false;    // indented
  std::string ca;         // PEM file of who is trusted; empty: whom the system trusts
  bool insecure = false;  // any certificate will do
};

class ManualClient : public Host, private net::Timer::Handler {
 public:
  explicit ManualClient(
      const ManualClientOptions& options);  // throws std::runtime_error when options.ca cannot be used
  ~ManualClient() override;
  // Runs the session until finish(), SIGINT or SIGTERM; returns the exit code (0 after a signal).
  int run(Session& session);

  // Host
  Link& open() override;
  Link& open_at(const wire::Url& url) override;
  void wake_after(Nanos delay) override;
  void cancel_wake() override { wake_timer_.stop(); }
  SessionCounts& counts() override { return counts_; }
  std::uint64_t random() override { return random_(); }

 protected:
  using Json = nlohmann::ordered_json;
  virtual void on_timeout() = 0;  // options().timeout is over
  virtual void on_read() {}       // the session has taken what one read brought
  // What failed, for people: fit for a terminal whatever the server has said of it.
  static std::string failure_text(Failure kind, std::string_view detail);
  void print(const Json& line);  // text that is not UTF-8 has U+FFFD where it is wrong
  // Ends run(). From here on nothing is printed, whatever the session still does with the bytes in its hand.
  void finish(int code);
  bool finished() const { return finished_; }
  void drop_connections();        // and the session's wake-up
  void start_after(Nanos delay);  // the session's start(), again
  std::int64_t read_time_ns() const {
    return read_time_.time_since_epoch().count();
  }  // of the bytes in hand; CLOCK_MONOTONIC
  const ManualClientOptions& options() const { return options_; }
  const SessionConfig& plan() const { return plan_; }
  SessionConfig plan_;  // with the request of the options

 private:
  class Connection;
  Link& connect(const wire::Url& url);
  void drop(Connection& connection);
  void watch_signals();
  void farewell();
  void expect_bytes();  // restarts the read time-out
  void on_timer(net::Timer& timer) override;

  const ManualClientOptions& options_;
  const ClientTls tls_;
  net::TlsCounts tls_counts_;
  net::TlsSessions tls_sessions_;
  net::Loop loop_;
  Resolver resolver_{loop_};
  Session* session_ = nullptr;
  SessionCounts counts_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> deferred_;  // dropped inside their own events; emptied each iteration
  std::array<uv_signal_t, 2> signals_{};
  net::Timer wake_timer_;
  net::Timer start_timer_;
  net::Timer read_timer_;
  net::Timer end_timer_;
  wire::Time wake_due_{};
  wire::Time read_time_{};
  wire::Time farewell_until_{};
  int code_ = 0;
  bool waking_ = false;
  bool finished_ = false;
};

}  // namespace loadgen
