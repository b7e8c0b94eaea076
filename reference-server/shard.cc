#include "server/shard.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "net/clock.h"
#include "server/departure.h"

namespace server {

namespace {

constexpr std::size_t kParsersKept = 16;
constexpr auto kGoodbye = std::chrono::milliseconds(1'500);  // for what is queued, and for the clients' own close
constexpr auto kGoodbyeStep = std::chrono::milliseconds(5);

wire::http1::Limits parser_limits(const Options& options) {
  wire::http1::Limits limits;
  limits.max_body = options.max_payload;
  return limits;
}

}  // namespace

struct Shard::Tick final : net::Timer::Handler {
  explicit Tick(Technique& t) : technique(t) {}
  void on_timer(net::Timer&) override { technique.on_tick(); }
  Technique& technique;
  net::Timer timer;
};

Shard::Shard(const Options& o, Hub& hub, const Process& process, const net::TlsContext* tls)
    : Context(o, topics_, stats_),
      inbox_([this] { loop_.post([] {}); }),  // an iteration is all it takes
      hub_(hub),
      number_(hub.add(inbox_, this)),
      topics_(hub, {o.log_messages, o.log_bytes}),
      tls_(tls != nullptr ? std::optional<net::TlsServer>({*tls, tls_counts_}) : std::nullopt),
      listener_(loop_, *this),
      process_(process) {}

Shard::~Shard() {
  release_everything();
}

void Shard::run(const net::Address& address, bool reuse_port, const Listening& listening) {
  const auto table = server::techniques(options.conformance);
  for (std::size_t i = 0; i < table.size(); ++i) {
    techniques_.push_back(table[i].make(*this, stats_.techniques[i]));
  }
  loop_.set_end_of_iteration([this] { end_iteration(); });
  if (tls_) listener_.set_tls(*tls_);
  try {
    listener_.open(address, reuse_port);
    routes_ = std::make_unique<Routes>(*this, techniques_, process_, &net::now);
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
  for (HttpConnection* connection : std::exchange(connections_, {})) delete connection;
  graveyard_.clear();
  ticks_.clear();
  techniques_.clear();
}

HttpConnection& Shard::add(net::Tcp::Ptr tcp) {
  auto* connection = new HttpConnection(*this, std::move(tcp));
  connection->slot_ = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(connection);
  stats_.open.add(1);
  return *connection;
}

void Shard::on_accept(net::Tcp::Ptr tcp) {
  stats_.accepted.add(1);
  add(std::move(tcp)).start();
}

void Shard::move(Connection& connection, const wire::http1::Request& request, unsigned thread) {
  static_cast<HttpConnection&>(connection).move(thread, request);
}

void Shard::hand_over(std::unique_ptr<Departure> departure) {
  Neighbour& thread = hub_.thread(departure->thread);
  thread.adopt(std::move(departure));
}

void Shard::adopt(std::shared_ptr<Departure> departure) {
  loop_.post([this, departure = std::move(departure)] {
    if (stopping_) return;
    add(net::Tcp::arrive(loop_, std::move(*departure->socket), &tls_counts_)).go_on(*departure);
  });
}

void Shard::tell(const Technique& from, unsigned thread, Letter letter) {
  const auto sender =
      std::find_if(techniques_.begin(), techniques_.end(), [&](const auto& one) { return one.get() == &from; });
  hub_.thread(thread).deliver(static_cast<std::size_t>(sender - techniques_.begin()), std::move(letter));
}

void Shard::deliver(std::size_t technique, Letter letter) {
  loop_.post([this, technique, letter = std::move(letter)] {
    if (stopping_) return;
    drain_inbox();
    techniques_[technique]->on_letter(letter);
  });
}

void Shard::on_accept_error(int error) {
  process_.report_accept_error(error);
}

void Shard::handle(HttpConnection& connection, const wire::http1::Request& request) {
  stats_.requests.add(1);
  serve(connection, request);
}

void Shard::serve(HttpConnection& connection, const wire::http1::Request& request) {
  drain_inbox();  // a client that has been told of a publish finds it on every thread
  const std::uint8_t technique = routes_->find(request.path);
  count_for(connection, technique);
  routes_->handle(connection, request, technique);
}

Technique* Shard::announce(HttpConnection& connection, const wire::http1::Request& head) {
  const std::uint8_t index = routes_->find(head.path);
  if (index == Routes::kNone || !server::techniques(true)[index].takes_all) return nullptr;
  techniques_[index]->on_head(connection, head);
  return techniques_[index].get();
}

void Shard::count_for(HttpConnection& connection, std::uint8_t technique) {
  if (technique == connection.counted_for_) return;
  if (connection.counted_for_ != Routes::kNone) stats_.techniques[connection.counted_for_].connections.subtract(1);
  connection.counted_for_ = technique;
  if (technique != Routes::kNone) stats_.techniques[technique].connections.add(1);
}

wire::http1::RequestParser& Shard::parser() {
  if (parsers_.empty()) parsers_.push_back(std::make_unique<wire::http1::RequestParser>(parser_limits(options)));
  return *parsers_.back();
}

std::unique_ptr<wire::http1::RequestParser> Shard::lend_parser() {
  auto parser = std::move(parsers_.back());
  parsers_.pop_back();
  return parser;
}

void Shard::give_back(std::unique_ptr<wire::http1::RequestParser> parser) {
  if (parsers_.size() < kParsersKept) parsers_.push_back(std::move(parser));
}

void Shard::bury(HttpConnection& connection) {
  count_for(connection, Routes::kNone);
  stats_.open.subtract(1);
  if (connection.resuming_) std::erase(resuming_, &connection);
  connections_[connection.slot_] = connections_.back();
  connections_[connection.slot_]->slot_ = connection.slot_;
  connections_.pop_back();
  graveyard_.emplace_back(&connection);
}

void Shard::resume_later(HttpConnection& connection) {
  if (std::exchange(connection.resuming_, true)) return;
  resuming_.push_back(&connection);
  flush_again();
}

void Shard::flush_again() {
  if (std::exchange(awake_again_, true)) return;
  loop_.post([this] {
    awake_again_ = false;
    resume_connections();
  });
}

void Shard::resume_connections() {
  for (HttpConnection* connection : std::exchange(resuming_, {})) connection->resume();
}

std::uint64_t Shard::publish(std::string_view topic, std::string payload, bool is_text, std::uint64_t origin) {
  const auto sequence = hub_.publish(topic, std::move(payload), is_text, &inbox_, origin);
  if (!sequence) return 0;
  stats_.published.add(1);
  return *sequence;
}

void Shard::drain_inbox() {
  if (inbox_.empty()) return;
  inbox_.take(arrived_);
  for (Published& published : arrived_) {
    Topic& topic = topics_.at(published.topic);
    topic.append(std::move(published.message));
    const Message& message = topic.message(topic.head());
    for (const auto& technique : techniques_) technique->on_publish(topic, message);
  }
  arrived_.clear();
}

void Shard::end_iteration() {
  drain_inbox();
  for (const auto& technique : techniques_) technique->on_flush();
  graveyard_.clear();
  if (tls_) show_tls_counts();
  now_is_fresh_ = false;
  ++iteration_;
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
  stopping_ = true;
  listener_.close();
  drain_inbox();
  for (const auto& technique : techniques_) technique->on_flush();
  for (const auto& technique : techniques_) technique->on_shutdown();
  for (HttpConnection* connection : std::vector(connections_)) connection->close();
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
