#include "net/tls.h"

#include <gtest/gtest.h>

#include <string>

#include "tls_ends.h"

namespace net {
namespace {

using namespace std::chrono_literals;

struct Pair {
  explicit Pair(const TlsContext& client_context, const TlsContext& server_context, std::string_view host = "localhost",
                TlsSessions* sessions = nullptr)
      : client(TlsClient{client_context, client_counts, host, sessions, "127.0.0.1:443"}),
        server(TlsServer{server_context, server_counts}) {
    client.tls.start(client.out);
  }
  // Moves what both said, in pieces of at most `piece` bytes, until nobody says more.
  void settle(std::size_t piece = SIZE_MAX) {
    while (!client.out.text.empty() || !server.out.text.empty()) {
      feed(server, client.out.take(), piece);
      feed(client, server.out.take(), piece);
    }
  }
  static void feed(End& end, const std::string& bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
      end.read(wire::Bytes(bytes).substr(at, piece));
    }
  }
  TlsCounts client_counts;
  TlsCounts server_counts;
  End client;
  End server;
};

// What the client says about a server with this certificate.
std::string refusal(const Certificate& certificate, const std::string& host, const std::string& trusted) {
  const TlsContext client = TlsContext::client({.ca_file = {}, .ca_pem = trusted});
  const TlsContext server = test_server(certificate);
  Pair pair(client, server, host);
  pair.settle();
  EXPECT_EQ(pair.client.tls.state(), Tls::State::kFailed);
  EXPECT_EQ(pair.server.tls.state(), Tls::State::kFailed) << "no alert came";
  EXPECT_NE(pair.server.tls.error().find("alert"), std::string::npos) << pair.server.tls.error();
  EXPECT_EQ(pair.client_counts.failures, 1U);
  EXPECT_EQ(pair.client_counts.handshakes, 0U);
  return pair.client.tls.error();
}

TEST(Tls, CarriesBytesBothWaysAndChoosesHttp11) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  Pair pair(client, server);
  pair.settle();
  ASSERT_TRUE(pair.client.tls.is_open() && pair.server.tls.is_open()) << pair.client.tls.error();
  pair.client.write("question");
  pair.server.write("answer");
  pair.settle();
  EXPECT_EQ(pair.server.received, "question");
  EXPECT_EQ(pair.client.received, "answer");
  EXPECT_EQ(pair.client.tls.alpn(), "http/1.1");
  EXPECT_EQ(pair.client.tls.version(), "TLSv1.3");
  EXPECT_FALSE(pair.client.tls.resumed());
}

TEST(Tls, EveryCutOfTheHandshakeAndTheRecordsIsTheSame) {
  for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
    const TlsContext client = test_client({.ca_file = {}, .ca_pem = {}, .max = version});
    const TlsContext server = test_server();
    const std::string long_text(40'000, 'x');
    for (const std::size_t piece : {1, 2, 3, 4, 5, 6, 7, 100, 1'000}) {
      Pair pair(client, server);
      pair.settle(piece);
      ASSERT_TRUE(pair.client.tls.is_open() && pair.server.tls.is_open()) << piece;
      pair.client.write(long_text);
      pair.server.write("answer");
      pair.settle(piece);
      ASSERT_EQ(pair.server.received, long_text) << piece;
      ASSERT_EQ(pair.client.received, "answer") << piece;
    }
  }
}

TEST(Tls, ARecordHoldsSixteenKibibytes) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  Pair pair(client, server);
  pair.settle();
  pair.server.write(std::string(Tls::kRecord * 4, 'x'));
  std::size_t records = 0;
  const std::string& text = pair.server.out.text;
  for (std::size_t at = 0; at < text.size(); ++records) {
    ASSERT_EQ(text[at], 23);  // application data
    at += 5 + static_cast<unsigned char>(text[at + 3]) * 256U + static_cast<unsigned char>(text[at + 4]);
  }
  EXPECT_EQ(records, 4U);
}

TEST(Tls, CountsWhatItAdds) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  Pair pair(client, server);
  pair.settle();
  EXPECT_EQ(pair.client_counts.handshakes, 1U);
  EXPECT_EQ(pair.server_counts.handshakes, 1U);
  EXPECT_EQ(pair.client_counts.sent.handshake, pair.client_counts.sent.wire);
  EXPECT_GT(pair.client_counts.sent.wire, 200U);
  const TlsCounts before = pair.client_counts;
  pair.client.write("12345678");
  pair.settle();
  TlsCounts since = pair.client_counts;
  since.subtract(before);
  EXPECT_EQ(since.sent.plain, 8U);
  EXPECT_EQ(since.sent.overhead(), 22U);  // a record's head, the hidden content type, the tag: RFC 8446 section 5.2
  EXPECT_EQ(since.sent.handshake, 0U);
  EXPECT_EQ(pair.server_counts.received.wire, pair.client_counts.sent.wire);
  EXPECT_EQ(pair.server_counts.sent.wire, pair.client_counts.received.wire);
  EXPECT_EQ(pair.server_counts.received.plain, 8U);
}

TEST(Tls, AClientResumesItsOwnSessionAndNobodyElses) {
  for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
    const TlsContext client = test_client({.ca_file = {}, .ca_pem = {}, .max = version});
    const TlsContext server = test_server();
    TlsSessions mine;
    TlsSessions another;
    const auto connect = [&](TlsSessions* sessions, bool dropped, std::string_view host = "localhost") {
      Pair pair(client, server, host, sessions);
      pair.settle();
      EXPECT_TRUE(pair.client.tls.is_open()) << pair.client.tls.error();
      pair.client.write("x");
      pair.settle();
      EXPECT_EQ(pair.server.received, "x");
      EXPECT_EQ(pair.client_counts.resumed, pair.server_counts.resumed);
      if (!dropped) pair.client.tls.close(pair.client.out);
      return pair.client_counts.resumed == 1;
    };
    EXPECT_FALSE(connect(&mine, false));
    EXPECT_TRUE(connect(&mine, true));
    EXPECT_TRUE(connect(&mine, false)) << "the one before was dropped without a word";
    EXPECT_FALSE(connect(&another, false));
    EXPECT_FALSE(connect(nullptr, false));
    EXPECT_FALSE(connect(&mine, false, "127.0.0.1")) << "another server";
    EXPECT_TRUE(connect(&mine, false, "127.0.0.1"));
    EXPECT_TRUE(connect(&mine, false));
  }
}

TEST(Tls, ATicketOfAnotherServerIsAFullHandshake) {
  const TlsContext client = test_client();
  const TlsContext before = test_server();
  const TlsContext restarted = test_server();
  TlsSessions sessions;
  Pair first(client, before, "localhost", &sessions);
  first.settle();
  Pair second(client, restarted, "localhost", &sessions);
  second.settle();
  EXPECT_TRUE(second.client.tls.is_open());
  EXPECT_FALSE(second.client.tls.resumed());
}

TEST(Tls, SaysWhyACertificateDoesNotHold) {
  const Certificate good = test_certificate();
  EXPECT_EQ(refusal(good, "other.example", good.chain_pem),
            "the server's certificate is for localhost, 127.0.0.1, ::1, not for other.example");
  EXPECT_EQ(refusal(good, "127.0.0.2", good.chain_pem),
            "the server's certificate is for localhost, 127.0.0.1, ::1, not for 127.0.0.2");
  const Certificate unknown = make_certificate({.names = {"localhost"}});
  EXPECT_EQ(refusal(unknown, "localhost", good.chain_pem),
            "the server's certificate is self-signed and not a trusted one");
  const Certificate old = make_certificate({.names = {"localhost"}, .valid_from = -48h, .valid_until = -24h});
  EXPECT_TRUE(refusal(old, "localhost", old.chain_pem).starts_with("the server's certificate expired on 20"));
  const Certificate early = make_certificate({.names = {"localhost"}, .valid_from = 24h, .valid_until = 48h});
  EXPECT_TRUE(
      refusal(early, "localhost", early.chain_pem).starts_with("the server's certificate is not valid before 20"));
}

TEST(Tls, AnAddressIsVerifiedAsOneAndIsNoServerName) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  for (const char* host : {"127.0.0.1", "::1", "localhost", "localhost."}) {
    Pair pair(client, server, host);
    const bool named = pair.client.out.text.find("localhost") != std::string::npos;
    EXPECT_EQ(named, std::string(host).starts_with("localhost")) << host;
    EXPECT_EQ(pair.client.out.text.find("127.0.0.1"), std::string::npos);
    pair.settle();
    EXPECT_TRUE(pair.client.tls.is_open()) << host << ": " << pair.client.tls.error();
  }
}

TEST(Tls, VerifyNoneTakesAnyCertificate) {
  const TlsContext client = TlsContext::client({.verify = false, .ca_file = {}, .ca_pem = {}});
  const TlsContext server = test_server();
  Pair pair(client, server, "other.example");
  pair.settle();
  EXPECT_TRUE(pair.client.tls.is_open()) << pair.client.tls.error();
}

TEST(Tls, VersionsThatDoNotMeetAreToldToBoth) {
  const TlsContext client = test_client({.ca_file = {}, .ca_pem = {}, .max = TlsVersion::k12});
  const TlsContext server = test_server();
  SSL_CTX_set_min_proto_version(server.get(), TLS1_3_VERSION);
  Pair pair(client, server);
  pair.settle();
  EXPECT_NE(pair.client.tls.error().find("no TLS version that both sides speak"), std::string::npos);
  EXPECT_NE(pair.server.tls.error().find("no TLS version that both sides speak"), std::string::npos);
}

TEST(Tls, AClientThatOffersOnlyOtherProtocolsIsRefusedAndOneWithoutAlpnIsNot) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  constexpr unsigned char kH2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(client.get(), kH2, sizeof kH2);
  Pair other(client, server);
  other.settle();
  EXPECT_NE(other.client.tls.error().find("no application protocol"), std::string::npos) << other.client.tls.error();
  SSL_CTX_set_alpn_protos(client.get(), nullptr, 0);
  Pair without(client, server);
  without.settle();
  EXPECT_TRUE(without.client.tls.is_open());
  EXPECT_EQ(without.client.tls.alpn(), "");
}

TEST(Tls, PlainHttpIsToldApartFromGarbage) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  Pair asked(client, server);
  asked.server.read("OPTIONS / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(asked.server.tls.error(), "the client speaks plain HTTP on a TLS port");
  EXPECT_EQ(asked.server.out.text, "HTTP/1.1 400 Bad Request\r\n\r\n");
  asked.client.read("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(asked.client.tls.error(), "the server speaks plain HTTP, use http://");
  EXPECT_EQ(asked.server_counts.failures, 1U);
  Pair garbage(client, server);
  garbage.server.read(std::string(100, '\x01'));
  EXPECT_EQ(garbage.server.tls.error(), "what the peer speaks is no TLS");
}

TEST(Tls, ARecordThatWasChangedIsAFailureAndNoData) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
    SSL_CTX_set_max_proto_version(client.get(), version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    Pair pair(client, server);
    pair.settle();
    pair.client.write("good");
    pair.settle();
    pair.client.write("changed");
    std::string record = pair.client.out.take();
    record.back() = static_cast<char>(record.back() ^ 1);
    pair.server.read(record);
    EXPECT_EQ(pair.server.tls.state(), Tls::State::kFailed);
    EXPECT_EQ(pair.server.received, "good");
    EXPECT_NE(pair.server.tls.error().find("bad TLS from the peer"), std::string::npos) << pair.server.tls.error();
    pair.server.write("nothing leaves any more");
    pair.client.read(pair.server.out.take());  // the alert
    EXPECT_EQ(pair.client.tls.error(), "the peer ended TLS with the alert 'bad record mac'");
  }
}

TEST(Tls, RenegotiationIsRefusedAndDisturbsNothing) {
  const TlsContext client = test_client({.ca_file = {}, .ca_pem = {}, .max = TlsVersion::k12});
  SSL_CTX_clear_options(client.get(), SSL_OP_NO_RENEGOTIATION);
  const TlsContext server = test_server();
  Pair pair(client, server);
  pair.settle();
  ASSERT_EQ(SSL_renegotiate(pair.client.tls.native()), 1);
  pair.client.write("x");  // carries the hello
  pair.settle();
  EXPECT_EQ(pair.server_counts.handshakes, 1U);
  EXPECT_EQ(pair.client.tls.state(), Tls::State::kFailed) << "OpenSSL's client takes the refusal as an error";
}

TEST(Tls, CloseNotifyIsTheEndAndItsAbsenceIsSeen) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  Pair pair(client, server);
  pair.settle();
  pair.server.write("last");
  pair.server.tls.close(pair.server.out);
  pair.server.tls.close(pair.server.out);  // once
  pair.client.read(pair.server.out.take());
  EXPECT_EQ(pair.client.received, "last");
  EXPECT_EQ(pair.client.tls.state(), Tls::State::kEnded);
  pair.client.write("still heard");  // RFC 8446 section 6.1: only the other direction is closed
  pair.server.read(pair.client.out.take());
  EXPECT_EQ(pair.server.received, "still heard");
  Pair half(client, server);
  half.server.tls.peer_closed();
  EXPECT_EQ(half.server.tls.error(), "the peer closed the connection during the TLS handshake");
}

TEST(TlsContext, WarmingUpLeavesBothSidesAsTheyWere) {
  const TlsContext client = test_client();
  const TlsContext server = test_server();
  TlsContext::warm_up(client, server);
  Pair pair(client, server);
  pair.settle();
  EXPECT_TRUE(pair.client.tls.is_open());
}

}  // namespace
}  // namespace net
