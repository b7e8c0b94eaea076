// A thread that is slower than the one that publishes, over real sockets: the test plays its inbox.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "running_shard.h"

namespace server {
namespace {

constexpr std::size_t kMessage = 64 * 1024;
constexpr std::size_t kMessages = 100;

std::string get(const net::Address& address, const std::string& request, const std::string& until) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(client, address.get(), address.size()), 0);
  EXPECT_EQ(::send(client, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  ssize_t size = 0;
  while (answer.find(until) == std::string::npos && (size = recv(client, buffer, sizeof buffer, 0)) > 0) {
    answer.append(buffer, static_cast<std::size_t>(size));
  }
  close(client);
  return answer;
}

void send_all(int client, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    ASSERT_GT(size, 0);
    sent += static_cast<std::size_t>(size);
  }
}

TEST(PublishPressure, HoldsPublishersUpUntilTheSlowerThreadHasTakenWhatWaitsForIt) {
  Inbox slower([] {});
  RunningShard shard([] {}, &slower);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(connect(client, shard.address().get(), shard.address().size()), 0);
  std::thread publisher([client] {
    const std::string one =
        "POST /publish?topic=t HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(kMessage) +
        "\r\n\r\n" + std::string(kMessage, 'x');
    for (std::size_t i = 0; i < kMessages; ++i) send_all(client, one);
  });
  while (!shard.hub().crowded(nullptr)) std::this_thread::yield();
  const std::string stats = get(shard.address(), "GET /stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "\"published\": ");
  const std::size_t at = stats.find("\"published\": ");
  ASSERT_NE(at, std::string::npos) << stats;
  const auto published = static_cast<std::size_t>(std::stoul(stats.substr(at + 13)));
  EXPECT_LE(published * kMessage, (std::size_t{1} << 20) + kMessage) << "of " << kMessages * kMessage << " bytes";

  std::size_t arrived = 0;
  std::size_t largest = 0;
  while (arrived < kMessages) {
    std::vector<Published> taken;
    if (slower.take(taken)) shard.hub().wake_waiting();
    arrived += taken.size();
    largest = std::max(largest, taken.size());
    std::this_thread::yield();
  }
  publisher.join();
  close(client);
  EXPECT_LE(largest * kMessage, (std::size_t{1} << 20) + kMessage);
}

}  // namespace
}  // namespace server
