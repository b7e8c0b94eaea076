#include "loadgen/target/idle_server.h"

#include <algorithm>

#include "wire/http1/request.h"
#include "wire/http1/target.h"
#include "wire/sse.h"

namespace loadgen {

namespace {

constexpr wire::Bytes kStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
constexpr wire::Bytes kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

}  // namespace

class IdleServer::Client final : public net::Tcp::Handler {
 public:
  Client(IdleServer& server, net::Tcp::Ptr tcp) : server_(server), tcp_(std::move(tcp)) { tcp_->start(*this); }

  void on_bytes(net::Tcp&, wire::Bytes bytes) override {
    while (!bytes.empty() && parser_ != nullptr) {
      std::size_t consumed = 0;
      const wire::http1::Parsed parsed = parser_->feed(bytes, consumed);
      if (parsed == wire::http1::Parsed::kError) return server_.drop(*this);
      if (parsed == wire::http1::Parsed::kNeedMore) return;
      answer(parser_->request());
      bytes.remove_prefix(consumed);
    }
  }
  void on_close(net::Tcp&, int) override { server_.drop(*this); }

  void send(const wire::SharedBytes& event) { tcp_->send(event); }
  const std::string& topic() const { return topic_; }  // that it subscribes to, if it does

 private:
  void answer(const wire::http1::Request& request) {
    std::string topic;
    wire::http1::query_value(request.query, "topic", topic);
    if (request.method == "POST") {
      server_.publish(topic, request.body);
      return tcp_->send(kTaken);
    }
    topic_ = std::move(topic);
    server_.topics_[topic_].push_back(this);
    tcp_->send(kStream);
    parser_.reset();  // nothing more is expected of it
  }

  IdleServer& server_;
  net::Tcp::Ptr tcp_;
  std::unique_ptr<wire::http1::RequestParser> parser_ = std::make_unique<wire::http1::RequestParser>();
  std::string topic_;
};

IdleServer::IdleServer(net::Loop& loop) : listener_(loop, *this) {}

IdleServer::~IdleServer() = default;

void IdleServer::on_accept(net::Tcp::Ptr tcp) {
  auto client = std::make_unique<Client>(*this, std::move(tcp));
  Client* const key = client.get();
  clients_.emplace(key, std::move(client));
}

void IdleServer::publish(const std::string& topic, wire::Bytes message) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  std::string event;
  wire::sse::append_event(event, {.type = {}, .data = message, .id = {}});
  const wire::SharedBytes shared(std::move(event));
  for (Client* client : found->second) client->send(shared);
}

void IdleServer::drop(Client& client) {
  if (const auto found = topics_.find(client.topic()); found != topics_.end()) std::erase(found->second, &client);
  clients_.erase(&client);
}

}  // namespace loadgen
