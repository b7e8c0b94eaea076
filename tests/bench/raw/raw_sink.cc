// The floor of a load generator: subscribes, publishes on a schedule, and counts bytes; prints one line of JSON.
//   raw_sink PORT CONNECTIONS TARGET MESSAGES RATE PAYLOAD [websocket]
// TARGET is the subscription's path and query ("/sse?topic=t"); RATE is messages a second to topic t of POST /publish.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "raw.h"

namespace {

void publish(std::uint16_t port, std::uint64_t messages, std::uint64_t rate, std::uint64_t payload) {
  const int socket = raw::connect_to(port, 0);
  const std::string request =
      "POST /publish?topic=t HTTP/1.1\r\nHost: raw\r\nContent-Length: " + std::to_string(payload) + "\r\n\r\n" +
      std::string(payload, 'x');
  const std::uint64_t start = raw::now_ns();
  std::vector<char> answers(1 << 16);
  for (std::uint64_t i = 0; i < messages; ++i) {
    raw::sleep_until(start + i * 1'000'000'000 / rate);
    raw::write_all(socket, request);
    while (recv(socket, answers.data(), answers.size(), MSG_DONTWAIT) > 0) {
    }
  }
  close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr, "usage: raw_sink PORT CONNECTIONS TARGET MESSAGES RATE PAYLOAD [websocket]\n");
    return 2;
  }
  raw::raise_limit();
  const auto port = static_cast<std::uint16_t>(raw::number(argv[1]));
  const std::uint64_t connections = raw::number(argv[2]);
  const std::uint64_t messages = raw::number(argv[4]);
  const std::uint64_t payload = raw::number(argv[6]);
  const int epoll = epoll_create1(0);
  raw::subscribe_all(epoll, port, connections, raw::get(argv[3], argc > 7));
  std::thread publisher(publish, port, messages, raw::number(argv[5]), payload);

  std::vector<char> buffer(1 << 18);
  std::vector<epoll_event> events(1024);
  std::uint64_t bytes = 0;
  std::uint64_t reads = 0;
  const raw::Cpu before = raw::thread_cpu();
  // A delivery is never shorter than its payload; the last of them are followed by silence.
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    if (ready == 0 && bytes >= messages * connections * payload) break;
    for (int i = 0; i < ready; ++i) {
      const ssize_t size = read(events[i].data.fd, buffer.data(), buffer.size());
      if (size == 0 || (size < 0 && errno != EAGAIN)) raw::die("a subscription ended");
      if (size > 0) bytes += static_cast<std::uint64_t>(size);
      ++reads;
    }
  }
  const raw::Cpu after = raw::thread_cpu();
  publisher.join();
  const auto deliveries = static_cast<double>(messages * connections);
  const auto user = static_cast<double>(after.user_us - before.user_us);
  const auto system = static_cast<double>(after.system_us - before.system_us);
  std::printf(
      "{\"deliveries\": %.0f, \"bytes\": %llu, \"reads\": %llu, \"cpu_us_per_delivery\": %.3f, "
      "\"user_us_per_delivery\": %.3f}\n",
      deliveries, static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(reads),
      (user + system) / deliveries, user / deliveries);
}
