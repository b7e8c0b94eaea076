#include "loadgen/measure/histogram_codec.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

namespace measure {
namespace {

constexpr std::uint32_t kCookiePlain = 0x1c849303;
constexpr std::uint32_t kCookieCompressed = 0x1c849304;
constexpr std::uint32_t kCookieWordSize = 0x10;
constexpr std::uint32_t kCookieMask = 0xffffff0f;
constexpr std::size_t kHeaderSize = 40;
constexpr std::size_t kMaxNumberSize = 9;
// Every histogram of ours fits; what inflates to more is not one.
constexpr std::size_t kMaxEncodedSize = kHeaderSize + kMaxNumberSize * Histogram::kCounters;

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

std::uint64_t read_big_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

void append_number(std::string& out, std::int64_t number) {
  std::uint64_t zigzag = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  for (std::size_t i = 1; i < kMaxNumberSize && zigzag >= 0x80; ++i) {
    out.push_back(static_cast<char>((zigzag & 0x7f) | 0x80));
    zigzag >>= 7;
  }
  out.push_back(static_cast<char>(zigzag));  // of the ninth byte all 8 bits count
}

// Takes one number off the front of `bytes`; nullopt when they end inside it.
std::optional<std::int64_t> take_number(std::string_view& bytes) {
  std::uint64_t zigzag = 0;
  for (std::size_t i = 0; i < kMaxNumberSize; ++i) {
    if (i == bytes.size()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const bool last = i + 1 == kMaxNumberSize || byte < 0x80;
    zigzag |= static_cast<std::uint64_t>(i + 1 == kMaxNumberSize ? byte : byte & 0x7f) << (7 * i);
    if (last) {
      bytes.remove_prefix(i + 1);
      break;
    }
  }
  return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
}

std::string encode_counters(const Histogram& histogram) {
  const auto counters = histogram.counters();
  std::size_t limit = counters.size();
  while (limit > 1 && counters[limit - 1] == 0) --limit;  // an empty histogram has one counter of 0
  std::string payload;
  for (std::size_t index = 0; index < limit;) {
    if (counters[index] != 0) {
      constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
      append_number(payload, static_cast<std::int64_t>(std::min(counters[index++], kMost)));
      continue;
    }
    std::int64_t zeros = 0;
    for (; index < limit && counters[index] == 0; ++index) ++zeros;
    append_number(payload, zeros == 1 ? 0 : -zeros);
  }
  return payload;
}

std::string encode_plain(const Histogram& histogram) {
  const std::string payload = encode_counters(histogram);
  std::string out;
  out.reserve(kHeaderSize + payload.size());
  append_big_endian(out, kCookiePlain | kCookieWordSize, 4);
  append_big_endian(out, payload.size(), 4);
  append_big_endian(out, 0, 4);
  append_big_endian(out, Histogram::kSignificantDigits, 4);
  append_big_endian(out, Histogram::kLowestDiscernible, 8);
  append_big_endian(out, Histogram::kHighestTrackable, 8);
  append_big_endian(out, std::bit_cast<std::uint64_t>(1.0), 8);
  return out += payload;
}

std::string compress_encoded(const std::string& plain) {
  uLongf size = compressBound(static_cast<uLong>(plain.size()));
  std::string zipped(size, '\0');
  // Fails only without memory or with too small a buffer, and compressBound() is large enough.
  compress2(reinterpret_cast<Bytef*>(zipped.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
            static_cast<uLong>(plain.size()), Z_DEFAULT_COMPRESSION);
  std::string out;
  append_big_endian(out, kCookieCompressed | kCookieWordSize, 4);
  append_big_endian(out, size, 4);
  return out.append(zipped, 0, size);
}

std::string to_base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a NUL
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::size_t kMaxText = 2 * kMaxEncodedSize;  // base64 and zlib together add less than half
  if (text.empty() || text.size() % 4 != 0 || text.size() > kMaxText) return std::nullopt;
  const std::size_t end = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - end;
  if (padding > 2 || text.find_last_not_of('=') != end - 1) return std::nullopt;
  // OpenSSL skips blanks at both ends, ends at a '-' and takes '=' anywhere for 0: here they are errors like any other
  // character.
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, end).find_first_not_of(kAlphabet) != std::string_view::npos) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

DecodeError decode_counters(std::string_view payload, Histogram& histogram) {
  std::size_t index = 0;
  while (!payload.empty()) {
    const auto number = take_number(payload);
    if (!number) return DecodeError::kTruncated;
    if (*number >= 0) {
      if (index >= Histogram::kCounters) return DecodeError::kCounters;
      histogram.add_at(index++, static_cast<std::uint64_t>(*number));
      continue;
    }
    if (*number < -static_cast<std::int64_t>(Histogram::kCounters - index)) return DecodeError::kCounters;
    index += static_cast<std::size_t>(-*number);
  }
  return DecodeError::kNone;
}

DecodeError decode_plain(std::string_view bytes, Histogram& histogram) {
  if (bytes.size() < kHeaderSize) return DecodeError::kTruncated;
  if ((read_big_endian(bytes, 0, 4) & kCookieMask) != kCookiePlain) return DecodeError::kCookie;
  const std::uint64_t length = read_big_endian(bytes, 4, 4);
  const std::uint64_t offset = read_big_endian(bytes, 8, 4);
  const std::uint64_t ratio = read_big_endian(bytes, 32, 8);
  const bool unscaled = (offset == 0 && ratio == std::bit_cast<std::uint64_t>(1.0)) || (offset == 1 && ratio == 1);
  const bool ours = unscaled && read_big_endian(bytes, 12, 4) == Histogram::kSignificantDigits &&
                    read_big_endian(bytes, 16, 8) == Histogram::kLowestDiscernible;
  if (!ours) return DecodeError::kLayout;
  if (length != bytes.size() - kHeaderSize) return DecodeError::kTruncated;
  return decode_counters(bytes.substr(kHeaderSize), histogram);
}

DecodeError decode_compressed(std::string_view bytes, Histogram& histogram) {
  if (bytes.size() < 8 || read_big_endian(bytes, 4, 4) != bytes.size() - 8) return DecodeError::kTruncated;
  std::string plain(kMaxEncodedSize, '\0');
  uLongf size = static_cast<uLongf>(plain.size());
  const int status = uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data() + 8), static_cast<uLong>(bytes.size() - 8));
  if (status != Z_OK) return DecodeError::kZlib;
  return decode_plain(std::string_view(plain).substr(0, size), histogram);
}

}  // namespace

std::string encode_histogram(const Histogram& histogram, Encoding encoding) {
  const std::string plain = encode_plain(histogram);
  return to_base64(encoding == Encoding::kPlain ? plain : compress_encoded(plain));
}

DecodedHistogram decode_histogram(std::string_view base64) {
  DecodedHistogram decoded;
  const auto bytes = from_base64(base64);
  if (!bytes) {
    decoded.error = DecodeError::kBase64;
  } else if (bytes->size() < 4) {
    decoded.error = DecodeError::kTruncated;
  } else if ((read_big_endian(*bytes, 0, 4) & kCookieMask) == kCookieCompressed) {
    decoded.error = decode_compressed(*bytes, decoded.histogram);
  } else {
    decoded.error = decode_plain(*bytes, decoded.histogram);
  }
  if (decoded.error != DecodeError::kNone) decoded.histogram = Histogram();
  return decoded;
}

std::string_view decode_error_name(DecodeError error) {
  switch (error) {
    case DecodeError::kNone:
      return "no error";
    case DecodeError::kBase64:
      return "not base64";
    case DecodeError::kTruncated:
      return "incomplete, or a length that disagrees with the bytes";
    case DecodeError::kCookie:
      return "not an HdrHistogram V2 encoding";
    case DecodeError::kLayout:
      return "a histogram of another layout (3 significant digits from 1 ns are needed)";
    case DecodeError::kZlib:
      return "damaged or oversized compressed data";
    case DecodeError::kCounters:
      return "counters beyond the range of 1 h";
  }
  return "unknown error";
}

}  // namespace measure
