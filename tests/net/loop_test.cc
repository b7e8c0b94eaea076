#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/clock.h"
#include "net/tcp.h"
#include "net/timer.h"
#include "pair.h"

namespace net {
namespace {

TEST(Listener, APortInUseIsAnErrorThatNamesIt) {
  Pair pair;
  const std::string taken = pair.listener.address().text();
  for (const bool reuse : {false, true}) {
    try {
      Address address = pair.listener.address();
      if (reuse) {
        const int reserved = reserve_port(address);
        ::close(reserved);
      } else {
        Listener second(pair.loop, pair);
        second.open(address, false);
      }
      ADD_FAILURE() << "took a port in use";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(taken), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos) << error.what();
    }
  }
}

TEST(Listener, SeveralThreadsShareAReservedPort) {
  Address address = resolve("127.0.0.1:0");
  const int reserved = reserve_port(address);
  EXPECT_NE(address.port(), 0);
  Loop loop;
  struct Count final : Listener::Handler {
    void on_accept(Tcp::Ptr) override { ++accepted; }
    void on_accept_error(int error) override { ADD_FAILURE() << error; }
    int accepted = 0;
  } counts[2];
  Listener first(loop, counts[0]);
  Listener second(loop, counts[1]);
  first.open(address, true);
  second.open(address, true);
  constexpr int kClients = 64;
  std::vector<Peer> clients(kClients);
  int ended = 0;
  for (Peer& client : clients) {
    client.on_closed = [&] {
      if (++ended == kClients) loop.stop();
    };
    client.tcp = Tcp::connect(loop, address, std::nullopt, client);
  }
  loop.run();
  ::close(reserved);
  EXPECT_EQ(counts[0].accepted + counts[1].accepted, kClients);
  EXPECT_GT(counts[0].accepted, 0);
  EXPECT_GT(counts[1].accepted, 0);
}

TEST(Loop, WhatTheEndOfAnIterationSendsLeavesBeforeItsAnswers) {
  Loop loop;
  Peer publisher, publishers_server, subscriber, subscribers_server;
  const auto join = [&](Peer& one, Peer& other) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    one.tcp = Tcp::adopt(loop, ends[0]);
    other.tcp = Tcp::adopt(loop, ends[1]);
  };
  join(publisher, publishers_server);
  join(subscriber, subscribers_server);
  bool published = false;
  std::string order;
  publishers_server.on_received = [&] {
    publishers_server.tcp->send(wire::Bytes("answer"));
    published = true;
  };
  loop.set_end_of_iteration([&] {
    if (std::exchange(published, false)) subscribers_server.tcp->send(wire::Bytes("message"));
  });
  subscriber.on_received = [&] { order += "message "; };
  publisher.on_received = [&] {
    order += "answer ";
    loop.stop();
  };
  loop.post([&] {
    for (Peer* peer : {&publisher, &publishers_server, &subscriber, &subscribers_server}) peer->tcp->start(*peer);
    publisher.tcp->send(wire::Bytes("publish"));
  });
  loop.run();
  EXPECT_EQ(order, "message answer ");
}

TEST(Loop, WhatTheLastIterationSendsLeavesToo) {
  Pair pair;
  int iterations_ended = 0;
  int ended_at_stop = 0;
  pair.loop.set_end_of_iteration([&] { ++iterations_ended; });
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("hello")); };
  pair.server.on_received = [&] {
    pair.server.tcp->send(wire::Bytes("the last word"));
    ended_at_stop = iterations_ended;
    pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_EQ(iterations_ended, ended_at_stop + 1);
  EXPECT_EQ(pair.server.tcp->unsent_bytes(), 0U);
}

TEST(Loop, StopsAtTheEndOfAnIterationToo) {
  Loop loop;
  loop.set_end_of_iteration([&] { loop.stop(); });
  loop.run();
}

// libuv hears of a new handle in its next turn, which a loop that waits by itself must give it.
TEST(Loop, AHandleOfLibuvThatASocketsCallbackStartsIsWatched) {
  uv_timer_t timer;
  uv_poll_t poll;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  Pair pair;
  timer.data = &pair.loop;
  poll.data = &timer;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("hello")); };
  pair.server.on_received = [&] {
    uv_poll_init(pair.loop.uv(), &poll, pipe[0]);
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* self, int, int) {
      uv_poll_stop(self);
      uv_timer_start(
          static_cast<uv_timer_t*>(self->data), [](uv_timer_t* due) { static_cast<Loop*>(due->data)->stop(); }, 1, 0);
    });
    EXPECT_EQ(write(pipe[1], "x", 1), 1);
  };
  uv_timer_init(pair.loop.uv(), &timer);
  pair.loop.run();
  for (const int end : pipe) ::close(end);
}

TEST(Loop, OnlyWaitingIsIdle) {
  Loop loop;
  struct Stop final : Timer::Handler {
    explicit Stop(Loop& stopped) : loop(stopped) {}
    void on_timer(Timer&) override { loop.stop(); }
    Loop& loop;
  } stop(loop);
  Timer timer;
  const wire::Time begin = now();
  timer.start(loop.timers(), begin + std::chrono::milliseconds(20), stop);
  loop.run();
  EXPECT_GT(loop.idle_time(), wire::Nanos(0));
  EXPECT_LT(loop.idle_time(), now() - begin);
}

TEST(Loop, PostsFromOtherThreadsRunInOrderAndNoneAfterClose) {
  Loop loop;
  std::vector<int> ran;
  std::thread other([&] {
    for (int i = 0; i < 1'000; ++i) loop.post([&, i] { ran.push_back(i); });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(ran.size(), 1'000U);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], i);
  loop.close();
  loop.post([&] { ADD_FAILURE() << "ran after close"; });
}

}  // namespace
}  // namespace net
