#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
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

struct Stopper final : Timer::Handler {
  explicit Stopper(Loop& stopped) : loop(stopped) {}
  void on_timer(Timer&) override { loop.stop(); }
  Loop& loop;
};

TEST(Loop, OnlyWaitingIsIdle) {
  Loop loop;
  Stopper stop(loop);
  Timer timer;
  const wire::Time begin = now();
  timer.start(loop.timers(), begin + std::chrono::milliseconds(20), stop);
  loop.run();
  EXPECT_GT(loop.idle_time(), wire::Nanos(0));
  EXPECT_LT(loop.idle_time(), now() - begin);
}

// From now on the calling thread gets `error` from that system call.
void refuse(long call, int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {std::size(program), program};
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST(Loop, AKernelWithoutEpollPwait2IsWaitedForByTheMillisecond) {
  std::thread([] {
    refuse(SYS_epoll_pwait2, ENOSYS);
    Pair pair;
    pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("hello")); };
    Stopper stop(pair.loop);
    Timer near;
    pair.server.on_received = [&] {
      EXPECT_EQ(pair.server.received, "hello");
      near.start(pair.loop.timers(), now() + std::chrono::microseconds(300), stop);
    };
    pair.loop.run();
    EXPECT_EQ(pair.server.reads, 1);
    EXPECT_FALSE(near.active());
  }).join();
}

TEST(Loop, AKernelThatRefusesToWaitIsToldInOneSentenceBeforeAnythingRuns) {
  for (const auto& [call, error, text] : {std::tuple(SYS_epoll_pwait2, EPERM, "Operation not permitted"),
                                          std::tuple(SYS_epoll_ctl, ENOSPC, "No space left on device"),
                                          std::tuple(SYS_epoll_ctl, ENOMEM, "Cannot allocate memory")}) {
    std::thread([call = call, error = error, text = text] {
      refuse(call, error);
      try {
        const Loop loop;
        ADD_FAILURE() << "a loop that cannot wait";
      } catch (const std::runtime_error& refusal) {
        const std::string sentence = refusal.what();
        EXPECT_TRUE(sentence.starts_with("cannot wait for events: ")) << sentence;
      }
      EXPECT_EQ(EventSet::probe(), -error) << text;
    }).join();
  }
}

TEST(Loop, ASocketThatCannotBeWatchedEndsWithTheReason) {
  std::thread([] {
    Pair pair;
    pair.client.on_closed = [&] { pair.loop.stop(); };
    pair.loop.post([&] {
      refuse(SYS_epoll_ctl, ENOSPC);
      pair.client.tcp = Tcp::connect(pair.loop, pair.listener.address(), std::nullopt, pair.client);
    });
    pair.loop.run();
    EXPECT_EQ(pair.client.close_error, -ENOSPC);
  }).join();
}

TEST(Loop, ASignalInterruptsNothingButTheWait) {
  struct sigaction before;
  struct sigaction action {};
  static std::atomic<int> caught;
  caught = 0;
  action.sa_handler = [](int) { ++caught; };
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  Loop loop;
  std::thread waiting([&] { loop.run(); });
  while (caught < 10) pthread_kill(waiting.native_handle(), SIGUSR1);
  loop.post([&] { loop.stop(); });
  waiting.join();
  EXPECT_GE(caught, 10);
  sigaction(SIGUSR1, &before, nullptr);
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
