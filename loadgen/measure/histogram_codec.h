// The V2 encoding of HdrHistogram, as base64, both ways: what hdr-histogram-js, HdrHistogram (Java, C, Go, Python …)
// read and write.
//
//   V2            int32 cookie 0x1c849303, int32 payload length, int32 normalising index offset (0), int32 significant
//   digits,
//                 int64 lowest discernible value, int64 highest trackable value, double integer-to-double ratio (1.0),
//                 payload
//   payload       one ZigZag LEB128 number (64 bit in at most 9 bytes: the ninth carries 8 bits) a counter, up to the
//   last in use;
//                 a negative number -n stands for n counters of 0
//   V2 compressed int32 cookie 0x1c849304, int32 length, and the above through zlib
//
// All big-endian. Writers set 0x10 in the cookies (word size "1": variable); readers ignore the bits 0xf0.
// hdr-histogram-js 3.0.1 writes an offset of 1 and the ratio as the integer 1, and reads neither; such a header is
// accepted too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loadgen/measure/histogram.h"

namespace measure {

enum class Encoding : std::uint8_t { kPlain, kCompressed };

enum class DecodeError : std::uint8_t {
  kNone,
  kBase64,     // not base64
  kTruncated,  // ends too early, or a length inside disagrees with the bytes
  kCookie,     // neither V2 nor V2 compressed
  kLayout,     // another number of digits, unit, offset or ratio: its counters are not ours
  kZlib,       // the compressed part is damaged, or larger than any histogram of ours
  kCounters,   // a counter beyond 1 h, or a number that no counter can have
};
std::string_view decode_error_name(DecodeError error);  // "not base64", …, for messages

struct DecodedHistogram {
  DecodeError error = DecodeError::kNone;
  Histogram histogram;  // empty unless kNone
};

// below_range() and above_range() are not part of the encoding.
std::string encode_histogram(const Histogram& histogram, Encoding encoding = Encoding::kCompressed);

// Either encoding, told apart by the cookie. The writer may have had another highest trackable value.
DecodedHistogram decode_histogram(std::string_view base64);

}  // namespace measure
