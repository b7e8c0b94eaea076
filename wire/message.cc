#include "wire/message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace wire {
namespace {

constexpr Bytes kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> kDigitOf = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) table[static_cast<std::uint8_t>(kAlphabet[i])] = std::uint8_t(i);
  return table;
}();

// A number inside the marker: `kDigits` base-64 digits at `kAt`.
template <std::size_t kAt, std::size_t kDigits>
struct Field {
  static constexpr std::uint64_t kMax = (std::uint64_t{1} << (6 * kDigits)) - 1;

  static void write(char* marker, std::uint64_t value) {
    for (std::size_t i = kDigits; i-- > 0; value >>= 6) marker[kAt + i] = kAlphabet[value & 63];
  }
  // Gathers in `seen` the bits of every digit read: above 63 when one of them was none.
  static std::uint64_t read(const char* marker, std::uint8_t& seen) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kDigits; ++i) {
      const std::uint8_t digit = kDigitOf[static_cast<std::uint8_t>(marker[kAt + i])];
      seen |= digit;
      value = value << 6 | digit;
    }
    return value;
  }
};
using Publisher = Field<4, 4>;
using Sequence = Field<8, 7>;
using Intended = Field<15, 10>;
using SendLag = Field<25, 7>;
using Length = Field<32, 5>;
using Check = Field<37, 3>;

// Finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t load(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// Of the 37 characters before the check, the last word overlapping the one before. Five independent products of odd
// factors: no change inside one word can cancel out before the final mix.
std::uint64_t check_of(const char* marker) {
  const std::uint64_t sum = load(marker) * 0x9e3779b97f4a7c15u + load(marker + 8) * 0xc2b2ae3d27d4eb4fu +
                            load(marker + 16) * 0x165667b19e3779f9u + load(marker + 24) * 0xd6e8feb86659fd93u +
                            load(marker + 29) * 0xa0761d6478bd642fu;
  return mix(sum) & Check::kMax;
}

// Longer than the 32 KiB window of DEFLATE, so that compression finds no repetition in payloads that wrap around it.
constexpr std::size_t kPadSize = std::size_t{64} << 10;
using Pad = std::array<char, kPadSize>;

const Pad& pad() {
  static const Pad made = [] {
    Pad characters;
    std::uint64_t state = 0x7075736862656e63u;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kPadSize; ++i, bits >>= 6) {
      if (i % 10 == 0) bits = mix(state += 0x9e3779b97f4a7c15u);  // 64 bits: ten characters
      characters[i] = kAlphabet[bits & 63];
    }
    return characters;
  }();
  return made;
}

// Where the filler of a message begins in the pad.
std::size_t filler_place(const Marker& marker) {
  return mix(std::uint64_t{marker.publisher} << 42 ^ marker.sequence) % kPadSize;
}

bool is_filler(Bytes bytes, std::size_t place) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kPadSize - place);
    if (std::memcmp(bytes.data(), pad().data() + place, size) != 0) return false;
    bytes.remove_prefix(size);
    place = 0;
  }
  return true;
}

// `bytes` starts with the magic.
bool read_marker(Bytes bytes, Marker& marker) {
  if (bytes.size() < kMarkerSize) return false;
  std::uint8_t seen = 0;
  marker.publisher = static_cast<std::uint32_t>(Publisher::read(bytes.data(), seen));
  marker.sequence = Sequence::read(bytes.data(), seen);
  marker.intended = Time(Nanos(static_cast<Nanos::rep>(Intended::read(bytes.data(), seen))));
  marker.sent = marker.intended + Nanos(static_cast<Nanos::rep>(SendLag::read(bytes.data(), seen)));
  marker.length = static_cast<std::uint32_t>(Length::read(bytes.data(), seen));
  const std::uint64_t check = Check::read(bytes.data(), seen);
  if (seen > 63 || check != check_of(bytes.data())) return false;
  return marker.length >= kMarkerSize && marker.length <= kMaxPayloadSize;
}

bool read_payload(Bytes bytes, Marker& marker) {
  if (!read_marker(bytes, marker) || marker.length > bytes.size()) return false;
  return is_filler(bytes.substr(kMarkerSize, marker.length - kMarkerSize), filler_place(marker));
}

std::size_t find_magic(Bytes bytes) {
  constexpr std::size_t kSize = kMarkerMagic.size();  // known here: compared without a call
  if (bytes.size() >= kSize && std::memcmp(bytes.data(), kMarkerMagic.data(), kSize) == 0) return 0;
  return bytes.find(kMarkerMagic);
}

}  // namespace

void append_payload(std::string& out, const Marker& marker) {
  const Nanos::rep lag = std::max<Nanos::rep>((marker.sent - marker.intended).count(), 0);
  char head[kMarkerSize];
  std::memcpy(head, kMarkerMagic.data(), kMarkerMagic.size());
  Publisher::write(head, marker.publisher);
  Sequence::write(head, marker.sequence);
  Intended::write(head, static_cast<std::uint64_t>(marker.intended.time_since_epoch().count()));
  SendLag::write(head, std::min(static_cast<std::uint64_t>(lag), SendLag::kMax));
  Length::write(head, marker.length);
  Check::write(head, check_of(head));

  out.reserve(out.size() + marker.length);
  out.append(head, kMarkerSize);
  std::size_t place = filler_place(marker);
  for (std::size_t left = marker.length - kMarkerSize; left > 0; place = 0) {
    const std::size_t size = std::min(left, kPadSize - place);
    out.append(pad().data() + place, size);
    left -= size;
  }
}

Found find_payload(Bytes bytes) {
  Found found;
  const std::size_t offset = find_magic(bytes);
  if (offset == Bytes::npos) return found;
  found.offset = offset;
  found.error = read_payload(bytes.substr(offset), found.marker) ? MarkerError::kNone : MarkerError::kCorrupt;
  return found;
}

std::size_t marker_length(Bytes bytes) {
  Marker marker;
  return bytes.starts_with(kMarkerMagic) && read_marker(bytes, marker) ? marker.length : 0;
}

}  // namespace wire
