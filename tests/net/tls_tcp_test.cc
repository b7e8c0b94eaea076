#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "pair.h"

namespace net {
namespace {

TEST(TlsTcp, CarriesBytesBothWaysAndOpensAfterTheHandshake) {
  TlsPair pair;
  pair.client.on_opened = [&] {
    EXPECT_EQ(pair.client_counts.handshakes, 1U);
    pair.client.tcp->send(wire::Bytes("hello"));
  };
  pair.server.on_received = [&] { pair.server.tcp->send(wire::SharedBytes(std::string("world"))); };
  pair.client.on_received = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, "hello");
  EXPECT_EQ(pair.client.received, "world");
  EXPECT_EQ(pair.client.opened, 1);
  EXPECT_EQ(pair.server.opened, 0);  // it was open before the handshake, as without TLS
}

TEST(TlsTcp, AConnectionGoesOnOnTheLoopOfAnotherThread) {
  for (const bool with_tls : {false, true}) {
    Pair pair(with_tls, with_tls);
    Loop elsewhere;
    Peer moved;
    TlsCounts moved_counts;
    std::thread other;
    pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("hello")); };
    pair.server.on_received = [&] {
      if (pair.server.received == "hello") return pair.server.tcp->send(wire::Bytes("world"));
      auto moving = std::make_shared<Tcp::Moving>(Tcp::depart(std::move(pair.server.tcp)));
      elsewhere.post([&, moving] {
        moved.tcp = Tcp::arrive(elsewhere, std::move(*moving), &moved_counts);
        moved.tcp->start(moved);
        moved.tcp->send(wire::Bytes(" from elsewhere"));
      });
      moved.on_received = [&] {
        moved.tcp.reset();
        elsewhere.stop();
      };
      other = std::thread([&] { elsewhere.run(); });
    };
    pair.client.on_received = [&] {
      if (pair.client.received == "world") pair.client.tcp->send(wire::Bytes(" again"));
      if (pair.client.received == "world from elsewhere") pair.client.tcp->send(wire::Bytes("good"));
    };
    pair.client.on_closed = [&] { pair.loop.stop(); };
    pair.loop.run();
    other.join();
    EXPECT_EQ(pair.server.received, "hello again");
    EXPECT_EQ(moved.received, "good");
    EXPECT_EQ(moved_counts.received.plain, with_tls ? 4U : 0U);
    EXPECT_EQ(pair.server.closed, 0);
  }
}

TEST(TlsTcp, WhatIsQueuedInOneIterationIsOneRecordAndOneRead) {
  TlsPair pair;
  std::string expected;
  std::uint64_t handshake = 0;
  pair.client.on_opened = [&] {
    handshake = pair.client_counts.sent.wire;
    for (int i = 0; i < 100; ++i) {
      const std::string piece = "piece " + std::to_string(i) + ";";
      expected += piece;
      if (i % 2 == 0) {
        pair.client.tcp->send(wire::Bytes(piece));
      } else {
        pair.client.tcp->send(wire::SharedBytes(piece));
      }
    }
    EXPECT_EQ(pair.client.tcp->unsent_bytes(), expected.size() + 64 + 16)
        << "the last flight of the handshake is still queued, too";
  };
  pair.server.on_received = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, expected);
  EXPECT_EQ(pair.server.reads, 1);
  EXPECT_EQ(pair.client.tcp->unsent_bytes(), 0U);
  EXPECT_EQ(pair.client_counts.sent.wire - handshake, expected.size() + 22);  // one record
}

TEST(TlsTcp, WhatTlsQueuesItselfIsUnsentButNotRefused) {
  TlsPair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("with the handshake's end")); };
  pair.server.on_received = [&] {
    EXPECT_GT(pair.server.tcp->unsent_bytes(), 0U) << "session tickets";
    EXPECT_FALSE(pair.server.tcp->refused());
    pair.server.tcp->send(wire::Bytes("answer"));
    EXPECT_FALSE(pair.server.tcp->refused());
  };
  pair.client.on_received = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.drains, 0);
}

TEST(TlsTcp, PiecesOfEverySizeArePackedInOrder) {
  TlsPair pair;
  std::string expected;
  pair.client.on_opened = [&] {
    for (const std::size_t size : {1, 16'383, 16'384, 5, 16'385, 40'000, 3, 0, 100'000, 7, 7, 32'768}) {
      std::string piece(size, static_cast<char>('a' + expected.size() % 26));
      expected += piece;
      if (size % 2 == 0) {
        pair.client.tcp->send(wire::Bytes(piece));
      } else {
        pair.client.tcp->send(wire::SharedBytes(std::move(piece)));
      }
    }
  };
  pair.server.on_received = [&] {
    if (pair.server.received.size() >= expected.size()) pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_TRUE(pair.server.received == expected);
}

TEST(TlsTcp, LargeTransfersGoBothWaysAndDrainIsTold) {
  TlsPair pair;
  const std::string block(3 << 20, 'x');
  std::size_t to_server = 0;
  pair.client.on_opened = [&] {
    for (int i = 0; i < 4; ++i) {
      pair.client.tcp->send(wire::Bytes(block));
      pair.client.tcp->send(wire::SharedBytes(block));
      to_server += 2 * block.size();
    }
  };
  const auto look = [&] {
    if (pair.server.received.size() == to_server && pair.client.received.size() == block.size() &&
        pair.client.drains > 0)
      pair.loop.stop();
  };
  pair.server.on_received = [&] {
    if (pair.server.reads == 1) pair.server.tcp->send(wire::Bytes(block));
    look();
  };
  pair.client.on_received = look;
  pair.client.on_drained = look;  // may come after the last byte was read
  pair.loop.run();
  EXPECT_EQ(pair.server.received.size(), to_server);
  EXPECT_EQ(pair.client.received.size(), block.size());
  EXPECT_EQ(pair.client.tcp->unsent_bytes(), 0U);
}

TEST(TlsTcp, AnEndWithoutCloseNotifyIsSeenAsATruncation) {
  TlsPair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("half a stor")); };
  pair.server.on_received = [&] { ::shutdown(pair.client.tcp->descriptor(), SHUT_WR); };
  pair.server.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.close_error, 0);
  EXPECT_TRUE(pair.server.truncated);
}

TEST(TlsTcp, PlainHttpOnATlsPortIsAnsweredInPlainHttp) {
  Pair pair(false, true);
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); };
  pair.server.on_closed = [&] { pair.server.tcp.reset(); };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.received, "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(pair.client.close_error, 0);
  EXPECT_EQ(pair.server.close_error, Tcp::kTlsError);
  EXPECT_EQ(pair.server.reason, "the client speaks plain HTTP on a TLS port");
  EXPECT_EQ(pair.server_counts.failures, 1U);
}

TEST(TlsTcp, AServerThatSpeaksPlainHttpIsNamed) {
  Pair pair(true, false);
  pair.server.on_received = [&] {
    if (pair.server.reads == 1) pair.server.tcp->send(wire::Bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
  };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.opened, 0);
  EXPECT_EQ(pair.client.close_error, Tcp::kTlsError);
  EXPECT_EQ(pair.client.reason, "the server speaks plain HTTP, use http://");
}

TEST(TlsTcp, ARefusedCertificateIsToldToBothSides) {
  TlsPair pair("other.example");
  pair.client.on_closed = [&] { pair.client.tcp.reset(); };
  pair.server.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.opened, 0);
  EXPECT_EQ(pair.client.reason, "the server's certificate is for localhost, 127.0.0.1, ::1, not for other.example");
  EXPECT_EQ(pair.server.close_error, Tcp::kTlsError);
  EXPECT_NE(pair.server.reason.find("alert"), std::string::npos) << pair.server.reason;
}

TEST(TlsTcp, APeerThatClosesDuringTheHandshakeIsAFailure) {
  Pair pair(true, false);
  pair.server.on_received = [&] { Tcp::finish(std::move(pair.server.tcp)); };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.close_error, Tcp::kTlsError);
  EXPECT_EQ(pair.client.reason, "the peer closed the connection during the TLS handshake");
}

TEST(TlsTcp, AResetDuringTheHandshakeStaysAReset) {
  Pair pair(true, false);
  pair.server.on_received = [&] {
    pair.server.tcp->reset_on_close();
    pair.server.tcp.reset();
  };
  pair.client.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.close_error, -ECONNRESET);
}

TEST(TlsTcp, GarbageAfterTheHandshakeIsAFailureAfterWhatWasGood) {
  TlsPair pair;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("good")); };
  pair.server.on_received = [&] {
    std::string garbage("\x17\x03\x03\x00\x20", 5);
    garbage.append(32, 'x');
    ASSERT_EQ(::send(pair.client.tcp->descriptor(), garbage.data(), garbage.size(), 0), 37);
  };
  pair.server.on_closed = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, "good");
  EXPECT_EQ(pair.server.close_error, Tcp::kTlsError);
  EXPECT_NE(pair.server.reason.find("bad TLS from the peer"), std::string::npos) << pair.server.reason;
}

TEST(TlsTcp, BytesSentBeforeTheHandshakeLeaveAfterIt) {
  TlsPair pair;
  pair.on_accepted = [&] { pair.server.tcp->send(wire::Bytes("early")); };
  pair.client.on_received = [&] { pair.loop.stop(); };
  pair.loop.run();
  EXPECT_EQ(pair.client.received, "early");
  EXPECT_EQ(pair.server.tcp->unsent_bytes(), 0U);
}

// Passes bytes on between two sockets one at a time, each in a segment of its own as far as TCP lets it.
struct Drip final : Listener::Handler {
  Drip(Loop& l, const Address& to) : loop(l), target(to) {
    listener.open(resolve("127.0.0.1:0"), false);
    for (Peer* peer : {&inner, &outer}) {
      Peer& other = peer == &inner ? outer : inner;
      peer->on_received = [this, peer, &other] { pass(*peer, other); };
    }
    inner.on_opened = [this] { pass(outer, inner); };
  }
  void on_accept(Tcp::Ptr tcp) override {
    outer.tcp = std::move(tcp);
    outer.tcp->start(outer);
    inner.tcp = Tcp::connect(loop, target, std::nullopt, inner);
  }
  void on_accept_error(int error) override { ADD_FAILURE() << error; }
  // One byte an iteration.
  void pass(Peer& from, Peer& to) {
    if (from.received.empty() || to.tcp == nullptr || inner.opened == 0) return;
    to.tcp->send(wire::Bytes(from.received).substr(0, 1));
    from.received.erase(0, 1);
    if (!from.received.empty()) loop.post([this, &from, &to] { pass(from, to); });
  }
  Loop& loop;
  Address target;
  Peer inner, outer;
  Listener listener{loop, *this};
};

TEST(TlsTcp, TakesASingleByteAtATime) {
  TlsPair pair;
  Drip drip(pair.loop, pair.listener.address());
  pair.client.tcp = Tcp::connect(pair.loop, drip.listener.address(), std::nullopt, pair.client, &pair.client_side);
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("question")); };
  pair.server.on_received = [&] {
    if (pair.server.received == "question") pair.server.tcp->send(wire::Bytes("answer"));
  };
  pair.client.on_received = [&] {
    if (pair.client.received == "answer") pair.loop.stop();
  };
  pair.loop.run();
  EXPECT_EQ(pair.server.received, "question");
  EXPECT_EQ(pair.client.received, "answer");
}

TEST(TlsTcp, AReconnectResumesTheSession) {
  TlsSessions sessions;
  TlsPair pair("localhost", &sessions);
  int connections = 0;
  pair.client.on_opened = [&] { pair.client.tcp->send(wire::Bytes("x")); };
  pair.server.on_received = [&] { pair.server.tcp->send(wire::Bytes("y")); };
  pair.client.on_received = [&] {
    if (++connections == 3) return pair.loop.stop();
    pair.client.tcp = Tcp::connect(pair.loop, pair.listener.address(), std::nullopt, pair.client, &pair.client_side);
  };
  pair.loop.run();
  EXPECT_EQ(pair.client_counts.handshakes, 3U);
  EXPECT_EQ(pair.client_counts.resumed, 2U);
  EXPECT_EQ(pair.server_counts.resumed, 2U);
}

}  // namespace
}  // namespace net
