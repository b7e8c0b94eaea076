#include "wire/utf8.h"

#include <array>
#include <cstring>

namespace wire {
namespace {

// States: what the next byte must be. The four special ones exclude overlong forms, surrogates and values above
// U+10FFFF.
enum State : std::uint8_t { kStart, kOneMore, kTwoMore, kThreeMore, kAfterE0, kAfterEd, kAfterF0, kAfterF4, kInvalid };

struct Continuation {
  std::uint8_t low;
  std::uint8_t high;
  State next;
};

// Unicode table 3-7, columns of the second and later bytes, by state.
constexpr Continuation kContinuations[] = {{1, 0, kInvalid},       {0x80, 0xBF, kStart},   {0x80, 0xBF, kOneMore},
                                           {0x80, 0xBF, kTwoMore}, {0xA0, 0xBF, kOneMore}, {0x80, 0x9F, kOneMore},
                                           {0x90, 0xBF, kTwoMore}, {0x80, 0x8F, kTwoMore}, {1, 0, kInvalid}};

// Unicode table 3-7, column of the first byte.
constexpr State after_first(unsigned byte) {
  if (byte < 0x80) return kStart;
  if (byte < 0xC2) return kInvalid;
  if (byte < 0xE0) return kOneMore;
  if (byte == 0xE0) return kAfterE0;
  if (byte == 0xED) return kAfterEd;
  if (byte < 0xF0) return kTwoMore;
  if (byte == 0xF0) return kAfterF0;
  if (byte < 0xF4) return kThreeMore;
  return byte == 0xF4 ? kAfterF4 : kInvalid;
}

constexpr auto kFirst = [] {
  std::array<State, 256> states{};
  for (unsigned byte = 0; byte < states.size(); ++byte) states[byte] = after_first(byte);
  return states;
}();

const char* skip_ascii(const char* at, const char* end) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  while (end - at >= 16) {
    std::uint64_t words[2];
    std::memcpy(words, at, sizeof words);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
    at += 16;
  }
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8Validator::feed(Bytes bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::uint8_t state = state_;
  while (at != end && state != kInvalid) {
    if (state == kStart) {
      at = skip_ascii(at, end);
      if (at == end) break;
      state = kFirst[static_cast<unsigned char>(*at++)];
    } else {
      const auto byte = static_cast<unsigned char>(*at++);
      const Continuation& expected = kContinuations[state];
      state = byte >= expected.low && byte <= expected.high ? expected.next : kInvalid;
    }
  }
  state_ = state;
  return state != kInvalid;
}

}  // namespace wire
