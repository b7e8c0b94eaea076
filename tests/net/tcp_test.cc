#include "net/tcp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "net/clock.h"
#include "net/segments.h"
#include "pair.h"

namespace net {
namespace {

TEST(Tcp, CarriesBytesBothWays) {
  Pair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("hello")); };
  pair.server.on_received = [&] { pair.server.tcp->send(wire::SharedBytes(std::string("world"))); };
  pair.client.on_received = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, "hello");
  EXPECT_EQ(pair.client.received, "world");
}

TEST(Tcp, WhatIsQueuedInOneIterationArrivesInOneRead) {
  Pair pair;
  int reads = 0;
  std::string expected;
  pair.client.on_opened = [&] {
    for (int i = 0; i < 100; ++i) {
      const std::string piece = "piece " + std::to_string(i) + ";";
      expected += piece;
      if (i % 2 == 0) {
        pair.client.tcp->send(wire::Bytes(piece));
      } else {
        pair.client.tcp->send(wire::SharedBytes(piece));
      }
    }
    EXPECT_EQ(pair.client.tcp->unsent_bytes(), expected.size());
  };
  pair.server.on_received = [&] {
    ++reads;
    if (pair.server.received.size() == expected.size()) pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, expected);
  EXPECT_EQ(pair.client.tcp->unsent_bytes(), 0U);
  EXPECT_LE(reads, 2);  // 64 buffers a system call, 100 pieces
  const Segments segments = read_segments(pair.client.tcp->descriptor());
  EXPECT_GE(segments.out, 3U);  // SYN, ACK, data
  EXPECT_LE(segments.out, 5U);
}

TEST(Tcp, TellsTheSegmentsOfItsEndWhenTheSocketIsClosed) {
  Pair pair;
  Segments last;
  pair.client.on_opened = [&] {
    const Segments until_now = read_segments(pair.client.tcp->descriptor());
    Tcp::finish(std::move(pair.client.tcp), {&last, until_now});
  };
  pair.server.on_closed = [&] { pair.server.tcp.reset(); };
  const std::function<void()> wait = [&] { last.out == 0 ? pair.loop.post(wait) : pair.loop.stop(); };
  pair.loop.post(wait);
  pair.loop.run();
  EXPECT_EQ(last.out, 2U) << "FIN, and ACK of the peer's";
  EXPECT_GE(last.in, 1U) << "the peer's FIN, on which the ACK of ours may ride";
  EXPECT_LE(last.in, 2U);
}

TEST(Tcp, AnswersThePeersEndWithItsOwnAndTellsBoth) {
  Pair pair;
  Segments last;
  pair.on_accepted = [&] { Tcp::finish(std::move(pair.server.tcp)); };
  pair.client.on_closed = [&] {
    ASSERT_TRUE(pair.client.tcp->ended_by_peer());
    const Segments until_now = read_segments(pair.client.tcp->descriptor());
    Tcp::finish(std::move(pair.client.tcp), {&last, until_now});
  };
  const std::function<void()> wait = [&] { last.out == 0 ? pair.loop.post(wait) : pair.loop.stop(); };
  pair.loop.post(wait);
  pair.loop.run();
  EXPECT_EQ(pair.client.close_error, 0);
  EXPECT_GE(last.out, 1U) << "FIN, on which the ACK of the peer's may ride";
}

TEST(Tcp, WhatTheKernelRefusesLeavesLaterInOrderAndDrainIsTold) {
  Pair pair;
  const std::string block(1 << 20, 'x');
  std::string expected;
  pair.on_accepted = [&] { pair.server.tcp->pause_reading(); };
  pair.client.on_opened = [&] {
    for (int i = 0; i < 16; ++i) {
      std::string piece = std::to_string(i) + block;
      expected += piece;
      if (i % 2 == 0) {
        pair.client.tcp->send(wire::Bytes(piece));
      } else {
        pair.client.tcp->send(wire::SharedBytes(std::move(piece)));
      }
    }
    pair.loop.post([&] {  // the next iteration: the kernel has refused some
      EXPECT_GT(pair.client.tcp->unsent_bytes(), 0U);
      EXPECT_TRUE(pair.client.tcp->refused());
      pair.client.tcp->send(wire::Bytes("the end"));
      expected += "the end";
      pair.loop.post([&] { pair.server.tcp->resume_reading(); });
    });
  };
  pair.server.on_received = [&] {
    if (pair.server.received.size() == expected.size() && pair.client.drains > 0) pair.loop.stop();
    if (pair.server.received.size() >= (16U << 20))
      pair.loop.post([&] {
        if (pair.client.drains > 0) pair.loop.stop();
      });
  };
  pair.loop.run();
  EXPECT_TRUE(pair.server.received == expected);
  EXPECT_EQ(pair.client.drains, 1);
  EXPECT_EQ(pair.client.tcp->unsent_bytes(), 0U);
  EXPECT_FALSE(pair.client.tcp->refused());
}

TEST(Tcp, DrainIsToldTooWhenMoreWasQueuedAsTheBacklogEmptied) {
  Pair pair;
  const std::string block(8 << 20, 'x');
  std::size_t expected = block.size();
  pair.on_accepted = [&] {
    pair.server.tcp->pause_reading();
    pair.loop.post([&] { pair.server.tcp->resume_reading(); });
  };
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes(block)); };
  // Keeps output of its own in every iteration until the backlog is gone and a while beyond.
  pair.server.on_received = [&] {
    if (pair.server.received.size() < block.size() + 100) {
      pair.client.tcp->send(wire::Bytes("y"));
      ++expected;
    }
    if (pair.client.drains > 0 && pair.server.received.size() == expected) pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_GE(pair.client.drains, 1);
  EXPECT_EQ(pair.server.received.size(), expected);
}

TEST(Tcp, FinishAfterPeerSendsWhatIsQueuedAndLetsThePeerCloseFirst) {
  Pair pair;
  struct Later final : Timer::Handler {
    explicit Later(Pair& p) : pair(p) {}
    void on_timer(Timer&) override {
      EXPECT_FALSE(pair.server.closed);
      Tcp::finish(std::move(pair.server.tcp));
      closed_first = true;
    }
    Pair& pair;
    Timer timer;
    bool closed_first = false;
  } later(pair);
  pair.client.on_opened = [&] {
    pair.client.tcp->send(wire::Bytes("bye"));
    Tcp::finish_after_peer(std::move(pair.client.tcp));
  };
  pair.server.on_received = [&] {
    later.timer.start(pair.loop.timers(), now() + std::chrono::milliseconds(50), later);
  };
  pair.loop.set_end_of_iteration([&] {
    if (later.closed_first && pair.loop.connections() == 0) pair.loop.stop();
  });
  pair.loop.run();
  EXPECT_EQ(pair.server.received, "bye");
}

TEST(Tcp, AnAnswerIsNotDestroyedByUnreadInput) {
  Pair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes(std::string(1 << 20, 'z'))); };
  pair.server.on_received = [&] {  // answers early and never reads the rest
    if (pair.server.tcp == nullptr) return;
    pair.server.tcp->send(wire::Bytes("too large"));
    Tcp::finish(std::move(pair.server.tcp));
  };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.received, "too large");
  EXPECT_EQ(pair.client.close_error, 0);
}

TEST(Tcp, ARefusedConnectionIsToldByOnClose) {
  Address address;
  {
    Loop other;
    struct Nothing final : Listener::Handler {
      void on_accept(Tcp::Ptr) override {}
      void on_accept_error(int) override {}
    } nothing;
    Listener listener(other, nothing);
    listener.open(resolve("127.0.0.1:0"), false);
    address = listener.address();
  }
  Loop loop;
  Peer client;
  client.on_closed = [&] { loop.stop(); };
  client.tcp = Tcp::connect(loop, address, std::nullopt, client);
  loop.run();
  EXPECT_FALSE(client.opened);
  EXPECT_EQ(client.close_error, -ECONNREFUSED);
}

TEST(Tcp, AConnectionThatTakesItsTimeCarriesBytesToo) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const Address any = resolve("127.0.0.1:0");
  ASSERT_EQ(bind(listener, any.get(), any.size()), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  Address address = any;
  socklen_t size = sizeof address.storage;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address.storage), &size);
  const int first = socket(AF_INET, SOCK_STREAM, 0);  // fills the queue: the kernel asks again a second later
  ASSERT_EQ(connect(first, address.get(), address.size()), 0);

  Loop loop;
  Peer client;
  client.tcp = Tcp::connect(loop, address, std::nullopt, client);
  int server = -1;
  loop.post([&] {
    EXPECT_FALSE(client.opened);
    close(accept(listener, nullptr, nullptr));
  });
  client.on_opened = [&] {
    server = accept(listener, nullptr, nullptr);
    loop.post([&] { EXPECT_EQ(send(server, "hello", 5, 0), 5); });  // in an iteration in which the client may write
  };
  client.on_received = [&] { loop.stop(); };
  client.on_closed = [&] { loop.stop(); };
  loop.run();
  EXPECT_EQ(client.received, "hello");
  close(server);
  close(first);
  close(listener);
}

TEST(Tcp, AnImmediateFailureComesFromTheLoopAndNotFromConnect) {
  Loop loop;
  Peer client;
  client.on_closed = [&] { loop.stop(); };
  client.tcp =
      Tcp::connect(loop, resolve("127.0.0.1:1"), resolve("192.0.2.1:0"), client);  // not an address of this machine
  EXPECT_FALSE(client.closed);
  loop.run();
  EXPECT_EQ(client.close_error, -EADDRNOTAVAIL);
}

TEST(Tcp, AResetIsToldAsAnError) {
  Pair pair;
  pair.on_accepted = [&] {
    pair.server.tcp->reset_on_close();
    pair.server.tcp.reset();
  };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.close_error, -ECONNRESET);
}

// Of both there is one event.
TEST(Tcp, AnEndThatCameWithTheLastBytesIsTold) {
  Pair pair;
  pair.client.on_opened = [&] { pair.client.tcp->pause_reading(); };
  pair.on_accepted = [&] {
    pair.server.tcp->send(wire::Bytes("bye"));
    Tcp::finish(std::move(pair.server.tcp));
    pair.loop.post([&] { pair.client.tcp->resume_reading(); });  // when both have left
  };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.opened, 1);
  EXPECT_EQ(pair.client.received, "bye");
  EXPECT_EQ(pair.client.close_error, 0);
}

TEST(Tcp, TheSegmentsOfAnEndThatCameWithTheLastBytesAreToldAtOnce) {
  Pair pair;
  Segments last;
  pair.client.on_opened = [&] { pair.client.tcp->pause_reading(); };
  pair.on_accepted = [&] {
    pair.server.tcp->send(wire::Bytes("bye"));
    Tcp::finish(std::move(pair.server.tcp));
    pair.loop.post([&] { pair.client.tcp->resume_reading(); });
  };
  pair.client.on_received = [&] {
    const Segments until_now = read_segments(pair.client.tcp->descriptor());
    Tcp::finish(std::move(pair.client.tcp), {&last, until_now});
    EXPECT_EQ(last.out, 1U) << "FIN";
    EXPECT_EQ(last.in, 1U) << "its ACK";
    pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_EQ(pair.client.received, "bye");
}

TEST(Tcp, PausingInsideEveryReadLosesNothing) {
  constexpr std::size_t kSize = std::size_t{2} << 20;  // several times the buffer of a read
  Pair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes(std::string(kSize, 'z'))); };
  pair.server.on_received = [&] {
    if (pair.server.received.size() == kSize) return pair.loop.stop();
    pair.server.tcp->pause_reading();
    pair.loop.post([&] { pair.server.tcp->resume_reading(); });
  };
  pair.loop.run();
  EXPECT_EQ(pair.server.received.size(), kSize);
}

TEST(Tcp, GivesUpAPeerThatTakesNothingOfWhatWaitsForIt) {
  Pair pair;
  pair.loop.set_stall_time(std::chrono::milliseconds(20));
  pair.client.on_opened = [&] { pair.client.tcp->pause_reading(); };
  pair.on_accepted = [&] { pair.server.tcp->send(wire::Bytes(std::string(std::size_t{32} << 20, 'z'))); };
  pair.server.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.close_error, -ETIMEDOUT);
  EXPECT_GT(pair.server.tcp->unsent_bytes(), 0U);
}

}  // namespace
}  // namespace net
