// The floor of a load generator: subscribes, publishes on a schedule, and counts bytes; prints one line of JSON.
//   raw_sink PORT CONNECTIONS TARGET MESSAGES RATE PAYLOAD BURST [websocket]
// TARGET is the subscription's path and query ("/sse?topic=t"); RATE is messages a second to topic t of POST /publish,
// BURST of them at once, in one write.
#include <string>
#include <thread>
#include <vector>

#include "raw.h"

namespace {

struct Load {
  std::uint64_t messages = 0;
  std::uint64_t rate = 0;  // a second
  std::uint64_t payload = 0;
  std::uint64_t burst = 0;
};

void publish(std::uint16_t port, Load load) {
  const int socket = raw::connect_to(port, 0);
  const std::string request =
      "POST /publish?topic=t HTTP/1.1\r\nHost: raw\r\nContent-Length: " + std::to_string(load.payload) + "\r\n\r\n" +
      std::string(load.payload, 'x');
  std::string burst;
  for (std::uint64_t i = 0; i < load.burst; ++i) burst += request;
  const std::uint64_t start = raw::now_ns();
  std::vector<char> answers(1 << 16);
  for (std::uint64_t i = 0; i < load.messages; i += load.burst) {
    raw::sleep_until(start + i * 1'000'000'000 / load.rate);
    raw::write_all(socket, burst);
    while (recv(socket, answers.data(), answers.size(), MSG_DONTWAIT) > 0) {
    }
  }
  close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8 || raw::number(argv[7]) == 0 || raw::number(argv[4]) % raw::number(argv[7]) != 0) {
    std::fprintf(stderr, "usage: raw_sink PORT CONNECTIONS TARGET MESSAGES RATE PAYLOAD BURST [websocket]\n");
    return 2;
  }
  raw::raise_limit();
  const auto port = static_cast<std::uint16_t>(raw::number(argv[1]));
  const std::uint64_t connections = raw::number(argv[2]);
  const Load load{raw::number(argv[4]), raw::number(argv[5]), raw::number(argv[6]), raw::number(argv[7])};
  const std::uint64_t deliveries = load.messages * connections;
  const int epoll = epoll_create1(0);
  raw::subscribe_all(epoll, port, connections, raw::get(argv[3], argc > 8));
  const raw::Cpu before = raw::process_cpu();
  std::thread publisher(publish, port, load);

  std::vector<char> buffer(1 << 18);
  std::vector<epoll_event> events(1024);
  std::uint64_t bytes = 0;
  // A delivery is never shorter than its payload; the last of them are followed by silence.
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    if (ready == 0 && bytes >= deliveries * load.payload) break;
    for (int i = 0; i < ready; ++i) {
      const ssize_t size = read(events[i].data.fd, buffer.data(), buffer.size());
      if (size == 0 || (size < 0 && errno != EAGAIN)) raw::die("a subscription ended");
      if (size > 0) bytes += static_cast<std::uint64_t>(size);
    }
  }
  publisher.join();
  raw::print_cost("deliveries", deliveries, before, raw::process_cpu());
}
