// Compression of messages: the examples of RFC 7692 section 7.2.3, windows of every size, broken data, bombs.
#include "wire/websocket/permessage_deflate.h"

#include <gtest/gtest.h>

#include <random>

#include "cuts.h"

namespace {

using namespace wire::websocket;
using wire::Bytes;
using Result = Inflater::Result;

constexpr std::size_t kLimit = 1 << 20;

// What a message's payload brings, cut in every way; the inflater has read `before`.
void expect_inflated(const std::string& payload, const std::string& text, const std::string& before = {}) {
  for_every_cut(payload, [&](const std::vector<Bytes>& pieces) {
    Inflater inflater;
    std::string first;
    ASSERT_EQ(inflater.append(first, before, kLimit), Result::kOk);
    ASSERT_TRUE(before.empty() || inflater.finish(first, kLimit) == Result::kOk);
    std::string out;
    feed_pieces(pieces, [&](Bytes piece) { return inflater.append(out, piece, kLimit) == Result::kOk; });
    ASSERT_EQ(inflater.finish(out, kLimit), Result::kOk);
    ASSERT_EQ(out, text);
  });
}

// Through a window of 2^bits bytes as strictly as a peer with no more memory: a byte of output at a time.
std::string inflated(Bytes payload, std::uint8_t bits = 15) {
  Inflater inflater(bits);
  std::string out;
  for (const char byte : payload) EXPECT_EQ(inflater.append(out, {&byte, 1}, 64u << 20), Result::kOk);
  EXPECT_EQ(inflater.finish(out, 64u << 20), Result::kOk);
  return out;
}

std::string deflated(Bytes message, std::uint8_t bits = 15) {
  std::string out;
  append_deflated(out, message, bits);
  return out;
}

TEST(PermessageDeflate, examples_of_section_7_2_3_are_read) {
  const std::string hello = bytes("\xf2\x48\xcd\xc9\xc9\x07\x00");
  expect_inflated(hello, "Hello");                                                          // 7.2.3.1
  expect_inflated(bytes("\xf2\x00\x11\x00\x00"), "Hello", hello);                           // 7.2.3.2
  expect_inflated(hello, "Hello", hello);                                                   // 7.2.3.2
  expect_inflated(bytes("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello");          // 7.2.3.3
  expect_inflated(bytes("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello");                      // 7.2.3.4
  expect_inflated(bytes("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello");  // 7.2.3.5
  expect_inflated(bytes("\x00"), "");                                                       // 7.2.3.6
  expect_inflated(bytes("\x02\x00"), "");
}

TEST(PermessageDeflate, examples_of_section_7_2_3_are_written) {
  EXPECT_EQ(deflated("Hello"), bytes("\xf2\x48\xcd\xc9\xc9\x07\x00"));
  EXPECT_EQ(deflated(""), bytes("\x00"));
  Deflater deflater(15);
  std::string out;
  deflater.append(out, "Hello");
  EXPECT_EQ(out, bytes("\xf2\x48\xcd\xc9\xc9\x07\x00"));
  out.clear();
  deflater.append(out, "Hello");
  EXPECT_EQ(out, bytes("\xf2\x00\x11\x00\x00"));
  out.clear();
  deflater.reset();
  deflater.append(out, "Hello");
  EXPECT_EQ(out, bytes("\xf2\x48\xcd\xc9\xc9\x07\x00"));
}

TEST(PermessageDeflate, a_final_block_keeps_the_window_for_what_follows) {
  expect_inflated(bytes("\xf2\x00\x11\x00\x00"), "Hello", bytes("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
}

TEST(PermessageDeflate, an_empty_message_between_others_disturbs_nothing) {
  Deflater deflater(15);
  Inflater inflater;
  for (const char* message : {"", "Hello", "", "", "Hello, Hello", ""}) {
    std::string payload;
    deflater.append(payload, message);
    std::string out;
    ASSERT_EQ(inflater.append(out, payload, kLimit), Result::kOk);
    ASSERT_EQ(inflater.finish(out, kLimit), Result::kOk);
    EXPECT_EQ(out, message);
  }
}

// Text that repeats itself at every distance up to 100,000.
std::string repetitive() {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < 200'000) {
    if (text.size() > 100 && random() % 3 != 0) {
      const std::size_t back = 1 + random() % std::min<std::size_t>(text.size(), 100'000);
      const std::size_t size = 3 + random() % 300;
      for (std::size_t i = 0; i < size; ++i) text.push_back(text[text.size() - back]);
    } else {
      text.push_back(static_cast<char>(random() % 256));
    }
  }
  return text;
}

TEST(PermessageDeflate, what_is_written_for_a_window_needs_no_larger_one) {
  const std::string text = repetitive();
  for (std::uint8_t bits = 8; bits <= 15; ++bits) EXPECT_EQ(inflated(deflated(text, bits), bits), text) << int{bits};
  EXPECT_LT(deflated(text, 15).size(), deflated(text, 8).size());
  Deflater deflater(8);  // and over messages
  Inflater inflater(8);
  for (std::size_t at = 0; at < text.size(); at += 997) {
    std::string payload;
    deflater.append(payload, Bytes(text).substr(at, 997));
    std::string out;
    for (const char byte : payload) ASSERT_EQ(inflater.append(out, {&byte, 1}, kLimit), Result::kOk);
    ASSERT_EQ(inflater.finish(out, kLimit), Result::kOk);
    ASSERT_EQ(out, text.substr(at, 997));
  }
}

TEST(PermessageDeflate, sixteen_mebibytes_go_both_ways) {
  std::mt19937_64 random(2);
  std::string noise;
  while (noise.size() < (16u << 20)) noise.push_back(static_cast<char>(random()));
  EXPECT_EQ(inflated(deflated(noise)), noise);
  const std::string same(16u << 20, 'x');
  EXPECT_LT(deflated(same).size(), 20'000U);
  EXPECT_EQ(inflated(deflated(same)), same);
}

TEST(PermessageDeflate, a_bomb_stops_at_the_limit_and_takes_no_more_memory) {
  const std::string bomb = deflated(std::string(64u << 20, '\0'));
  Inflater inflater;
  std::string out;
  EXPECT_EQ(inflater.append(out, bomb, 100'000), Result::kTooLong);
  EXPECT_LE(out.capacity(), 400'000U);
  std::string exact;
  inflater.reset();
  const std::string fits = deflated(std::string(100'000, '\0'));
  EXPECT_EQ(inflater.append(exact, fits, 100'000), Result::kOk);
  EXPECT_EQ(inflater.finish(exact, 100'000), Result::kOk);
  inflater.reset();
  exact.clear();
  EXPECT_EQ(inflater.append(exact, fits, 99'999), Result::kTooLong);
}

TEST(PermessageDeflate, corrupt_and_cut_off_data_is_refused) {
  for (const std::string& payload : {bytes("\xff\xff\xff"), bytes("\x06"), bytes("\x00\x05\x00\xfa\xfe\x48\x65"),
                                     bytes("\xf2\x48\xcd\xc9"), bytes("\x00\x05\x00\xfa\xff\x48\x65"),
                                     bytes("\xf3\x48\xcd\xc9\xc9\x07\x00"), bytes(""), bytes("\xf2\x00\x11\x00\x00")}) {
    for_every_cut(payload, [](const std::vector<Bytes>& pieces) {
      Inflater inflater;
      std::string out;
      bool good = true;
      feed_pieces(pieces, [&](Bytes piece) { return good = inflater.append(out, piece, kLimit) == Result::kOk; });
      ASSERT_TRUE(!good || inflater.finish(out, kLimit) == Result::kCorrupt);
    });
  }
}

TEST(PermessageDeflate, an_inflater_reads_on_after_a_reset) {
  Inflater inflater;
  std::string out;
  EXPECT_EQ(inflater.append(out, "\xff\xff", kLimit), Result::kCorrupt);
  inflater.reset();
  EXPECT_EQ(inflater.append(out, bytes("\xf2\x48\xcd\xc9\xc9\x07\x00"), kLimit), Result::kOk);
  EXPECT_EQ(inflater.finish(out, kLimit), Result::kOk);
  EXPECT_EQ(out, "Hello");
  inflater.reset();
  EXPECT_EQ(inflater.append(out, bytes("\xf2\x00\x11\x00\x00"), kLimit), Result::kCorrupt) << "the window is gone";
}

}  // namespace
