// Negotiation: every parameter of permessage-deflate (RFC 7692 section 7.1) on both sides, and subprotocols.
#include "wire/websocket/extensions.h"

#include <gtest/gtest.h>

namespace {

using namespace wire::websocket;

// The server's answer to an offer; "no" when it opens the connection without, "bad" when the header is malformed.
std::string answer(const std::string& offer, bool takeover = true) {
  const auto offers = parse_extensions(offer);
  if (!offers) return "bad";
  const auto answered = answer_deflate(*offers, {.accept = true, .takeover = takeover});
  return answered ? answered->header : "no";
}

TEST(WebSocketExtensions, are_read_by_the_grammar_of_rfc_6455_section_9_1) {
  const auto all = parse_extensions(R"( foo ; a = 1; b ;c="x\y" ,, bar)");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].name, "foo");
  ASSERT_EQ((*all)[0].parameters.size(), 3U);
  EXPECT_EQ((*all)[0].parameters[0].value, "1");
  EXPECT_FALSE((*all)[0].parameters[1].value);
  EXPECT_EQ((*all)[0].parameters[2].value, "xy");
  EXPECT_EQ((*all)[1].name, "bar");
  EXPECT_TRUE(parse_extensions("")->empty());
  for (const char* text : {"foo;", "foo; a=", "foo bar", "; a", "foo; =1", "foo; a=\"", "foo; a=\"x y\"", "foo; a=\"\"",
                           "foo/1", "foo; a=1=2", "foo; a=\"x\\"}) {
    EXPECT_FALSE(parse_extensions(text)) << text;
  }
}

TEST(WebSocketExtensions, a_server_answers_every_legal_offer_with_what_it_must_say) {
  EXPECT_EQ(answer("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(answer("permessage-deflate; server_no_context_takeover"), "permessage-deflate; server_no_context_takeover");
  EXPECT_EQ(answer("permessage-deflate; client_no_context_takeover"), "permessage-deflate; client_no_context_takeover");
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string number = std::to_string(bits);
    EXPECT_EQ(answer("permessage-deflate; server_max_window_bits=" + number),
              "permessage-deflate; server_max_window_bits=" + number);
    EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=\"" + number + "\""),
              "permessage-deflate; client_max_window_bits=" + number);
  }
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; "
                   "client_no_context_takeover; server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=9");
}

TEST(WebSocketExtensions, a_server_without_context_takeover_says_so_unasked) {
  EXPECT_EQ(answer("permessage-deflate; client_max_window_bits", false),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
}

TEST(WebSocketExtensions, a_server_passes_over_offers_that_section_7_1_forbids) {
  for (const char* parameters : {"server_no_context_takeover=1",
                                 "client_no_context_takeover=true",
                                 "server_max_window_bits",
                                 "server_max_window_bits=7",
                                 "server_max_window_bits=16",
                                 "server_max_window_bits=08",
                                 "server_max_window_bits=1",
                                 "server_max_window_bits=100",
                                 "server_max_window_bits=x",
                                 "client_max_window_bits=7",
                                 "client_max_window_bits=16",
                                 "client_max_window_bits=010",
                                 "unknown",
                                 "server_no_context_takeover; server_no_context_takeover",
                                 "client_no_context_takeover; client_no_context_takeover",
                                 "server_max_window_bits=9; server_max_window_bits=9",
                                 "client_max_window_bits; client_max_window_bits",
                                 "client_max_window_bits; client_max_window_bits=9",
                                 "client_max_window_bits=9; client_max_window_bits",
                                 "SERVER_NO_CONTEXT_TAKEOVER"}) {
    const std::string offer = std::string("permessage-deflate; ") + parameters;
    EXPECT_EQ(answer(offer), "no") << offer;
    EXPECT_EQ(answer(offer + ", permessage-deflate"), "permessage-deflate") << "the fallback after " << offer;
  }
  EXPECT_EQ(answer("x-webkit-deflate-frame, mux; max-channels=4"), "no");
  EXPECT_EQ(answer("foo, permessage-deflate; server_max_window_bits=10, permessage-deflate"),
            "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(answer("permessage-deflate; =1"), "bad");
}

TEST(WebSocketExtensions, a_server_that_is_not_willing_opens_without) {
  EXPECT_FALSE(answer_deflate(*parse_extensions("permessage-deflate"), {.accept = false}));
}

TEST(WebSocketExtensions, a_server_takes_the_windows_and_the_takeover_that_it_has_agreed_to) {
  const auto offers = parse_extensions(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9; server_no_context_takeover");
  const Deflate deflate = answer_deflate(*offers, {.accept = true, .takeover = true})->deflate;
  EXPECT_EQ(deflate.to_client.window_bits, 10);
  EXPECT_EQ(deflate.to_server.window_bits, 9);
  EXPECT_FALSE(deflate.to_client.takeover);
  EXPECT_TRUE(deflate.to_server.takeover);
}

TEST(WebSocketExtensions, a_client_writes_its_offer) {
  EXPECT_EQ(DeflateOffer().header(), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ((DeflateOffer{true, true, 9, 10}).header(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
            "client_max_window_bits=10");
  EXPECT_EQ((DeflateOffer{false, false, 0, 0}).header(), "permessage-deflate");
}

std::string agreed(const DeflateOffer& offer, const std::string& text) {
  const DeflateAgreement agreement = check_deflate(&offer, text);
  if (!agreement.error.empty()) return "error";
  if (!agreement.deflate) return "without";
  const auto direction = [](Deflate::Direction d) {
    return std::to_string(int{d.window_bits}) + (d.takeover ? "+" : "-");
  };
  return direction(agreement.deflate->to_client) + " " + direction(agreement.deflate->to_server);
}

TEST(WebSocketExtensions, a_client_takes_every_answer_that_section_7_1_allows) {
  const DeflateOffer plain;
  EXPECT_EQ(agreed(plain, ""), "without");
  EXPECT_EQ(agreed(plain, "permessage-deflate"), "15+ 15+");
  EXPECT_EQ(agreed(plain, "permessage-deflate; server_no_context_takeover"), "15- 15+");
  EXPECT_EQ(agreed(plain, "permessage-deflate; client_no_context_takeover"), "15+ 15-");
  EXPECT_EQ(agreed(plain, "permessage-deflate; server_max_window_bits=8; client_max_window_bits=9"), "8+ 9+");
  const DeflateOffer strict{true, true, 10, 11};
  EXPECT_EQ(agreed(strict, "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"), "9- 11-");
  EXPECT_EQ(
      agreed(strict,
             "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=8"),
      "10- 8-");
}

TEST(WebSocketExtensions, a_client_refuses_every_answer_that_section_7_1_forbids) {
  const DeflateOffer plain;
  for (const char* text :
       {"permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate, permessage-deflate", "other", "permessage-deflate;"}) {
    EXPECT_EQ(agreed(plain, text), "error") << text;
  }
  EXPECT_EQ(agreed({.client_max_window_bits = 0}, "permessage-deflate; client_max_window_bits=9"), "error");
  EXPECT_EQ(agreed({.client_max_window_bits = 9}, "permessage-deflate; client_max_window_bits=10"), "error");
  EXPECT_EQ(agreed({.server_max_window_bits = 9}, "permessage-deflate; server_max_window_bits=10"), "error");
  EXPECT_EQ(agreed({.server_max_window_bits = 9}, "permessage-deflate"), "error");
  EXPECT_EQ(agreed({.server_no_context_takeover = true}, "permessage-deflate"), "error");
  EXPECT_FALSE(check_deflate(nullptr, "permessage-deflate").error.empty());
  EXPECT_TRUE(check_deflate(nullptr, "").error.empty());
}

TEST(WebSocketExtensions, a_repeated_header_is_one_list) {
  const std::vector<wire::http1::Header> headers = {
      {"Sec-WebSocket-Protocol", "a"}, {"Other", "x"}, {"sec-websocket-protocol", "b, c"}};
  EXPECT_EQ(joined_header(headers, "Sec-WebSocket-Protocol"), "a, b, c");
  EXPECT_EQ(joined_header(headers, "None"), "");
}

TEST(WebSocketExtensions, the_first_subprotocol_that_both_know_is_chosen) {
  const std::vector<std::string> known = {"chat", "v2.news"};
  EXPECT_EQ(choose_subprotocol("superchat, v2.news, chat", known), "v2.news");
  EXPECT_EQ(choose_subprotocol("chat", known), "chat");
  EXPECT_EQ(choose_subprotocol("Chat, chatter", known), "");
  EXPECT_EQ(choose_subprotocol("", known), "");
  EXPECT_EQ(choose_subprotocol("chat", {}), "");
  EXPECT_EQ(choose_subprotocol(", ,chat", known), "chat");
}

}  // namespace
