// The floor of a WebSocket echo client: the connections send a frame in turn, so many a second by a schedule that waits
// for nobody, BURST of them at once, and count what comes back. Prints one line of JSON.
//   raw_echo PORT CONNECTIONS TARGET ROUND-TRIPS PAYLOAD RATE BURST
#include <algorithm>
#include <string>
#include <vector>

#include "raw.h"
#include "wire/websocket/frame.h"

int main(int argc, char** argv) {
  if (argc < 8 || raw::number(argv[7]) == 0 || raw::number(argv[4]) % raw::number(argv[7]) != 0) {
    std::fprintf(stderr, "usage: raw_echo PORT CONNECTIONS TARGET ROUND-TRIPS PAYLOAD RATE BURST\n");
    return 2;
  }
  raw::raise_limit();
  const auto port = static_cast<std::uint16_t>(raw::number(argv[1]));
  const std::uint64_t connections = raw::number(argv[2]);
  const std::uint64_t wanted = raw::number(argv[4]);
  const std::uint64_t payload = raw::number(argv[5]);
  const std::uint64_t rate = raw::number(argv[6]);
  const std::uint64_t burst = raw::number(argv[7]);
  std::string frame;
  wire::websocket::append_masked_frame(frame, wire::websocket::Opcode::kText, std::string(payload, 'x'), 0x11223344);
  const std::size_t echo = frame.size() - 4;  // without the mask
  const int epoll = epoll_create1(0);
  std::vector<std::size_t> received(1 << 20);  // of the present frame, by descriptor
  const std::vector<int> sockets = raw::subscribe_all(epoll, port, connections, raw::get(argv[3], true));
  const raw::Cpu before = raw::process_cpu();
  std::vector<char> buffer(1 << 18);
  std::vector<epoll_event> events(1024);
  std::uint64_t round_trips = 0;
  std::uint64_t sent = 0;
  const std::uint64_t start = raw::now_ns();
  while (round_trips < wanted) {
    const std::uint64_t passed = raw::now_ns() - start;
    while (sent < wanted && sent * 1'000'000'000 / rate <= passed) {
      for (std::uint64_t i = 0; i < burst; ++i, ++sent) raw::write_all(sockets[sent % connections], frame);
    }
    const std::uint64_t due = sent * 1'000'000'000 / rate;
    const timespec wait{0, sent < wanted && due > passed
                               ? static_cast<long>(std::min(due - passed, std::uint64_t{999'999'999}))
                               : 999'999'999};
    const int ready = epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    for (int i = 0; i < ready; ++i) {
      const int socket = events[i].data.fd;
      const ssize_t size = read(socket, buffer.data(), buffer.size());
      if (size == 0 || (size < 0 && errno != EAGAIN)) raw::die("a connection ended");
      std::size_t& have = received[static_cast<std::size_t>(socket)];
      have += size > 0 ? static_cast<std::size_t>(size) : 0;
      round_trips += have / echo;
      have %= echo;
    }
  }
  raw::print_cost("round_trips", round_trips, before, raw::process_cpu());
}
