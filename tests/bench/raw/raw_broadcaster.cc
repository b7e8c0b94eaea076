// The floor of a server: what is posted to /publish goes to everyone else, one write() each for all that one read has
// brought. Prints its port.
//   raw_broadcaster websocket|stream [PORT]
#include <string>
#include <string_view>
#include <vector>

#include "raw.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/handshake.h"

namespace {

struct Client {
  std::string request;
  bool subscribed = false;
};

class Broadcaster {
 public:
  Broadcaster(bool websocket, std::uint16_t port) : websocket_(websocket) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = raw::loopback(port);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 65'535) != 0)
      raw::die("listen");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    raw::watch(epoll_, listener_);
    std::printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> events(1024);
    while (true) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listener_) {
          accept_all();
        } else {
          read_from(events[i].data.fd);
        }
      }
    }
  }

 private:
  void accept_all() {
    int client = 0;
    while ((client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (clients_.size() <= static_cast<std::size_t>(client)) clients_.resize(static_cast<std::size_t>(client) + 1);
      clients_[static_cast<std::size_t>(client)] = {};
      raw::watch(epoll_, client);
    }
  }

  void read_from(int socket) {
    char buffer[65'536];
    const ssize_t size = read(socket, buffer, sizeof buffer);
    Client& client = clients_[static_cast<std::size_t>(socket)];
    if (size <= 0) {
      if (client.subscribed) std::erase(subscribers_, socket);
      close(socket);
      return;
    }
    if (client.subscribed) return;
    client.request.append(buffer, static_cast<std::size_t>(size));
    while (handle(socket, client)) {
    }
    flush(socket);
  }

  // One request; false when it is not complete.
  bool handle(int socket, Client& client) {
    const std::string_view request = client.request;
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    if (request.starts_with("GET ")) {
      subscribe(socket, request);
      client = {{}, true};
      return false;
    }
    const std::size_t at = request.find("Content-Length: ") + 16;
    const std::size_t length = std::strtoul(client.request.c_str() + at, nullptr, 10);
    if (request.size() < end + 4 + length) return false;
    publish(request.substr(end + 4, length));
    client.request.erase(0, end + 4 + length);
    answers_ += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    return true;
  }

  void subscribe(int socket, std::string_view request) {
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n";
    if (websocket_) {
      const std::size_t at = request.find("Sec-WebSocket-Key: ") + 19;
      head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
             wire::websocket::accept_key(request.substr(at, 24)) + "\r\n\r\n";
    }
    raw::write_all(socket, head);
    subscribers_.push_back(socket);
  }

  void publish(std::string_view payload) {
    if (websocket_) {
      wire::websocket::append_frame(messages_, wire::websocket::Opcode::kText, payload);
    } else {
      messages_.append(payload).append("\n");
    }
  }

  void flush(int publisher) {
    if (messages_.empty()) return;
    for (const int subscriber : subscribers_) raw::write_all(subscriber, messages_);
    raw::write_all(publisher, answers_);
    messages_.clear();
    answers_.clear();
  }

  const bool websocket_;
  const int epoll_ = epoll_create1(0);
  int listener_ = -1;
  std::vector<Client> clients_;  // by descriptor
  std::vector<int> subscribers_;
  std::string messages_;  // published and not yet written, as subscribers get them
  std::string answers_;   // to their publisher
};

}  // namespace

int main(int argc, char** argv) {
  raw::raise_limit();
  Broadcaster(argc > 1 && std::string_view(argv[1]) == "websocket",
              argc > 2 ? static_cast<std::uint16_t>(raw::number(argv[2])) : std::uint16_t{0})
      .run();
}
