#include "loadgen/run/subscriber.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "loadgen/run/reconnect.h"
#include "loadgen/run/socket_failure.h"
#include "loadgen/run/worker.h"
#include "net/clock.h"
#include "net/segments.h"
#include "net/tcp.h"

namespace loadgen {

class Subscriber::Connection final : public Link, public net::Tcp::Handler {
 public:
  Connection(Subscriber& owner, std::unique_ptr<Connection> next) : next_(std::move(next)), owner_(owner) {}

  // Its server is to be found first; whoever finds it connects.
  void wait_for(Resolver::Wait wait);
  // Fails the subscriber unless it is open by then.
  void expect_open(wire::Time until);

  void connect(const net::Address& target, const net::TlsClient* tls) {
    Worker& worker = owner_.worker_;
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
    finish();
    owner_.drop(*this);
  }
  void close_after_peer() override {
    const net::SegmentSink sink = end_count();
    net::Tcp::finish_after_peer(std::move(tcp_), sink);
    owner_.drop(*this);
  }
  bool is_backed_up() const override { return tcp_ != nullptr && tcp_->refused(); }
  // Dropped without a goodbye, unless the peer has said one.
  void abort() {
    owner_.end_opening(*this);
    if (tcp_ == nullptr) return;
    if (tcp_->ended_by_peer()) return finish();
    end_count();
    tcp_.reset();
  }
  bool truncated() const override { return tcp_ != nullptr && tcp_->truncated(); }
  std::size_t unsent_bytes() const { return tcp_ != nullptr ? tcp_->unsent_bytes() : 0; }
  net::Segments segments() const { return tcp_ != nullptr ? net::read_segments(tcp_->descriptor()) : net::Segments{}; }
  std::unique_ptr<Connection>& next() { return next_; }

 private:
  void on_open(net::Tcp& tcp) override {
    owner_.end_opening(*this);
    if (owner_.worker_.samples_reads_of(owner_.number_)) tcp.stamp_receives();
    owner_.counts().add_connection_begin();
    owner_.session_->on_open(*this);
  }
  void on_bytes(net::Tcp&, Bytes bytes) override {
    owner_.worker_.set_read_time(net::now());
    if (const auto delay = tcp_->receive_delay()) owner_.worker_.note_read_delay(*delay);
    owner_.counts().received.add_transfer(bytes.size(), owner_.worker_.tls_counts().received.new_overhead());
    owner_.received_bytes_ += bytes.size();
    if (owner_.attempt_ != nullptr) owner_.attempt_->received += bytes.size();
    owner_.session_->on_bytes(*this, bytes);
    if (unsent_bytes() > owner_.most_unsent())
      owner_.fail(Failure::kTimeout, owner_.target().text() + ": the server does not read what it asks for");
  }
  void on_drain(net::Tcp&) override { owner_.session_->on_drain(*this); }
  void on_close(net::Tcp&, int error) override;
  void count_sent(std::size_t bytes) {
    owner_.counts().sent.add_transfer(bytes, owner_.worker_.tls_counts().sent.new_overhead());
    if (owner_.attempt_ != nullptr) owner_.attempt_->sent += bytes;
  }
  void finish() {
    owner_.end_opening(*this);
    if (tcp_ == nullptr) return;  // its server was not found yet
    const net::SegmentSink sink = end_count();
    net::Tcp::finish(std::move(tcp_), sink);
  }
  // Counts its end, and its segments until now; what comes after that goes to the sink. Who never was connected has
  // sent a SYN and nothing else, however often.
  net::SegmentSink end_count() {
    const net::Segments until_now = segments();
    if (until_now.out > until_now.retransmitted + 1) owner_.counts().add_connection_end();
    owner_.worker_.count_ended_segments(owner_.number_, until_now);
    return {&owner_.worker_.last_segments(), until_now};
  }

  std::unique_ptr<Connection> next_;  // of the same subscriber
  Subscriber& owner_;
  net::Tcp::Ptr tcp_;
};

namespace {

// What one subscriber has published and the kernel does not take: from here on its messages fail.
constexpr std::size_t kMaxUnsent = std::size_t{1} << 20;

}  // namespace

// A subscriber whose server asks for answers and takes none (acknowledgements of events) fails from here on. What it
// publishes may be more than kMaxUnsent by a message, each byte of which may be written as six.
std::size_t Subscriber::most_unsent() const {
  return kMaxUnsent + 8 * static_cast<std::size_t>(worker_.spec().scenario.publish.payload);
}

void Subscriber::Connection::on_close(net::Tcp&, int error) {
  Subscriber& owner = owner_;
  if (error == 0) {
    owner.session_->on_close(*this);
    if (tcp_ != nullptr) close();
    return;
  }
  owner.fail(socket_failure(error), owner.target().text() + ": " + tcp_->error_text(error));
}

static_assert(sizeof(Subscriber) <= 136, "with what malloc adds, 144 bytes for each of a million");

Subscriber::Subscriber(Worker& worker, std::uint32_t number)
    : worker_(worker), receiver_(worker.spec().topic_member_of(number)), number_(number) {
  const RunSpec& spec = worker.spec();
  session_ = spec.variant.technique->make(*this, spec.plan, spec.plan.topics[receiver_.part.topic]);
}

Subscriber::~Subscriber() {
  drop_connections();
}

struct Subscriber::Opening final : net::Timer::Handler {
  Opening(Subscriber& o, const Connection& c) : owner(o), connection(c) {}
  void on_timer(net::Timer&) override {
    owner.fail(Failure::kTimeout, owner.target().text() + ": not connected within connect.timeout (" +
                                      wire::format_duration(owner.worker_.spec().scenario.connect.timeout) + ")");
  }
  Subscriber& owner;
  const Connection& connection;
  net::Timer timer;
  Resolver::Wait wait;
};

void Subscriber::Connection::wait_for(Resolver::Wait wait) {
  owner_.opening(*this).wait = std::move(wait);
}

void Subscriber::Connection::expect_open(wire::Time until) {
  Opening& opening = owner_.opening(*this);
  opening.timer.start(owner_.worker_.loop().timers(), until, opening);
}

Subscriber::Opening& Subscriber::opening(Connection& connection) {
  std::vector<std::unique_ptr<Opening>>& openings = extras().openings;
  const auto of_it = [&](const auto& opening) { return &opening->connection == &connection; };
  const auto known = std::ranges::find_if(openings, of_it);
  if (known != openings.end()) return **known;
  return *openings.emplace_back(std::make_unique<Opening>(*this, connection));
}

void Subscriber::end_opening(const Connection& connection) {
  if (extras_ == nullptr) return;
  std::erase_if(extras_->openings, [&](const auto& opening) { return &opening->connection == &connection; });
}

Subscriber::Extras& Subscriber::extras() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
  return *extras_;
}

void Subscriber::begin(wire::Time now) {
  if (attempt_ == nullptr) attempt_ = std::make_unique<ConnectAttempt>();
  attempt_->started = now;
  attempt_->received = attempt_->sent = 0;
  if (extras_ != nullptr) extras_->asked = {};
  got_message_ = false;
  phase_ = Phase::kConnecting;
  attempt_->timer.start(worker_.loop().timers(), now + worker_.spec().scenario.connect.timeout, *this);
  session_->start();
}

Link& Subscriber::open() {
  const RunSpec& spec = worker_.spec();
  if (extras_ != nullptr) extras_->redirect_target = nullptr;
  Connection& connection = add_connection();
  connect(connection, spec.target, spec.plan.secure, spec.tls_host);
  return connection;
}

Link& Subscriber::open_at(const wire::Url& url) {
  Connection& connection = add_connection();
  const auto found = [this, &connection, secure = url.is_secure(), host = url.host](const net::Address& address) {
    extras().redirect_target = std::make_unique<net::Address>(address);
    connect(connection, address, secure, host);
  };
  Resolver& resolver = worker_.resolver();
  const std::string name = url.host_port();
  if (const auto address = resolver.known(name)) {
    found(*address);
  } else {
    connection.wait_for(resolver.look_up(name, found));
  }
  return connection;
}

const net::Address& Subscriber::target() const {
  return extras_ != nullptr && extras_->redirect_target != nullptr ? *extras_->redirect_target : worker_.spec().target;
}

// Until a subscriber is subscribed its attempt has a time-out; after that each connection has one, so that a poll that
// cannot connect is a failure too.
Subscriber::Connection& Subscriber::add_connection() {
  connections_ = std::make_unique<Connection>(*this, std::move(connections_));
  if (phase_ == Phase::kSubscribed) connections_->expect_open(net::now() + worker_.spec().scenario.connect.timeout);
  return *connections_;
}

void Subscriber::connect(Connection& connection, const net::Address& address, bool secure, std::string_view host) {
  if (secure) {
    auto& sessions = extras().tls_sessions;
    if (sessions == nullptr) sessions = std::make_unique<net::TlsSessions>();
    const net::TlsClient tls = worker_.spec().tls->client(host, worker_.tls_counts(), *sessions);
    connection.connect(address, &tls);
  } else {
    connection.connect(address, nullptr);
  }
}

void Subscriber::subscribed() {
  if (phase_ == Phase::kSubscribed) return;
  phase_ = Phase::kSubscribed;
  settle();
  const std::unique_ptr<ConnectAttempt> attempt = std::move(attempt_);
  attempts_ = 0;
  const wire::Time now = net::now();
  const std::uint64_t place = next_due(now);
  if (!ever_subscribed()) {
    worker_.recorder().readiness.record(now - attempt->started);
    receiver_.tracker.start_at(place);
  } else {
    receiver_.come_back(place);
  }
  worker_.recorder().handshakes.add(attempt->received, attempt->sent);
  worker_.count_subscribed(+1);
}

std::uint64_t Subscriber::next_due(wire::Time now) const {
  return receiver_.part.place(worker_.first_entitled(receiver_.part.topic, now));
}

void Subscriber::deliver(Bytes message) {
  got_message_ = true;
  worker_.counts().received.payload += message.size();
  worker_.deliver(receiver_, message);
}

void Subscriber::deliver_event(const Event& event) {
  if (event.is_message()) Subscriber::deliver(event.data);
}

Subscriber::Spoken Subscriber::speak(std::uint64_t message, Bytes payload) {
  std::unique_ptr<Voice>& voice = extras().voice;
  if (voice == nullptr) voice = std::make_unique<Voice>(worker_, number_);
  std::size_t unsent = voice->unsent_bytes();
  for (Connection* each = connections_.get(); each != nullptr; each = each->next().get())
    unsent += each->unsent_bytes();
  if (unsent > kMaxUnsent + payload.size()) return Spoken::kBackedUp;
  if (session_->publish(payload, !worker_.spec().scenario.publish.binary)) {
    // The session may have failed over it: then it was sent over a connection that is gone.
    voice->spoke(message);
    if (!is_subscribed()) voice->connection_lost();
    return Spoken::kSent;
  }
  voice->post(message, payload);
  return Spoken::kPosted;
}

void Subscriber::begin_round_trip() {
  extras().asked = net::now();
}

void Subscriber::end_round_trip() {
  if (extras_ == nullptr || extras_->asked == wire::Time{}) return;
  worker_.count_round_trip(std::exchange(extras_->asked, {}));
}

void Subscriber::wake_after(Nanos delay) {
  Extras& extras = this->extras();
  extras.wake_due = (waking_ ? extras.wake_due : net::now()) + delay;
  extras.wake_timer.start(worker_.loop().timers(), extras.wake_due, *this);
}

void Subscriber::cancel_wake() {
  if (extras_ != nullptr) extras_->wake_timer.stop();
}

void Subscriber::on_timer(net::Timer& timer) {
  if (extras_ != nullptr && &timer == &extras_->wake_timer) {
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
  back_off(delay_after_failure(worker_.spec().reconnect(), retry_, attempts_, random()));
}

void Subscriber::give_up(Failure kind, std::string_view detail) {
  if (phase_ != Phase::kConnecting && phase_ != Phase::kSubscribed) return;
  count_failure(kind, detail);
  drop_connections();
  cancel_wake();
  attempt_.reset();
  phase_ = Phase::kGivenUp;
}

void Subscriber::settle() {
  if (!std::exchange(first_attempt_done_, true)) worker_.first_attempt_done();
}

void Subscriber::count_failure(Failure kind, std::string_view detail) {
  settle();
  worker_.count_failure(kind, detail);
  leave();
}

void Subscriber::leave() {
  if (phase_ != Phase::kSubscribed) return;
  worker_.count_subscribed(-1);
  receiver_.leave(next_due(net::now()));
  if (extras_ != nullptr && extras_->voice != nullptr) extras_->voice->connection_lost();
}

// A stream that ends before it brought anything would make a busy loop of a restart at once.
void Subscriber::restart() {
  if (phase_ != Phase::kConnecting && phase_ != Phase::kSubscribed) return;
  settle();
  leave();
  if (!got_message_) ++attempts_;
  back_off(std::max(Nanos(retry_), got_message_ ? Nanos(0) : reconnect_delay()));
}

void Subscriber::back_off(Nanos delay) {
  drop_connections();
  cancel_wake();
  phase_ = Phase::kBackingOff;
  if (attempt_ == nullptr) attempt_ = std::make_unique<ConnectAttempt>();
  attempt_->timer.start(worker_.loop().timers(), net::now() + delay, *this);
}

Nanos Subscriber::reconnect_delay() {
  return loadgen::reconnect_delay(worker_.spec().reconnect(), attempts_, random());
}

void Subscriber::drop_connections() {
  while (connections_ != nullptr) {
    connections_->abort();
    drop(*connections_);
  }
}

void Subscriber::drop(Connection& connection) {
  std::unique_ptr<Connection>* place = &connections_;
  while (*place != nullptr && place->get() != &connection) place = &(*place)->next();
  if (*place == nullptr) return;
  std::unique_ptr<Connection> dropped = std::move(*place);
  *place = std::move(dropped->next());
  worker_.defer_delete(std::move(dropped));  // it may be the one whose event is being handled
}

void Subscriber::add_segments(net::Segments& sum) const {
  for (Connection* each = connections_.get(); each != nullptr; each = each->next().get()) sum += each->segments();
  if (extras_ != nullptr && extras_->voice != nullptr) sum += extras_->voice->segments();
}

SessionCounts& Subscriber::counts() {
  return worker_.counts();
}
std::uint64_t Subscriber::random() {
  return worker_.random();
}

}  // namespace loadgen
