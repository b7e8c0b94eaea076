// The publisher against a server written by hand, over loopback.
#include "loadgen/run/publisher.h"

#include <gtest/gtest.h>

#include <array>
#include <future>

#include "blocking_listener.h"
#include "net/clock.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

class BlockingServer : public BlockingListener {
 public:
  BlockingServer() : BlockingListener(8) {}
  // Ends a connection over which nothing is asked; returns once the client has let go of it.
  static void end_idle(int connection) {
    shutdown(connection, SHUT_WR);
    std::array<char, 64> nothing;
    EXPECT_EQ(recv(connection, nothing.data(), nothing.size(), 0), 0);
    close(connection);
  }
  // Answers `requests` of 100 bytes each.
  static void answer(int connection, std::size_t requests) {
    std::string text;
    std::array<char, 4096> piece;
    for (std::size_t answered = 0; answered < requests;) {
      const std::size_t head = text.find("\r\n\r\n");
      if (head == std::string::npos || text.size() < head + 4 + kPayload) {
        const ssize_t bytes = recv(connection, piece.data(), piece.size(), 0);
        if (bytes <= 0) return;
        text.append(piece.data(), static_cast<std::size_t>(bytes));
        continue;
      }
      text.erase(0, head + 4 + kPayload);
      ++answered;
      const std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      send(connection, ok.data(), ok.size(), MSG_NOSIGNAL);
    }
  }

  static constexpr std::size_t kPayload = 100;
};

struct Published final : RunFixture {
  Published() : Published(measure::Pacer::constant({1'000, std::chrono::seconds(1)}), 30) {}
  Published(measure::Pacer pacer, std::uint64_t end) : publisher(planned(std::move(pacer), end), events()) {}

  const RunSpec& planned(measure::Pacer pacer, std::uint64_t end) {
    spec.pacer = std::move(pacer);
    spec.end = end;
    scenario.publish.payload = BlockingServer::kPayload;
    spec.plan.topics = {"t"};
    spec.publish = {.address = server.address(),
                    .method_and_base = "POST ",
                    .path = "/publish",
                    .headers = " HTTP/1.1\r\nHost: h\r\nContent-Length: "};
    return spec;
  }
  Publishing::Events events() {
    return {[this] { ready.set_value(); }, [this] { done.set_value(); }};
  }
  BlockingServer server;
  std::promise<void> ready;
  std::promise<void> done;
  Publisher publisher;
};

TEST(Publisher, ComesBackSilentlyWhenTheServerHasEndedAnIdleConnection) {
  Published run;
  run.publisher.start();
  const int idle = run.server.accept_one();
  run.ready.get_future().wait();
  BlockingServer::end_idle(idle);
  run.publisher.publish_from(net::now());
  const int second = run.server.accept_one();
  BlockingServer::answer(second, run.spec.end);
  run.done.get_future().wait();
  run.publisher.finish();
  close(second);
  EXPECT_EQ(run.publisher.failures().total(), 0U);
  EXPECT_TRUE(run.publisher.unpublished().empty());
  EXPECT_EQ(run.publisher.published(), run.spec.end);
}

TEST(Publisher, CountsAConnectionThatEndsWithoutTheAnswersOwed) {
  Published run;
  run.publisher.start();
  const int first = run.server.accept_one();
  run.ready.get_future().wait();
  run.publisher.publish_from(net::now());
  BlockingServer::answer(first, 3);
  std::array<char, 1> next;
  EXPECT_EQ(recv(first, next.data(), next.size(), MSG_WAITALL), 1);  // one more has begun
  shutdown(first, SHUT_WR);  // closing it with requests unread would reset it, and could take the answers back
  for (std::array<char, 4096> rest; recv(first, rest.data(), rest.size(), 0) > 0;) {
  }
  close(first);
  run.publisher.stop();
  run.done.get_future().wait();
  run.publisher.finish();
  EXPECT_GE(run.publisher.failures().total(), 1U);
  EXPECT_EQ(run.publisher.published(), 3U);
  EXPECT_EQ(run.publisher.unpublished().size(), run.publisher.next() - 3);
}

// More than any machine sends: the loop has its turns all the same, so that what was queued leaves and a stop is heard.
TEST(Publisher, ThatCannotKeepItsScheduleStillHearsThatItIsToStop) {
  constexpr std::uint64_t kNever = 1'000'000'000;
  Published run(measure::Pacer::burst({static_cast<std::int64_t>(kNever), std::chrono::seconds(1)}, kNever), kNever);
  run.publisher.start();
  const int connection = run.server.accept_one();
  run.ready.get_future().wait();
  run.publisher.publish_from(net::now());
  std::array<char, 1> first;
  EXPECT_EQ(recv(connection, first.data(), first.size(), MSG_WAITALL), 1);
  run.publisher.finish();
  close(connection);
  EXPECT_LT(run.publisher.next(), kNever);
}

}  // namespace
}  // namespace loadgen
