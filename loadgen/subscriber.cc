#include "loadgen/subscriber.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "loadgen/reconnect.h"
#include "loadgen/socket_failure.h"
#include "loadgen/worker.h"
#include "net/clock.h"
#include "net/segments.h"

namespace loadgen {

namespace {

// What one subscriber has published and the kernel does not take: from here on its messages fail.
constexpr std::size_t kMaxUnsent = std::size_t{1} << 20;
// One subscriber in so many has its receives stamped by the kernel (validity rule 10).
constexpr std::uint32_t kStampedShare = 100;

}  // namespace

// One connection of a subscriber, and its Link.
class Subscriber::Connection final : public Link, public net::Tcp::Handler {
 public:
  explicit Connection(Subscriber& owner) : owner_(owner) {}

  void connect(const net::Address& target, const net::TlsClient* tls) {
    Worker& worker = owner_.worker_;
    target_ = &target;
    tcp_ = net::Tcp::connect(worker.loop(), target, worker.source_address(target, owner_.number_), *this, tls);
  }

  void send(Bytes bytes) override {
    count_sent(bytes.size());
    tcp_->send(bytes);
  }
  void send(const wire::SharedBytes& bytes) override {
    count_sent(bytes.size());
    tcp_->send(bytes);
  }
  void close() override {
    count_segments();
    net::Tcp::finish(std::move(tcp_));
    owner_.drop(*this);
  }
  // Dropped without a goodbye.
  void abort() {
    count_segments();
    tcp_.reset();
  }
  bool truncated() const override { return tcp_ != nullptr && tcp_->truncated(); }
  std::size_t unsent_bytes() const { return tcp_ != nullptr ? tcp_->unsent_bytes() : 0; }
  net::Segments segments() const { return tcp_ != nullptr ? net::read_segments(tcp_->descriptor()) : net::Segments{}; }

 private:
  void on_open(net::Tcp& tcp) override {
    if (owner_.number_ % kStampedShare == 0) tcp.stamp_receives();
    owner_.session_->on_open(*this);
  }
  void on_bytes(net::Tcp&, Bytes bytes) override {
    owner_.worker_.set_read_time(net::now());
    if (const auto delay = tcp_->receive_delay()) owner_.worker_.note_read_delay(*delay);
    owner_.counts().received.add_transfer(bytes.size(), owner_.worker_.tls_counts().received.new_overhead());
    owner_.received_bytes_ += bytes.size();
    owner_.attempt_received_ += static_cast<std::uint32_t>(bytes.size());
    owner_.session_->on_bytes(*this, bytes);
  }
  void on_close(net::Tcp&, int error) override;
  void count_sent(std::size_t bytes) {
    owner_.counts().sent.add_transfer(bytes, owner_.worker_.tls_counts().sent.new_overhead());
    owner_.attempt_sent_ += static_cast<std::uint32_t>(bytes);
  }
  void count_segments() {
    if (tcp_ != nullptr) owner_.worker_.count_ended_segments(segments());
  }

  Subscriber& owner_;
  const net::Address* target_ = nullptr;  // the run's or the worker's: outlives the connection
  net::Tcp::Ptr tcp_;
};

void Subscriber::Connection::on_close(net::Tcp&, int error) {
  Subscriber& owner = owner_;
  if (error == 0) {
    owner.session_->on_close(*this);
    if (tcp_ != nullptr) close();
    return;
  }
  owner.fail(socket_failure(error), target_->text() + ": " + tcp_->error_text(error));
}

Subscriber::Subscriber(Worker& worker, std::uint32_t number)
    : worker_(worker), reception_(worker.spec().membership_of(number)), number_(number) {
  const RunSpec& spec = worker.spec();
  session_ = spec.variant.technique->make(*this, spec.plan, spec.plan.topics[reception_.part.topic]);
}

Subscriber::~Subscriber() {
  drop_connections();
}

void Subscriber::begin(wire::Time now) {
  started_ = now;
  asked_ = {};
  got_message_ = false;
  attempt_received_ = attempt_sent_ = 0;
  phase_ = Phase::kConnecting;
  life_timer_.start(worker_.loop().timers(), now + worker_.spec().scenario.connect.timeout, *this);
  session_->start();
}

Link& Subscriber::open() {
  const RunSpec& spec = worker_.spec();
  return connect(spec.target, spec.plan.secure, spec.tls_host);
}

Link& Subscriber::open_at(const wire::Url& url) {
  return connect(worker_.resolve(url.host_port()), url.is_secure(), url.host);
}

Link& Subscriber::connect(const net::Address& target, bool secure, std::string_view host) {
  connections_.push_back(std::make_unique<Connection>(*this));
  Connection& connection = *connections_.back();
  if (secure) {
    if (tls_sessions_ == nullptr) tls_sessions_ = std::make_unique<net::TlsSessions>();
    const net::TlsClient tls = worker_.spec().tls->client(host, worker_.tls_counts(), *tls_sessions_);
    connection.connect(target, &tls);
  } else {
    connection.connect(target, nullptr);
  }
  return connection;
}

void Subscriber::subscribed() {
  if (phase_ == Phase::kSubscribed) return;
  phase_ = Phase::kSubscribed;
  settle();
  life_timer_.stop();
  attempts_ = 0;
  const wire::Time now = net::now();
  const std::uint64_t place = reception_.part.place(worker_.first_entitled(reception_.part.topic, now));
  if (!ever_subscribed()) {
    worker_.recorder().readiness.record(now - started_);
    reception_.tracker.start_at(place);
  } else {
    reception_.come_back(place);
  }
  worker_.recorder().handshakes.add(attempt_received_, attempt_sent_);
  worker_.count_subscribed(+1);
}

void Subscriber::deliver(Bytes message) {
  got_message_ = true;
  worker_.counts().received.payload += message.size();
  worker_.deliver(reception_, message);
}

void Subscriber::deliver_event(const Event& event) {
  if (event.is_message()) Subscriber::deliver(event.data);
}

Subscriber::Spoken Subscriber::speak(std::uint64_t message, Bytes payload) {
  if (voice_ == nullptr) voice_ = std::make_unique<Voice>(worker_, number_);
  std::size_t unsent = voice_->unsent_bytes();
  for (const auto& connection : connections_) unsent += connection->unsent_bytes();
  if (unsent > kMaxUnsent + payload.size()) return Spoken::kBackedUp;
  if (session_->publish(payload, !worker_.spec().scenario.publish.binary)) {
    // The session may have failed over it: then it was sent over a connection that is gone.
    voice_->spoke(message);
    if (!is_subscribed()) voice_->connection_lost();
    return Spoken::kSent;
  }
  voice_->post(message, payload);
  return Spoken::kPosted;
}

void Subscriber::begin_round_trip() {
  asked_ = net::now();
}

void Subscriber::end_round_trip() {
  if (asked_ != wire::Time{}) worker_.count_round_trip(std::exchange(asked_, {}));
}

void Subscriber::wake_after(Nanos delay) {
  const wire::Time from = waking_ ? wake_due_ : net::now();
  wake_due_ = from + delay;
  wake_timer_.start(worker_.loop().timers(), wake_due_, *this);
}

void Subscriber::on_timer(net::Timer& timer) {
  if (&timer == &wake_timer_) {
    waking_ = true;
    session_->on_wake();
    waking_ = false;
  } else if (phase_ == Phase::kBackingOff) {
    connect_again();
  } else {
    fail(Failure::kTimeout, "not subscribed within connect.timeout (" +
                                wire::format_duration(worker_.spec().scenario.connect.timeout) + ")");
  }
}

void Subscriber::connect_again() {
  begin(net::now());
}

void Subscriber::fail(Failure kind, std::string_view detail) {
  if (phase_ != Phase::kConnecting && phase_ != Phase::kSubscribed) return;
  const std::int64_t limit = worker_.spec().reconnect().attempts;
  ++attempts_;
  if (limit > 0 && attempts_ > limit) {
    give_up(kind, detail);
    return;
  }
  count_failure(kind, detail);
  back_off(retry_ >= Nanos(0) && attempts_ == 1 ? retry_ : reconnect_delay());
}

void Subscriber::give_up(Failure kind, std::string_view detail) {
  if (phase_ != Phase::kConnecting && phase_ != Phase::kSubscribed) return;
  count_failure(kind, detail);
  drop_connections();
  wake_timer_.stop();
  life_timer_.stop();
  phase_ = Phase::kGivenUp;
}

void Subscriber::settle() {
  if (!std::exchange(settled_, true)) worker_.attempt_settled();
}

void Subscriber::count_failure(Failure kind, std::string_view detail) {
  settle();
  worker_.count_failure(kind, detail);
  leave();
}

void Subscriber::leave() {
  if (phase_ != Phase::kSubscribed) return;
  worker_.count_subscribed(-1);
  reception_.leave();
  if (voice_ != nullptr) voice_->connection_lost();
}

// A stream that ends before it brought anything would make a busy loop of a restart at once.
void Subscriber::restart() {
  settle();
  leave();
  if (!got_message_) ++attempts_;
  back_off(std::max(retry_, got_message_ ? Nanos(0) : reconnect_delay()));
}

void Subscriber::back_off(Nanos delay) {
  drop_connections();
  wake_timer_.stop();
  phase_ = Phase::kBackingOff;
  life_timer_.start(worker_.loop().timers(), net::now() + delay, *this);
}

Nanos Subscriber::reconnect_delay() {
  return loadgen::reconnect_delay(worker_.spec().reconnect(), attempts_, random());
}

void Subscriber::drop_connections() {
  for (auto& connection : connections_) {
    connection->abort();
    worker_.bury(std::move(connection));
  }
  connections_.clear();
}

void Subscriber::drop(Connection& connection) {
  for (auto& place : connections_) {
    if (place.get() != &connection) continue;
    worker_.bury(std::move(place));  // it may be the one whose event is being handled
    place = std::move(connections_.back());
    connections_.pop_back();
    return;
  }
}

void Subscriber::add_segments(net::Segments& sum) const {
  for (const auto& connection : connections_) sum += connection->segments();
  if (voice_ != nullptr) sum += voice_->segments();
}

SessionCounts& Subscriber::counts() {
  return worker_.counts();
}
std::uint64_t Subscriber::random() {
  return worker_.random();
}

}  // namespace loadgen
