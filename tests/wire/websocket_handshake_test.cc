// The opening handshake: sections 1.3, 4.1 and 4.2 of RFC 6455.
#include <gtest/gtest.h>

#include <string>

#include "wire/http1/request.h"
#include "wire/http1/response.h"
#include "wire/websocket/handshake.h"

namespace {

using namespace wire;
using namespace wire::websocket;

constexpr char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr char kAccept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

HandshakeCheck check(const std::string& text) {
  http1::RequestParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.feed(text, consumed), http1::Parsed::kComplete) << parser.error_text();
  return check_handshake(parser.request());
}

// A good handshake, with one part replaced.
struct Parts {
  std::string line = "GET /chat HTTP/1.1";
  std::string host = "Host: server.example.com\r\n";
  std::string upgrade = "Upgrade: websocket\r\n";
  std::string connection = "Connection: Upgrade\r\n";
  std::string key = std::string("Sec-WebSocket-Key: ") + kKey + "\r\n";
  std::string version = "Sec-WebSocket-Version: 13\r\n";
  std::string text() const { return line + "\r\n" + host + upgrade + connection + key + version + "\r\n"; }
};

TEST(WebSocketHandshake, accept_key_is_that_of_section_1_3) {
  EXPECT_EQ(accept_key(kKey), kAccept);
}

TEST(WebSocketHandshake, client_key_is_base64_of_its_16_bytes) {
  // "the sample nonce" of section 1.3.
  EXPECT_EQ(client_key({'t', 'h', 'e', ' ', 's', 'a', 'm', 'p', 'l', 'e', ' ', 'n', 'o', 'n', 'c', 'e'}), kKey);
  EXPECT_EQ(client_key({}), "AAAAAAAAAAAAAAAAAAAAAA==");
}

TEST(WebSocketHandshake, of_section_1_2_is_accepted) {
  const HandshakeCheck result = check(
      "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n"
      "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_EQ(result.status, 101);
  EXPECT_EQ(result.accept, kAccept);
  EXPECT_EQ(result.reason, "");
}

TEST(WebSocketHandshake, names_and_tokens_are_compared_without_case_and_found_in_lists) {
  Parts parts;
  parts.upgrade = "upgrade: h2c, WebSocket\r\n";
  parts.connection = "CONNECTION: keep-alive, uPGRADE\r\n";
  parts.version = "sec-websocket-version:13 \r\n";
  EXPECT_EQ(check(parts.text()).status, 101);
}

TEST(WebSocketHandshake, what_section_4_2_1_forbids_is_refused) {
  const auto status = [](auto change) {
    Parts parts;
    change(parts);
    const HandshakeCheck result = check(parts.text());
    EXPECT_TRUE(result.accept.empty());
    EXPECT_FALSE(result.reason.empty());
    return result.status;
  };
  EXPECT_EQ(status([](Parts& p) { p.line = "POST /chat HTTP/1.1"; }), 405);
  EXPECT_EQ(status([](Parts& p) { p.line = "HEAD /chat HTTP/1.1"; }), 405);
  EXPECT_EQ(status([](Parts& p) { p.line = "GET /chat HTTP/1.0"; }), 400);
  EXPECT_EQ(status([](Parts& p) {
              p.line = "GET /chat HTTP/1.0";
              p.host.clear();
            }),
            400);
  EXPECT_EQ(status([](Parts& p) { p.upgrade.clear(); }), 426);
  EXPECT_EQ(status([](Parts& p) { p.upgrade = "Upgrade: websockets\r\n"; }), 426);
  EXPECT_EQ(status([](Parts& p) { p.connection.clear(); }), 400);
  EXPECT_EQ(status([](Parts& p) { p.connection = "Connection: keep-alive\r\n"; }), 400);
  EXPECT_EQ(status([](Parts& p) { p.version.clear(); }), 426);
  EXPECT_EQ(status([](Parts& p) { p.version = "Sec-WebSocket-Version: 8\r\n"; }), 426);
  EXPECT_EQ(status([](Parts& p) { p.version = "Sec-WebSocket-Version: 13, 8\r\n"; }), 426);
  EXPECT_EQ(status([](Parts& p) { p.version += p.version; }), 426);
  EXPECT_EQ(status([](Parts& p) { p.key.clear(); }), 400);
  EXPECT_EQ(status([](Parts& p) { p.key += p.key; }), 400);
  for (const char* key :
       {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZXg=", "dGhlIHNhbXBsZSBub25jZXh4",
        "dGhlIHNhbXBsZSBub25j!Q==", "dGhlIHNhbXBsZSBub25-ZQ==", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ=="}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(status([key](Parts& p) { p.key = std::string("Sec-WebSocket-Key: ") + key + "\r\n"; }), 400);
  }
}

class Recorder final : public http1::ResponseParser::Handler {
 public:
  explicit Recorder(const Offer& offer) : offer_(offer) {}
  void on_head(const http1::Response& response) override {
    result = check_response(response, kKey, offer_);
    deflate = agreed_deflate(response, offer_);
  }
  void on_body(Bytes) override {}
  void on_end() override {}
  std::string result = "no head";
  std::optional<Deflate> deflate;

 private:
  const Offer& offer_;
};

std::string check_answer(const std::string& text, const Offer& offer = {}, std::optional<Deflate>* deflate = nullptr) {
  http1::ResponseParser parser;
  Recorder recorder(offer);
  std::size_t consumed = 0;
  EXPECT_NE(parser.feed(text, consumed, recorder), http1::Parsed::kError) << parser.error_text();
  if (deflate != nullptr) *deflate = recorder.deflate;
  return recorder.result;
}

TEST(WebSocketHandshake, the_answer_of_section_1_3_is_accepted) {
  EXPECT_EQ(check_answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
            "");
  EXPECT_EQ(check_answer("HTTP/1.1 101 x\r\nUPGRADE: WebSocket\r\nConnection: x, upgrade\r\n"
                         "sec-websocket-accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\nX-Other: 1\r\n\r\n"),
            "");
}

TEST(WebSocketHandshake, an_answer_that_section_4_1_forbids_is_refused) {
  const std::string status = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::string upgrade = "Upgrade: websocket\r\n";
  const std::string connection = "Connection: Upgrade\r\n";
  const std::string accept = std::string("Sec-WebSocket-Accept: ") + kAccept + "\r\n";
  const auto refused = [](const std::string& text) { return !check_answer(text + "\r\n").empty(); };
  EXPECT_FALSE(refused(status + upgrade + connection + accept));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\n" + upgrade + connection + accept));
  EXPECT_TRUE(refused("HTTP/1.1 426 Upgrade Required\r\n" + upgrade));
  EXPECT_TRUE(refused(status + connection + accept));
  EXPECT_TRUE(refused(status + "Upgrade: h2c\r\n" + connection + accept));
  EXPECT_TRUE(refused(status + upgrade + accept));
  EXPECT_TRUE(refused(status + upgrade + "Connection: close\r\n" + accept));
  EXPECT_TRUE(refused(status + upgrade + connection));
  EXPECT_TRUE(refused(status + upgrade + connection + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_TRUE(refused(status + upgrade + connection + accept + accept));
  EXPECT_TRUE(refused(status + upgrade + connection + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_TRUE(refused(status + upgrade + connection + accept + "Sec-WebSocket-Protocol: chat\r\n"));
}

TEST(WebSocketHandshake, an_answer_may_agree_to_what_was_asked_for_and_to_nothing_else) {
  const std::string good =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      std::string(kAccept) + "\r\n";
  const Offer offer{"chat, news", DeflateOffer{}};
  std::optional<Deflate> deflate;
  EXPECT_EQ(check_answer(good + "\r\n", offer, &deflate), "");
  EXPECT_FALSE(deflate);
  EXPECT_EQ(check_answer(good + "Sec-WebSocket-Protocol: news\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                         offer, &deflate),
            "");
  ASSERT_TRUE(deflate);
  EXPECT_TRUE(deflate->to_client.takeover);
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Protocol: other\r\n\r\n", offer), "");
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Protocol: chat, news\r\n\r\n", offer), "");
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n", offer), "");
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Extensions: other\r\n\r\n", offer), "");
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Extensions: permessage-deflate; x\r\n\r\n", offer), "");
  EXPECT_NE(check_answer(good + "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                                "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                         offer),
            "");
}

}  // namespace
