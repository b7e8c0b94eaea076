#include "memory_server.h"

#include <algorithm>
#include <utility>

#include "wire/forever_frame.h"
#include "wire/http1/request.h"
#include "wire/http1/response.h"
#include "wire/sse.h"
#include "wire/websocket/reader.h"

namespace server {

namespace http1 = wire::http1;

void MemoryConnection::send(Bytes bytes) {
  if (!open) return;
  sends.push_back(bytes.data());
  unsent_ += bytes;
}

void MemoryConnection::send(const SharedBytes& bytes) {
  if (open) held_.push_back(bytes);
  send(bytes.view());
}

void MemoryConnection::close() {
  if (!open) return;
  open = false;
  taken += std::exchange(unsent_, {});
  if (conversation_ != nullptr) conversation_->on_close(*this);
}

void MemoryConnection::abort() {
  if (!open) return;
  open = false;
  aborted = true;
  if (conversation_ != nullptr) conversation_->on_close(*this);
}

void MemoryConnection::leave() {
  if (!std::exchange(open, false)) return;
  if (conversation_ != nullptr) conversation_->on_close(*this);
}

void MemoryConnection::finish_response() {
  ++finished;
  if (!exchange_.keep_alive) close();
}

void MemoryConnection::take_over(std::unique_ptr<Conversation> conversation, Input) {
  conversation_ = std::move(conversation);
}

void MemoryConnection::release() {
  conversation_.reset();
  finish_response();
}

void MemoryConnection::feed(Bytes bytes) {
  if (open && conversation_ != nullptr) conversation_->on_bytes(*this, bytes);
}

void MemoryConnection::wake() {
  wake_.reset();
  conversation_->on_wake(*this);
}

void MemoryConnection::offer() {
  const std::size_t now = std::min(window, unsent_.size());
  taken.append(unsent_, 0, now);
  unsent_.erase(0, now);
  if (window != SIZE_MAX) window -= now;
  if (unsent_.empty()) held_.clear();
  const bool was_stalled = std::exchange(stalled_, !unsent_.empty());
  if (was_stalled && !stalled_ && open && conversation_ != nullptr) conversation_->on_drain(*this);
  if (!open) conversation_.reset();  // no handler can be running
}

MemoryServer::MemoryServer(Options o)
    : Context(server_options, all_topics_, all_stats),
      server_options(std::move(o)),
      hub_(server_options.max_topics),
      inbox_([this] { again_ = true; }),
      all_topics_(hub_, {server_options.log_messages, server_options.log_bytes, server_options.log_bytes_total}),
      stats_page_(wire::Time{}),
      techniques_(*this),
      routes_(
          *this, techniques_, stats_page_, +[] { return wire::Time(std::chrono::seconds(2)); }) {
  hub_.add(inbox_);
  stats_page_.add(all_stats);
}

MemoryServer::~MemoryServer() {
  connections_.clear();
}

MemoryConnection& MemoryServer::connect() {
  connections_.push_back(std::make_unique<MemoryConnection>());
  return *connections_.back();
}

void MemoryServer::request(MemoryConnection& connection, std::string_view method, std::string_view target,
                           std::string_view headers, std::string_view body, int version_minor) {
  std::string text =
      std::string(method) + " " + std::string(target) + " HTTP/1." + std::to_string(version_minor) + "\r\nHost: x\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += std::string(headers) + "\r\n" + std::string(body);
  http1::RequestParser parser;
  std::size_t consumed = 0;
  if (parser.feed(text, consumed) != http1::Parsed::kComplete)
    throw std::runtime_error("the test's request is bad: " + text);
  handle(connection, parser.request());
}

void MemoryServer::handle(MemoryConnection& connection, const http1::Request& request) {
  connection.exchange_ = {request.keep_alive, request.version_minor == 0, request.method == "HEAD"};
  drain_inbox();
  routes_.handle(connection, request, techniques_.find(request.path));
}

MemoryConnection& MemoryServer::get(std::string_view target, std::string_view headers) {
  MemoryConnection& connection = connect();
  request(connection, "GET", target, headers);
  return connection;
}

MemoryConnection& MemoryServer::subscribe(std::string_view technique, std::string_view query) {
  const std::string target = "/" + std::string(technique) + "?" + std::string(query);
  if (technique != "websocket") return get(target);
  return get(target,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

Publication MemoryServer::publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin) {
  const auto sequence = hub_.publish(topic, payload, is_text, &inbox_, origin);
  return sequence ? Publication{.sequence = *sequence} : Publication{.refusal = "too many topics"};
}

void MemoryServer::drain_inbox() {
  std::vector<Published> arrived;
  inbox_.take(arrived);
  for (Published& published : arrived) {
    Topic* const topic = all_topics_.take(std::move(published));
    if (topic == nullptr) continue;
    techniques_.on_publish(*topic, topic->message(topic->head()));
  }
}

void MemoryServer::iterate() {
  drain_inbox();
  techniques_.on_flush();
  for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->offer();
  all_topics_.remove_gone([this](const Topic& topic) { techniques_.on_topic_gone(topic); });
}

void MemoryServer::settle() {
  do {
    again_ = false;
    iterate();
  } while (again_);
}

std::uint16_t MemoryServer::index_of(std::string_view technique) {
  const auto table = server::techniques();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const TechniqueInfo& info) { return info.name == technique; });
  return static_cast<std::uint16_t>(found - table.begin());
}

void MemoryServer::tick(std::string_view technique) {
  Technique& owner = techniques_.at(index_of(technique));
  ticks.erase(&owner);
  owner.on_tick();
}

void MemoryServer::shut_down() {
  techniques_.on_shutdown();
}

TechniqueStats& MemoryServer::counters(std::string_view technique) {
  return all_stats.techniques.at(index_of(technique));
}

namespace {

std::string gap_text(std::uint64_t first, std::uint64_t last) {
  return "[gap " + std::to_string(first) + "-" + std::to_string(last) + "]";
}

class Decoder final : http1::ResponseParser::Handler,
                      wire::lines::Splitter::Handler,
                      wire::forever_frame::Parser::Handler,
                      wire::sse::Parser::Handler,
                      wire::websocket::Reader::Handler {
 public:
  explicit Decoder(std::string_view technique) : technique_(technique) {}

  Messages decode(Bytes stream) {
    std::size_t consumed = 0;
    http1::ResponseParser parser;
    const http1::Parsed parsed = parser.feed(stream, consumed, *this);
    if (parsed == http1::Parsed::kError) messages_.push_back("[bad response: " + parser.error_text() + "]");
    if (technique_ == "websocket") {
      const std::uint16_t code = reader_.feed(stream.substr(consumed), *this);
      if (code != 0) messages_.push_back(std::string("[bad frame: ") + reader_.error_text() + "]");
    }
    return messages_;
  }

 private:
  void on_head(const http1::Response& response) override {
    if (response.status != 200 && response.status != 101)
      messages_.push_back("[status " + std::to_string(response.status) + "]");
  }
  void on_body(Bytes piece) override {
    if (technique_ == "sse") {
      sse_.feed(piece, *this);
    } else if (technique_ == "forever-frame") {
      frame_.feed(piece, *this);
    } else {
      lines_.feed(piece, *this);
    }
  }
  void on_end() override {
    if (technique_ != "long-polling" && technique_ != "polling") messages_.push_back("[end]");
  }
  void on_message(Bytes payload) override { messages_.emplace_back(payload); }
  void on_gap(wire::lines::Gap gap) override { messages_.push_back(gap_text(gap.first, gap.last)); }
  void on_bad_line(Bytes line) override { messages_.push_back("[bad line " + std::string(line) + "]"); }
  void on_message(std::uint64_t, Bytes payload) override { messages_.emplace_back(payload); }
  void on_bad_script(Bytes script) override { messages_.push_back("[bad script " + std::string(script) + "]"); }
  void on_event(const wire::sse::Event& event) override {
    if (event.type.empty() || event.type == "message") {
      messages_.emplace_back(event.data);
    } else {
      messages_.push_back("[" + std::string(event.type) + " " + std::string(event.data) + "]");
    }
  }
  void on_retry(std::uint64_t milliseconds) override {
    messages_.push_back("[retry " + std::to_string(milliseconds) + "]");
  }
  void on_comment(Bytes) override { messages_.push_back("[comment]"); }
  void on_too_large() override { messages_.push_back("[too large]"); }
  void on_message(wire::websocket::Opcode, Bytes payload) override { messages_.emplace_back(payload); }
  void on_ping(Bytes) override { messages_.push_back("[ping]"); }
  void on_pong(Bytes payload) override {
    const auto gap = wire::lines::parse_gap(payload);
    messages_.push_back(gap ? gap_text(gap->first, gap->last) : "[pong " + std::string(payload) + "]");
  }
  void on_close(std::uint16_t code, Bytes reason) override {
    const std::string why = code == wire::websocket::kGapCode ? " " + std::string(reason) : std::string();
    messages_.push_back("[close " + std::to_string(code) + why + "]");
  }

  std::string_view technique_;
  Messages messages_;
  wire::lines::Splitter lines_;
  wire::forever_frame::Parser frame_;
  wire::sse::Parser sse_;
  wire::websocket::Reader reader_{wire::websocket::Reader::Role::kClient};
};

}  // namespace

Messages messages_of(std::string_view technique, std::string_view stream) {
  Messages messages = Decoder(technique).decode(stream);
  if (technique != "sse") return messages;
  for (std::string& message : messages) {  // {"first":3,"last":7}
    constexpr std::string_view kStart = R"([gap {"first":)";
    if (!message.starts_with(kStart)) continue;
    const std::size_t comma = message.find(',');
    message = "[gap " + message.substr(kStart.size(), comma - kStart.size()) + "-" +
              message.substr(message.rfind(':') + 1, message.rfind('}') - message.rfind(':') - 1) + "]";
  }
  return messages;
}

PlainResponse response_of(std::string_view bytes) {
  PlainResponse response;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return response;
  response.head = bytes.substr(0, end + 4);
  response.body = bytes.substr(end + 4);
  response.status = std::stoi(response.head.substr(9, 3));
  return response;
}

}  // namespace server
