#include "loadgen/cli/manual_client.h"

#include <signal.h>

#include <cstdio>
#include <utility>

#include "loadgen/run/socket_failure.h"
#include "net/clock.h"
#include "net/tcp.h"
#include "wire/printable.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr auto kFarewell = std::chrono::milliseconds(1'000);  // for what is queued, and the peers' own end
constexpr auto kFarewellStep = std::chrono::milliseconds(2);
constexpr std::size_t kMaxUnsent = std::size_t{64} << 20;  // bytes: answers to a server that takes none

}  // namespace

class ManualClient::Connection final : public Link, public net::Tcp::Handler {
 public:
  Connection(ManualClient& owner, std::string host_port) : owner_(owner), host_port_(std::move(host_port)) {}

  void wait_for(Resolver::Wait wait) { wait_ = std::move(wait); }
  void connect(const net::Address& address, const net::TlsClient* tls) {
    tcp_ = net::Tcp::connect(owner_.loop_, address, std::nullopt, *this, tls);
  }
  void send(Bytes bytes) override { tcp_->send(bytes); }
  void send(const wire::SharedBytes& bytes) override { tcp_->send(bytes); }
  void close() override {
    if (tcp_ != nullptr) net::Tcp::finish(std::move(tcp_));
    owner_.drop(*this);
  }
  void close_after_peer() override {
    net::Tcp::finish_after_peer(std::move(tcp_));
    owner_.drop(*this);
  }
  bool truncated() const override { return tcp_ != nullptr && tcp_->truncated(); }
  bool is_backed_up() const override { return tcp_ != nullptr && tcp_->refused(); }
  void abort() {
    tcp_.reset();
    wait_.reset();
  }

 private:
  void on_open(net::Tcp&) override { owner_.session_->on_open(*this); }
  void on_bytes(net::Tcp&, Bytes bytes) override {
    owner_.read_time_ = net::now();
    owner_.expect_bytes();
    owner_.session_->on_bytes(*this, bytes);
    owner_.on_read();
    if (tcp_ != nullptr && tcp_->unsent_bytes() > kMaxUnsent)
      owner_.fail(Failure::kTimeout, host_port_ + ": the server does not read what it asks for");
  }
  void on_drain(net::Tcp&) override { owner_.session_->on_drain(*this); }
  void on_close(net::Tcp&, int error) override {
    owner_.read_time_ = net::now();
    if (error != 0) return owner_.fail(socket_failure(error), host_port_ + ": " + tcp_->error_text(error));
    owner_.session_->on_close(*this);
    if (tcp_ != nullptr) close();
  }

  ManualClient& owner_;
  std::string host_port_;
  net::Tcp::Ptr tcp_;
  Resolver::Wait wait_;
};

ManualClient::ManualClient(const ManualClientOptions& options)
    : options_(options),
      tls_({.enabled = options.url.is_secure(), .verify = !options.insecure, .ca = options.ca, .server_name = {}}),
      random_(std::random_device{}()) {
  plan_.authority = options.url.authority;
  plan_.secure = options.url.is_secure();
  plan_.target = options.url.target;
  for (const std::string& line : options.headers) plan_.headers += line + "\r\n";
  plan_.method = options.method.empty() && !options.body.empty() ? "POST" : options.method;
  plan_.body = options.body;
  loop_.set_end_of_iteration([this] { deferred_.clear(); });
}

ManualClient::~ManualClient() = default;

int ManualClient::run(Session& session) {
  session_ = &session;
  signal(SIGPIPE, SIG_IGN);  // a peer or a reader that is gone is an error of the write
  loop_.post([this] {
    watch_signals();
    if (options_.timeout > Nanos(0)) end_timer_.start(loop_.timers(), net::now() + options_.timeout, *this);
    session_->start();
  });
  loop_.run();
  drop_connections();
  deferred_.clear();
  for (net::Timer* timer : {&start_timer_, &read_timer_, &end_timer_}) timer->stop();
  loop_.close();
  return code_;
}

void ManualClient::watch_signals() {
  constexpr int kNumbers[] = {SIGTERM, SIGINT};
  static_assert(std::size(kNumbers) == std::tuple_size_v<decltype(signals_)>);
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    uv_signal_init(loop_.uv(), &signals_[i]);
    signals_[i].data = this;
    uv_signal_start(
        &signals_[i], [](uv_signal_t* handle, int) { static_cast<ManualClient*>(handle->data)->finish(0); },
        kNumbers[i]);
  }
}

Link& ManualClient::open() {
  return connect(options_.url);
}
Link& ManualClient::open_at(const wire::Url& url) {
  return connect(url);
}

Link& ManualClient::connect(const wire::Url& url) {
  connections_.push_back(std::make_unique<Connection>(*this, url.host_port()));
  Connection& connection = *connections_.back();
  expect_bytes();
  const auto found = [this, &connection, secure = url.is_secure(), host = url.host](const net::Address& address) {
    if (!secure) return connection.connect(address, nullptr);
    const net::TlsClient tls = tls_.client(host, tls_counts_, tls_sessions_);
    connection.connect(address, &tls);
  };
  if (const auto address = Resolver::literal(url.host_port())) {
    found(*address);
  } else {
    connection.wait_for(resolver_.look_up(url.host_port(), found));
  }
  return connection;
}

void ManualClient::expect_bytes() {
  if (options_.read_timeout > Nanos(0)) read_timer_.start(loop_.timers(), net::now() + options_.read_timeout, *this);
}

void ManualClient::wake_after(Nanos delay) {
  wake_due_ = (waking_ ? wake_due_ : net::now()) + delay;
  wake_timer_.start(loop_.timers(), wake_due_, *this);
}

void ManualClient::start_after(Nanos delay) {
  start_timer_.start(loop_.timers(), net::now() + delay, *this);
}

void ManualClient::on_timer(net::Timer& timer) {
  if (finished_) return farewell();
  if (&timer == &wake_timer_) {
    waking_ = true;
    session_->on_wake();
    waking_ = false;
  } else if (&timer == &start_timer_) {
    session_->start();
  } else if (&timer == &read_timer_) {
    fail(Failure::kTimeout, "nothing read for " + wire::format_duration(options_.read_timeout));
  } else {
    on_timeout();
  }
}

void ManualClient::drop_connections() {
  wake_timer_.stop();
  read_timer_.stop();
  for (auto& connection : connections_) {
    connection->abort();
    deferred_.push_back(std::move(connection));
  }
  connections_.clear();
}

void ManualClient::drop(Connection& connection) {
  for (auto& place : connections_) {
    if (place.get() != &connection) continue;
    deferred_.push_back(std::move(place));
    place = std::move(connections_.back());
    connections_.pop_back();
    break;
  }
  if (connections_.empty()) read_timer_.stop();  // nobody owes a byte
}

std::string ManualClient::failure_text(Failure kind, std::string_view detail) {
  constexpr std::size_t kMostTold = 500;  // bytes
  return std::string(failure_name(kind)) + ": " + wire::printable(detail, kMostTold);
}

void ManualClient::print(const Json& line) {
  if (finished_) return;
  const std::string text = line.dump(options_.pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace) + "\n";
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) finish(1);  // nobody reads
}

void ManualClient::finish(int code) {
  if (std::exchange(finished_, true)) return;
  code_ = code;
  farewell_until_ = net::now() + kFarewell;
  loop_.post([this] {
    drop_connections();
    farewell();
  });
}

// What was queued for a connection that is closing (a close frame) leaves before the program ends.
void ManualClient::farewell() {
  deferred_.clear();
  if (loop_.connections() == 0 || net::now() >= farewell_until_) {
    loop_.stop();
  } else {
    end_timer_.start(loop_.timers(), net::now() + kFarewellStep, *this);
  }
}

}  // namespace loadgen
