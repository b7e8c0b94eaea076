// The floor of libuv: what two bare loops reach without a protocol, a recorder or a scenario. Prints one line of JSON.
//   uv_pair latency MESSAGES RATE        one connection, 100 bytes a message: stamped before the write, read after it
//   uv_pair relay MESSAGES RATE          the same through a third loop: the way from a publisher over a server
//   uv_pair connect CONNECTIONS THREADS  connections a second; THREADS server and THREADS client loops, each with a
//                                        descriptor table of its own
#include <sched.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "raw.h"

namespace {

constexpr std::size_t kMessage = 100;

sockaddr* generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}
uv_stream_t* stream(uv_tcp_t& tcp) {
  return reinterpret_cast<uv_stream_t*>(&tcp);
}

void give_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  thread_local std::array<char, 65'536> memory;
  *buffer = uv_buf_init(memory.data(), memory.size());
}

std::uint16_t bind_listener(int socket, std::uint16_t port) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address = raw::loopback(port);
  socklen_t size = sizeof address;
  if (bind(socket, generic(address), size) != 0) raw::die("bind");
  getsockname(socket, generic(address), &size);
  return ntohs(address.sin_port);
}

// ---- latency

struct Receiver {
  uv_loop_t loop;
  uv_tcp_t tcp;
  std::vector<std::uint64_t> latencies;
  std::array<char, kMessage> message;
  std::size_t have = 0;
};

void on_read(uv_stream_t* from, ssize_t size, const uv_buf_t* buffer) {
  auto& receiver = *static_cast<Receiver*>(from->data);
  const std::uint64_t now = raw::now_ns();
  if (size <= 0) {
    uv_stop(&receiver.loop);
    return;
  }
  for (ssize_t i = 0; i < size; ++i) {
    receiver.message[receiver.have++] = buffer->base[i];
    if (receiver.have < kMessage) continue;
    receiver.have = 0;
    std::uint64_t sent = 0;
    std::memcpy(&sent, receiver.message.data(), sizeof sent);
    receiver.latencies.push_back(now - sent);
  }
}

void receive(int socket, Receiver& receiver) {
  uv_loop_init(&receiver.loop);
  uv_tcp_init(&receiver.loop, &receiver.tcp);
  uv_tcp_open(&receiver.tcp, socket);
  receiver.tcp.data = &receiver;
  uv_read_start(stream(receiver.tcp), give_buffer, on_read);
  uv_run(&receiver.loop, UV_RUN_DEFAULT);
}

struct Sender {
  uv_loop_t loop;
  uv_tcp_t tcp;
  uv_timer_t timer;
  std::uint64_t left = 0;
};

struct Ends {
  int client;
  int server;
};

Ends connected_pair() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const std::uint16_t port = bind_listener(listener, 0);
  if (listen(listener, 1) != 0) raw::die("listen");
  const Ends ends{raw::connect_to(port, 0), accept(listener, nullptr, nullptr)};
  const int on = 1;
  setsockopt(ends.server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  raw::no_block(ends.client);
  raw::no_block(ends.server);
  close(listener);
  return ends;
}

// Passes on what it reads, until there is nothing more.
void relay(int from, int to) {
  uv_loop_t loop;
  uv_tcp_t in;
  uv_tcp_t out;
  uv_loop_init(&loop);
  uv_tcp_init(&loop, &in);
  uv_tcp_init(&loop, &out);
  uv_tcp_open(&in, from);
  uv_tcp_open(&out, to);
  in.data = &out;
  uv_read_start(stream(in), give_buffer, [](uv_stream_t* stream_in, ssize_t size, const uv_buf_t* bytes) {
    uv_buf_t buffer = uv_buf_init(bytes->base, static_cast<unsigned>(std::max<ssize_t>(size, 0)));
    if (size > 0) uv_try_write(static_cast<uv_stream_t*>(stream_in->data), &buffer, 1);
    if (size < 0) uv_stop(stream_in->loop);
  });
  uv_run(&loop, UV_RUN_DEFAULT);
  shutdown(to, SHUT_RDWR);
}

int latency(std::uint64_t messages, std::uint64_t rate, bool relayed) {
  const Ends first = connected_pair();
  const Ends last = relayed ? connected_pair() : first;
  std::thread relaying;
  if (relayed) relaying = std::thread(relay, first.client, last.server);
  Receiver receiver;
  receiver.latencies.reserve(messages);
  std::thread receiving(receive, last.client, std::ref(receiver));

  Sender sender;
  sender.left = messages;
  uv_loop_init(&sender.loop);
  uv_tcp_init(&sender.loop, &sender.tcp);
  uv_tcp_open(&sender.tcp, first.server);
  uv_timer_init(&sender.loop, &sender.timer);
  sender.timer.data = &sender;
  uv_timer_start(
      &sender.timer,
      [](uv_timer_t* timer) {
        auto& self = *static_cast<Sender*>(timer->data);
        char message[kMessage] = {};
        const std::uint64_t now = raw::now_ns();
        std::memcpy(message, &now, sizeof now);
        uv_buf_t buffer = uv_buf_init(message, sizeof message);
        uv_try_write(stream(self.tcp), &buffer, 1);
        if (--self.left == 0) uv_stop(&self.loop);
      },
      1, std::max<std::uint64_t>(1, 1000 / rate));
  uv_run(&sender.loop, UV_RUN_DEFAULT);
  shutdown(first.server, SHUT_RDWR);
  if (relayed) relaying.join();
  receiving.join();
  std::sort(receiver.latencies.begin(), receiver.latencies.end());
  const auto at = [&](double share) {
    return receiver.latencies[static_cast<std::size_t>(share * static_cast<double>(receiver.latencies.size() - 1))];
  };
  std::printf("{\"messages\": %zu, \"p50_ns\": %llu, \"p99_ns\": %llu}\n", receiver.latencies.size(),
              static_cast<unsigned long long>(at(0.5)), static_cast<unsigned long long>(at(0.99)));
  return 0;
}

// ---- connect

std::atomic<std::uint64_t> accepted{0};

void serve(std::uint16_t port, std::atomic<std::uint64_t>& listening) {
  if (unshare(CLONE_FILES) != 0) raw::die("unshare");
  uv_loop_t loop;
  uv_loop_init(&loop);
  uv_tcp_t listener;
  uv_tcp_init_ex(&loop, &listener, AF_INET);
  uv_os_fd_t socket = 0;
  uv_fileno(reinterpret_cast<uv_handle_t*>(&listener), &socket);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address = raw::loopback(port);
  uv_tcp_bind(&listener, generic(address), 0);
  uv_listen(stream(listener), 65'535, [](uv_stream_t* server, int) {
    auto* connection = new uv_tcp_t;  // lives as long as the process
    uv_tcp_init(server->loop, connection);
    if (uv_accept(server, stream(*connection)) != 0) raw::die("accept");
    uv_read_start(stream(*connection), give_buffer, [](uv_stream_t*, ssize_t, const uv_buf_t*) {});
    accepted.fetch_add(1, std::memory_order_relaxed);
  });
  listening.fetch_add(1);
  uv_run(&loop, UV_RUN_DEFAULT);
}

struct Dialer {
  uv_loop_t loop;
  std::vector<uv_tcp_t> sockets;
  std::vector<uv_connect_t> requests;
  std::uint64_t next = 0;
  std::uint64_t open = 0;
  std::uint32_t first = 0;
  std::uint16_t port = 0;

  void dial() {
    const std::uint64_t i = next++;
    uv_tcp_init(&loop, &sockets[i]);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (socket < 0) raw::die("socket");
    const int on = 1;
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source = raw::loopback(0, INADDR_LOOPBACK + (first + static_cast<std::uint32_t>(i)) / 14'000);
    if (bind(socket, generic(source), sizeof source) != 0) raw::die("bind");
    uv_tcp_open(&sockets[i], socket);
    sockaddr_in target = raw::loopback(port);
    requests[i].data = this;
    uv_tcp_connect(&requests[i], &sockets[i], generic(target), [](uv_connect_t* request, int status) {
      if (status != 0) raw::die("connect");
      auto& self = *static_cast<Dialer*>(request->data);
      uv_read_start(request->handle, give_buffer, [](uv_stream_t*, ssize_t, const uv_buf_t*) {});
      if (self.next < self.sockets.size()) self.dial();
      if (++self.open == self.sockets.size()) uv_stop(&self.loop);
    });
  }
};

void dial(std::uint16_t port, std::uint32_t first, std::uint64_t count) {
  if (unshare(CLONE_FILES) != 0) raw::die("unshare");
  constexpr std::uint64_t kAtOnce = 32;
  auto dialer = std::make_unique<Dialer>();
  dialer->first = first;
  dialer->port = port;
  dialer->sockets.resize(count);
  dialer->requests.resize(count);
  uv_loop_init(&dialer->loop);
  for (std::uint64_t i = 0; i < std::min(kAtOnce, count); ++i) dialer->dial();
  uv_run(&dialer->loop, UV_RUN_DEFAULT);
  dialer.release();  // its sockets stay open until the process ends
}

int connect_all(std::uint64_t connections, std::uint64_t threads) {
  const std::uint16_t port = bind_listener(socket(AF_INET, SOCK_STREAM, 0), 0);  // reserved, never listening
  std::atomic<std::uint64_t> listening{0};
  for (std::uint64_t i = 0; i < threads; ++i) std::thread(serve, port, std::ref(listening)).detach();
  while (listening.load() < threads) sched_yield();
  const std::uint64_t start = raw::now_ns();
  std::vector<std::thread> dialers;
  const std::uint64_t share = connections / threads;
  for (std::uint64_t i = 0; i < threads; ++i)
    dialers.emplace_back(dial, port, static_cast<std::uint32_t>(i * share), share);
  for (std::thread& dialer : dialers) dialer.join();
  while (accepted.load() < share * threads) sched_yield();
  const double seconds = static_cast<double>(raw::now_ns() - start) / 1e9;
  std::printf("{\"connections\": %llu, \"seconds\": %.3f, \"connections_per_s\": %.0f}\n",
              static_cast<unsigned long long>(share * threads), seconds,
              static_cast<double>(share * threads) / seconds);
  std::fflush(stdout);
  std::_Exit(0);  // the server's loops never end
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 4 ? argv[1] : "";
  raw::raise_limit();
  if (mode == "latency" || mode == "relay") return latency(raw::number(argv[2]), raw::number(argv[3]), mode == "relay");
  if (mode == "connect") return connect_all(raw::number(argv[2]), raw::number(argv[3]));
  std::fprintf(stderr, "usage: uv_pair latency|relay MESSAGES RATE | uv_pair connect CONNECTIONS THREADS\n");
  return 2;
}
