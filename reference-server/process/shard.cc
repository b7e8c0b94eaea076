#include "reference-server/process/shard.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "net/clock.h"
#include "reference-server/http/migration.h"
#include "reference-server/process/memory_reserve.h"

namespace server {

namespace {

constexpr auto kGoodbye = std::chrono::milliseconds(1'500);  // for what is queued, and for the clients' own close
constexpr auto kGoodbyeStep = std::chrono::milliseconds(5);

}  // namespace

struct Shard::Tick final : net::Timer::Handler {
  explicit Tick(Technique& t) : technique(t) {}
  void on_timer(net::Timer&) override { technique.on_tick(); }
  Technique& technique;
  net::Timer timer;
};

Shard::Shard(const Options& o, Hub& hub, PeerShards& peers, const StatsPage& stats_page, const net::TlsContext* tls)
    : Context(o, topics_, stats_),
      inbox_([this] { loop_.post([this] { resume_publishers(); }); }),
      hub_(hub),
      peers_(peers),
      number_(hub.add(inbox_)),
      topics_(hub, {o.log_messages, o.log_bytes, o.log_bytes_total}),
      tls_(tls != nullptr ? std::optional<net::TlsServer>({*tls, tls_counts_}) : std::nullopt),
      listener_(loop_, *this),
      stats_page_(stats_page),
      connections_(*this, loop_.timers(), *this) {
  peers_.shards.push_back(this);
}

Shard::~Shard() {
  release_everything();
}

void Shard::run(const net::Address& address, bool reuse_port, const Listening& listening) {
  techniques_.emplace(*this);
  loop_.set_end_of_iteration([this] { end_iteration(); });
  loop_.set_stall_time(options.stall_timeout);
  if (tls_) listener_.set_tls(*tls_);
  try {
    listener_.open(address, reuse_port);
    routes_ = std::make_unique<Routes>(*this, *techniques_, stats_page_, &net::now);
    listening(listener_.address(), {});
  } catch (const std::runtime_error& error) {
    listening(address, error.what());
    release_everything();
    return;
  }
  loop_.run();
  release_everything();
}

// On the shard's own thread: buffers are shared without locks.
void Shard::release_everything() {
  listener_.close();
  goodbye_timer_.stop();
  connections_.clear();
  ticks_.clear();
  techniques_.reset();
}

void Shard::on_accept(net::Tcp::Ptr tcp) {
  stats_.accepted.add(1);
  connections_.add(std::move(tcp)).start();
}

// Every connection of a shard is one over a socket.
void Shard::migrate(Connection& connection, const wire::http1::Request& request, unsigned shard) {
  static_cast<HttpConnection&>(connection).migrate(shard, request);
}

void Shard::on_migration(std::unique_ptr<Migration> migration) {
  Shard& shard = *peers_.shards[migration->shard];
  shard.adopt(std::move(migration));
}

void Shard::adopt(std::shared_ptr<Migration> migration) {
  loop_.post([this, migration = std::move(migration)] {
    if (connections_.stopping()) return;
    connections_.add(net::Tcp::arrive(loop_, std::move(*migration->socket), &tls_counts_)).arrive(*migration);
  });
}

void Shard::post(unsigned shard, ShardMessage message) {
  peers_.shards[shard]->deliver(std::move(message));
}

void Shard::deliver(ShardMessage message) {
  loop_.post([this, message = std::move(message)] {
    if (connections_.stopping() || receiver_ == nullptr) return;
    drain_inbox();
    receiver_->on_shard_message(message);
  });
}

// Says why new connections have to wait, once for the whole process.
void Shard::on_accept_error(int error) {
  static std::atomic<bool> reported{false};
  if (reported.exchange(true)) return;
  if (error == -EMFILE || error == -ENFILE) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    fmt::print(
        stderr,
        "reference-server: out of descriptors (limit {}; see `ulimit -Hn`): new connections wait until others close\n",
        static_cast<std::uint64_t>(limit.rlim_cur));
  } else {
    fmt::print(stderr, "reference-server: cannot accept connections for now: {}\n", std::strerror(-error));
  }
}

void Shard::on_request(HttpConnection& connection, const wire::http1::Request& request) {
  drain_inbox();  // a client that has been told of a publish finds it on every thread
  const std::uint16_t technique = techniques_->find(request.path);
  connections_.count_for(connection, technique);
  routes_->handle(connection, request, technique);
}

Technique* Shard::on_request_begin(HttpConnection& connection, const wire::http1::Request& head) {
  const std::uint16_t index = techniques_->find(head.path);
  if (index == Techniques::kNone || !techniques()[index].takes_all || routes_->refuses(head)) return nullptr;
  Technique& technique = techniques_->at(index);
  technique.on_request_begin(connection, head);
  return &technique;
}

void Shard::flush_again() {
  if (std::exchange(awake_again_, true)) return;
  loop_.post([this] {
    awake_again_ = false;
    connections_.resume();
  });
}

Publication Shard::publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin) {
  constexpr Publication kNoMemory{.refusal = "out of memory"};
  // What is delivered is encoded for each kind of stream in turn, escapes and copies included: too late to refuse it.
  constexpr std::size_t kCopies = 8;
  constexpr std::size_t kLarge = std::size_t{64} << 10;  // smaller ones the reserve has room for
  if (!memory_reserve::whole()) return kNoMemory;
  if (payload.size() > kLarge && !memory_reserve::has_room_for(kCopies * payload.size())) {
    shed_logs(kCopies * payload.size());
    return kNoMemory;
  }
  try {
    const auto sequence = hub_.publish(topic, payload, is_text, &inbox_, origin);
    if (!sequence) return {.refusal = "too many topics"};
    stats_.published.add(1);
    if (hub_.crowded(&inbox_)) {
      connections_.hold_publisher();
      if (!hub_.wait_for_room(inbox_)) loop_.post([this] { resume_publishers(); });
    }
    return {.sequence = *sequence};
  } catch (const std::bad_alloc&) {
    return kNoMemory;
  }
}

// When the logs have so many bytes that half of them is worth something.
void Shard::shed_logs(std::size_t wanted) {
  if (topics_.memory() < wanted || !hub_.shed_logs()) return;
  fmt::print(stderr, "reference-server: out of memory: the logs are halved, and kept below {} MiB from now on\n",
             topics_.memory() >> 21);
}

void Shard::resume_publishers() {
  if (connections_.holds_publishers() && !hub_.wait_for_room(inbox_)) connections_.resume_publishers();
}

void Shard::drain_inbox() {
  if (inbox_.empty()) return;
  if (inbox_.take(arrived_)) hub_.wake_waiting();
  for (Published& published : arrived_) {
    Topic* const topic = topics_.take(std::move(published));
    if (topic == nullptr) continue;
    const Message& message = topic->message(topic->head());
    techniques_->on_publish(*topic, message);
  }
  arrived_.clear();
}

void Shard::end_iteration() {
  drain_inbox();
  techniques_->on_flush();
  if (tls_) show_tls_counts();
  now_is_fresh_ = false;
  connections_.end_iteration();
  if (!memory_reserve::whole() && !memory_reserve::refill()) shed_logs(memory_reserve::kBytes);
  topics_.remove_gone([this](const Topic& topic) { techniques_->on_topic_gone(topic); });
}

// Connections count where they are; /stats may be asked on another thread.
void Shard::show_tls_counts() {
  stats_.tls.handshakes.set(tls_counts_.handshakes);
  stats_.tls.resumed.set(tls_counts_.resumed);
  stats_.tls.failures.set(tls_counts_.failures);
  stats_.sent.tls.set(tls_counts_.sent.overhead());
  stats_.received.tls.set(tls_counts_.received.overhead());
}

wire::Time Shard::now() {
  if (!std::exchange(now_is_fresh_, true)) now_ = net::now();
  return now_;
}

Bytes Shard::common_headers() {
  const std::time_t second = std::time(nullptr);
  if (second == common_headers_second_) return common_headers_;
  common_headers_second_ = second;
  std::tm parts{};
  gmtime_r(&second, &parts);
  char date[64];
  std::strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  common_headers_ = date;
  if (!options.cors.empty()) {
    common_headers_ += "Access-Control-Allow-Origin: " + options.cors +
                       "\r\nAccess-Control-Expose-Headers: Pushbench-Cursor, ETag\r\n";
    if (options.cors_credentials) common_headers_ += "Access-Control-Allow-Credentials: true\r\n";
    if (options.cors != "*") common_headers_ += "Vary: Origin\r\n";
  }
  return common_headers_;
}

void Shard::tick_after(Technique& technique, Nanos delay) {
  auto tick = std::find_if(ticks_.begin(), ticks_.end(), [&](const auto& t) { return &t->technique == &technique; });
  if (tick == ticks_.end()) tick = ticks_.insert(tick, std::make_unique<Tick>(technique));
  (*tick)->timer.start(loop_.timers(), now() + delay, **tick);
}

void Shard::stop() {
  loop_.post([this] { shut_down(); });
}

void Shard::shut_down() {
  connections_.stop();
  listener_.close();
  drain_inbox();
  techniques_->on_flush();
  techniques_->on_shutdown();
  connections_.close_all();
  ticks_.clear();
  goodbye_until_ = now() + kGoodbye;
  goodbye_timer_.start(loop_.timers(), now() + kGoodbyeStep, *this);
}

// Ends the loop when every socket has closed, or time is over.
void Shard::on_timer(net::Timer&) {
  if (loop_.connections() == 0 || now() >= goodbye_until_) {
    loop_.stop();
  } else {
    goodbye_timer_.start(loop_.timers(), now() + kGoodbyeStep, *this);
  }
}

}  // namespace server
