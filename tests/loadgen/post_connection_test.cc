#include "loadgen/run/post_connection.h"

#include <gtest/gtest.h>

#include <optional>

#include "blocking_listener.h"
#include "run_fixture.h"

namespace loadgen {
namespace {

// Posts two messages while it connects; the loop ends once the connection is open or has failed.
struct Posting final : RunFixture, private PostConnection::Owner {
  explicit Posting(const net::Address& server) {
    spec.plan.topics = {"t"};
    spec.publish = {.address = server,
                    .method_and_base = "POST ",
                    .path = "/publish",
                    .headers = " HTTP/1.1\r\nHost: h\r\nContent-Length: "};
    loop.post([this] {
      posting.connect(std::nullopt);
      for (const std::uint64_t message : {0, 1}) posting.post(message, payload(message));
    });
    loop.run();
  }
  ~Posting() { posting.give_up(); }
  void on_posting_open() override { end(); }
  void on_published(std::uint64_t) override {}
  void on_unpublished(std::uint64_t) override { ++unpublished; }
  void on_posting_failure(Failure, std::string_view) override {}
  void on_posting_closed() override { end(); }
  // Both are told at the end of an iteration, after which the loop waits once more.
  void end() {
    loop.post([this] { loop.stop(); });
  }

  net::Loop loop;
  SessionCounts counts;
  net::TlsCounts tls_counts;
  PostConnection posting{spec, loop, *this, &counts, tls_counts};
  int unpublished = 0;
};

TEST(PostConnection, CountsNothingOfWhatWaitedForAConnectionThatFailed) {
  std::optional<BlockingListener> gone(std::in_place, 1);
  const net::Address nobody = gone->address();
  gone.reset();
  const Posting run(nobody);
  EXPECT_EQ(run.unpublished, 2);
  EXPECT_EQ(run.counts.sent.total, 0U);
  EXPECT_EQ(run.counts.sent.payload, 0U);
  EXPECT_EQ(run.counts.sent.http, 0U);
  EXPECT_EQ(run.counts.requests, 0U);
}

TEST(PostConnection, CountsEveryKindOfWhatItSends) {
  const BlockingListener server(1);
  const Posting run(server.address());
  EXPECT_EQ(run.counts.requests, 2U);
  EXPECT_EQ(run.counts.sent.payload, 200U);
  EXPECT_EQ(run.counts.sent.total, run.counts.sent.payload + run.counts.sent.http);
  EXPECT_EQ(run.counts.sent.framing(), 0U);
}

}  // namespace
}  // namespace loadgen
