#include "wire/message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "allocations.h"

namespace {

using wire::Bytes;
using wire::find_payload;
using wire::Found;
using wire::Marker;
using wire::MarkerError;
using wire::Nanos;
using wire::Time;

constexpr Bytes kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Marker marker(std::uint32_t length, std::uint64_t sequence = 1, std::uint32_t publisher = 3) {
  return {publisher, sequence, Time(Nanos(123'456'789)), Time(Nanos(123'459'789)), length};
}

std::string payload(const Marker& marker) {
  std::string bytes;
  wire::append_payload(bytes, marker);
  return bytes;
}

void expect_equal(const Marker& found, const Marker& expected) {
  EXPECT_EQ(found.publisher, expected.publisher);
  EXPECT_EQ(found.sequence, expected.sequence);
  EXPECT_EQ(found.intended, expected.intended);
  EXPECT_EQ(found.sent, expected.sent);
  EXPECT_EQ(found.length, expected.length);
}

// FNV-1a, so that a long golden payload fits on a line.
std::uint64_t fingerprint(Bytes bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : bytes) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3u;
  return hash;
}

// Programs of different builds and machines exchange these bytes: they may change only together with the magic's
// version. The expected ones were computed by a program of another language, written from the description of the
// format.
TEST(MessageFormat, is_fixed) {
  EXPECT_EQ(payload(marker(40)), "~pb1AAADAAAAAABAAAAAHW80VAAAAAu4AAAAoH_4");
  EXPECT_EQ(payload(marker(100, 2, 0x123456)),
            "~pb1EjRWAAAAAACAAAAAHW80VAAAAAu4AAABkpJb"
            "h-_h0QbovDBTJHW-2yQvpaIeXIHmrtnjL0DxsWiw1JdCTqudRbWfDSZ1iAem");
  EXPECT_EQ(fingerprint(payload(marker(200'000))), 0x991cefaeb375e36du);
}

TEST(MessageFormat, fields_are_where_the_header_says) {
  const std::string bytes = payload({0xffffff, 2, Time(Nanos(64)), Time(Nanos(64 + 63)), 130});
  EXPECT_EQ(bytes.size(), 130u);
  EXPECT_EQ(bytes.substr(0, 37),
            "~pb1"
            "____"
            "AAAAAAC"
            "AAAAAAAABA"
            "AAAAAA_"
            "AAACC");
}

TEST(MessageFormat, is_of_base64url_characters_after_the_magic) {
  const std::string bytes = payload(marker(200'000));
  EXPECT_EQ(bytes.find_first_not_of(kDigits), 0u);
  EXPECT_EQ(bytes.find_first_not_of(kDigits, 1), std::string::npos);
}

TEST(MessageFormat, widest_values_survive) {
  const Time intended(Nanos((std::int64_t{1} << 60) - 1));
  const Nanos lag((std::int64_t{1} << 42) - 1);
  const Marker widest{(1u << 24) - 1, (std::uint64_t{1} << 42) - 1, intended, intended + lag, 41};
  const Found found = find_payload(payload(widest));
  EXPECT_EQ(found.error, MarkerError::kNone);
  expect_equal(found.marker, widest);
}

TEST(MessageFormat, send_lag_saturates) {
  Marker late = marker(40);
  late.sent = late.intended + std::chrono::hours(2);
  const Found found = find_payload(payload(late));
  EXPECT_EQ(found.error, MarkerError::kNone);
  EXPECT_EQ(found.marker.sent - found.marker.intended, Nanos((std::int64_t{1} << 42) - 1));
}

TEST(MessageFormat, a_send_time_before_the_intended_one_is_no_lag) {
  Marker early = marker(40);
  early.sent = early.intended - Nanos(1);
  EXPECT_EQ(find_payload(payload(early)).marker.sent, early.intended);
}

TEST(MessageFormat, filler_differs_from_message_to_message_and_between_publishers) {
  const auto filler = [](std::uint64_t sequence, std::uint32_t publisher) {
    return payload(marker(100, sequence, publisher)).substr(wire::kMarkerSize);
  };
  EXPECT_NE(filler(1, 1), filler(2, 1));
  EXPECT_NE(filler(1, 1), filler(1, 2));
}

TEST(Message, of_every_length_is_found) {
  for (std::uint32_t length = 40; length <= 600; ++length) {
    const Found found = find_payload(payload(marker(length, length)));
    ASSERT_EQ(found.error, MarkerError::kNone) << length;
    EXPECT_EQ(found.offset, 0u);
    expect_equal(found.marker, marker(length, length));
  }
}

TEST(Message, longer_than_the_pad_is_found) {
  for (const std::uint32_t length : {65'536u, 65'576u, 65'577u, 131'113u, 1'000'000u, 16u << 20}) {
    EXPECT_EQ(find_payload(payload(marker(length))).error, MarkerError::kNone) << length;
  }
}

TEST(Message, is_appended_after_what_is_there) {
  std::string bytes = "before";
  wire::append_payload(bytes, marker(100));
  EXPECT_EQ(bytes, "before" + payload(marker(100)));
}

TEST(Message, is_found_inside_a_foreign_wrapper) {
  for (const Bytes before : {"", "{\"data\":\"", "~", "~~~", "~pb", "~pb~pb0", "42[\"message\",\"~p"}) {
    const std::string bytes = std::string(before) + payload(marker(100)) + "\"}~pb1";
    const Found found = find_payload(bytes);
    EXPECT_EQ(found.error, MarkerError::kNone) << before;
    EXPECT_EQ(found.offset, before.size());
    expect_equal(found.marker, marker(100));
  }
}

TEST(Message, the_first_of_two_is_found) {
  const Found found = find_payload(payload(marker(50, 1)) + payload(marker(50, 2)));
  EXPECT_EQ(found.error, MarkerError::kNone);
  EXPECT_EQ(found.marker.sequence, 1u);
}

TEST(Message, absence_is_told_from_damage) {
  for (const Bytes bytes : {"", "~", "~pb", "~pb2", "hello", "pb1", "~ pb1"}) {
    EXPECT_EQ(find_payload(bytes).error, MarkerError::kAbsent) << bytes;
  }
}

TEST(Message, cut_short_anywhere_after_the_magic_is_corrupt) {
  const std::string whole = payload(marker(150));
  for (std::size_t size = 4; size < whole.size(); ++size) {
    EXPECT_EQ(find_payload(whole.substr(0, size)).error, MarkerError::kCorrupt) << size;
  }
}

TEST(Message, every_change_of_one_byte_is_noticed) {
  for (const std::uint32_t length : {40u, 41u, 100u}) {
    const std::string whole = payload(marker(length));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(value);
        if (damaged == whole) continue;
        const MarkerError expected = at < 4 ? MarkerError::kAbsent : MarkerError::kCorrupt;
        ASSERT_EQ(find_payload(damaged).error, expected) << "byte " << at << " made " << value;
      }
    }
  }
}

TEST(Message, a_change_anywhere_in_a_long_filler_is_noticed) {
  const std::string whole = payload(marker(140'000));
  for (std::size_t at = wire::kMarkerSize; at < whole.size(); at += 997) {
    std::string damaged = whole;
    damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(find_payload(damaged).error, MarkerError::kCorrupt) << at;
  }
}

TEST(Message, exchanged_characters_of_the_marker_are_noticed) {
  const std::string whole =
      payload({0x123456, 987'654'321, Time(Nanos(1'234'567'890'123)), Time(Nanos(1'234'567'999'999)), 40});
  for (std::size_t first = 4; first < wire::kMarkerSize; ++first) {
    for (std::size_t second = first + 1; second < wire::kMarkerSize; ++second) {
      std::string damaged = whole;
      std::swap(damaged[first], damaged[second]);
      if (damaged == whole) continue;
      EXPECT_EQ(find_payload(damaged).error, MarkerError::kCorrupt) << first << " with " << second;
    }
  }
}

TEST(Message, a_byte_lost_doubled_or_exchanged_with_its_neighbour_is_noticed) {
  const std::string whole = payload(marker(150));
  for (std::size_t at = 4; at < whole.size(); ++at) {
    std::string lost = whole + "tail";
    lost.erase(at, 1);
    EXPECT_EQ(find_payload(lost).error, MarkerError::kCorrupt) << "lost " << at;
    // Doubling or exchanging may change nothing within the payload: at its end, or between two bytes alike.
    if (at + 1 == whole.size() || whole[at] == whole[at + 1]) continue;
    std::string doubled = whole;
    doubled.insert(at, 1, whole[at]);
    EXPECT_EQ(find_payload(doubled).error, MarkerError::kCorrupt) << "doubled " << at;
    std::string exchanged = whole;
    std::swap(exchanged[at], exchanged[at + 1]);
    EXPECT_EQ(find_payload(exchanged).error, MarkerError::kCorrupt) << "exchanged " << at;
  }
}

TEST(Message, filler_of_another_message_is_noticed) {
  const std::string bytes =
      payload(marker(100, 1)).substr(0, wire::kMarkerSize) + payload(marker(100, 2)).substr(wire::kMarkerSize);
  EXPECT_EQ(find_payload(bytes).error, MarkerError::kCorrupt);
}

TEST(Message, a_length_that_no_payload_has_is_corrupt) {
  // Their checks are good.
  const Bytes length_0 = "~pb1AAADAAAAAABAAAAAHW80VAAAAAu4AAAAArJK";
  const Bytes length_39 = "~pb1AAADAAAAAABAAAAAHW80VAAAAAu4AAAAn1UA";
  EXPECT_EQ(find_payload(length_0).error, MarkerError::kCorrupt);
  EXPECT_EQ(find_payload(length_39).error, MarkerError::kCorrupt);
  EXPECT_EQ(find_payload(payload(marker((16u << 20) + 1))).error, MarkerError::kCorrupt);
}

TEST(Message, damage_shows_what_could_be_read) {
  std::string bytes = payload(marker(100, 77));
  bytes.back() = '!';
  const Found found = find_payload(bytes);
  EXPECT_EQ(found.error, MarkerError::kCorrupt);
  EXPECT_EQ(found.marker.sequence, 77u);
}

TEST(MessageMemory, writing_and_finding_need_no_allocation) {
  std::string bytes;
  wire::append_payload(bytes, marker(1000));
  const std::uint64_t before = allocations();
  for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) {
    bytes.clear();
    wire::append_payload(bytes, marker(1000, sequence));
    EXPECT_EQ(find_payload(bytes).error, MarkerError::kNone);
  }
  EXPECT_EQ(allocations() - before, 0u);
}

}  // namespace
