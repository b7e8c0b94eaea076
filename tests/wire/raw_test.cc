// Messages without anything between them, split by their markers: whole, byte by byte, and cut at every position.
#include "wire/raw.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/message.h"

namespace wire::raw {
namespace {

using Texts = std::vector<std::string>;

std::string message(std::uint64_t sequence, std::uint32_t length) {
  std::string out;
  append_payload(out, {.publisher = 3, .sequence = sequence, .length = length});
  return out;
}

class Collector final : public Splitter::Handler {
 public:
  void on_message(Bytes message) override {
    got.emplace_back(message);
    if (reset_after == got.size()) splitter->reset();
  }
  void on_too_large() override { got.push_back("[too large]"); }
  Texts got;
  Splitter* splitter = nullptr;
  std::size_t reset_after = 0;
};

Texts split(const std::vector<std::string>& pieces, std::size_t limit = 1000) {
  Splitter splitter(limit);
  Collector collector;
  for (const std::string& piece : pieces) splitter.feed(piece, collector);
  return collector.got;
}

Texts bytes_of(const std::string& stream) {
  Texts pieces;
  for (const char c : stream) pieces.emplace_back(1, c);
  return pieces;
}

TEST(RawSplitter, finds_the_end_of_each_message_by_its_marker) {
  const Texts messages = {message(1, 40), message(2, 41), message(3, 500), message(4, 40)};
  const std::string stream = messages[0] + messages[1] + messages[2] + messages[3];
  EXPECT_EQ(split({stream}), messages);
  EXPECT_EQ(split(bytes_of(stream)), messages);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ASSERT_EQ(split({stream.substr(0, cut), stream.substr(cut)}), messages) << cut;
  }
}

TEST(RawSplitter, leaves_out_line_ends_between_messages) {
  const Texts messages = {message(1, 40), message(2, 70)};
  const std::string stream = "\r\n" + messages[0] + "\n" + messages[1] + "\n \t";
  EXPECT_EQ(split({stream}), messages);
  EXPECT_EQ(split(bytes_of(stream)), messages);
}

TEST(RawSplitter, hands_out_what_no_marker_explains_as_it_comes) {
  EXPECT_EQ(split({"hello ", "world\n"}), (Texts{"hello ", "world\n"}));
  const std::string good = message(1, 50);
  EXPECT_EQ(split({"before " + good + "after"}), (Texts{"before ", good, "after"}));
}

TEST(RawSplitter, takes_a_damaged_marker_with_what_follows_it_as_one_message) {
  std::string damaged = message(1, 60);
  damaged[20] = damaged[20] == 'A' ? 'B' : 'A';
  const std::string good = message(2, 60);
  EXPECT_EQ(split({damaged + good}), (Texts{damaged, good}));
}

TEST(RawSplitter, tells_of_a_message_above_the_limit_before_it_has_come) {
  EXPECT_EQ(split({message(1, 40) + message(2, 101).substr(0, 40)}, 100), (Texts{message(1, 40), "[too large]"}));
  EXPECT_EQ(split({message(1, 100)}, 100), Texts{message(1, 100)});
}

TEST(RawSplitter, forgets_the_rest_of_a_read_when_it_is_reset_inside_it) {
  Splitter splitter(1000);
  Collector collector;
  collector.splitter = &splitter;
  collector.reset_after = 1;
  splitter.feed(message(1, 40) + message(2, 40) + message(3, 40).substr(0, 10), collector);
  EXPECT_EQ(collector.got, Texts{message(1, 40)});
  EXPECT_FALSE(splitter.mid_message());
  splitter.feed(message(4, 40), collector);
  EXPECT_EQ(collector.got.back(), message(4, 40));
}

}  // namespace
}  // namespace wire::raw
