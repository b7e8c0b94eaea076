// What the raw programs share. They are the floor that the programs of this project are compared with (`make
// bench-peers`): bare epoll, one thread, no accounting, nothing kept for a connection but its descriptor.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace raw {

[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

inline std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  if (std::from_chars(text, end, value).ptr != end) {
    std::fprintf(stderr, "'%s' is no number\n", text);
    std::exit(2);
  }
  return value;
}

inline sockaddr_in loopback(std::uint16_t port, std::uint32_t host = INADDR_LOOPBACK) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(host);
  return address;
}

// A connected socket. The first 14,000 come from 127.0.0.1, the next from 127.0.0.2: past half of the port range,
// connect() searches for long.
inline int connect_to(std::uint16_t port, std::uint32_t index) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) die("socket");
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const sockaddr_in source = loopback(0, INADDR_LOOPBACK + index / 14'000);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) die("bind");
  const sockaddr_in target = loopback(port);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) die("connect");
  return socket;
}

// To a peer that has gone it writes nothing: reading tells. For one whose buffers are full it waits, and leaves the
// processor to who empties them.
inline void write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (written < 0 && errno != EAGAIN && errno != EINTR) die("send");
    if (written < 0 && errno == EAGAIN) {
      pollfd room{socket, POLLOUT, 0};
      poll(&room, 1, -1);
    }
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Of a blocking socket; what follows the head stays in the socket, read byte by byte as it is.
inline std::string read_head(int socket) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (read(socket, &byte, 1) != 1) die("read");
    head += byte;
  }
  return head;
}

inline void no_block(int socket) {
  fcntl(socket, F_SETFL, O_NONBLOCK);
}

inline void watch(int epoll, int socket, std::uint32_t events = EPOLLIN) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) die("epoll_ctl");
}

// `connections` to the port, each after its request and the head of the answer, in the epoll set.
inline std::vector<int> subscribe_all(int epoll, std::uint16_t port, std::uint64_t connections,
                                      const std::string& request) {
  std::vector<int> sockets;
  for (std::uint64_t i = 0; i < connections; ++i) {
    const int socket = connect_to(port, static_cast<std::uint32_t>(i));
    write_all(socket, request);
    read_head(socket);
    no_block(socket);
    watch(epoll, socket);
    sockets.push_back(socket);
  }
  return sockets;
}

inline std::string get(const char* target, bool websocket) {
  std::string request = std::string("GET ") + target + " HTTP/1.1\r\nHost: raw\r\n";
  if (websocket) {
    request +=
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  }
  return request + "\r\n";
}

inline std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

struct Cpu {
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
};

// Of the whole process: whoever publishes, reads and waits.
inline Cpu process_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {microseconds(usage.ru_utime), microseconds(usage.ru_stime)};
}

// One line of JSON: what was done between the two, and for how much CPU time.
inline void print_cost(const char* what, std::uint64_t count, Cpu before, Cpu after) {
  const std::uint64_t user_us = after.user_us - before.user_us;
  std::printf("{\"%s\": %llu, \"cpu_us\": %llu, \"user_us\": %llu}\n", what, static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(user_us + after.system_us - before.system_us),
              static_cast<unsigned long long>(user_us));
}

inline std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

inline void sleep_until(std::uint64_t ns) {
  const timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

inline void raise_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace raw
