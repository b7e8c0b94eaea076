// The marker that every published message carries, and the payload around it.
//
// 40 ASCII characters of the base64url alphabet plus '~': legal unchanged in JSON strings, HTML, SSE data, WebSocket
// text and URLs, so a marker is found wherever a foreign server wraps the message.
//
//   offset size field       encoding: big-endian base-64 digits, alphabet of RFC 4648 section 5
//        0    4 "~pb1"      magic and version
//        4    4 publisher   24 bit
//        8    7 sequence    42 bit; per publisher and topic, first is 1
//       15   10 intended    60 bit, ns of CLOCK_MONOTONIC
//       25    7 send lag    42 bit, ns, sent - intended; saturates at 73 min
//       32    5 length      30 bit, bytes of the whole payload including this marker
//       37    3 check       18 bit hash of the 37 characters before
//
// The rest of the payload is filler cut from one pseudo-random pad at a place that depends on (publisher, sequence): a
// receiver verifies every byte with one memcmp, at memory speed, and without a checksum per message. The filler is of
// the 64 digits, so that the magic, which begins with '~', never occurs in it; it is incompressible beyond its 6 bits a
// character.
#pragma once

#include <cstdint>
#include <string>

#include "wire/bytes.h"
#include "wire/time.h"

namespace wire {

inline constexpr Bytes kMarkerMagic = "~pb1";
inline constexpr std::size_t kMarkerSize = 40;
inline constexpr std::size_t kMaxPayloadSize = std::size_t{16} << 20;

struct Marker {
  std::uint32_t publisher = 0;
  std::uint64_t sequence = 0;
  Time intended{};
  Time sent{};               // never before `intended`
  std::uint32_t length = 0;  // bytes of the payload
};

enum class MarkerError { kNone, kAbsent, kCorrupt };

struct Found {
  MarkerError error = MarkerError::kAbsent;
  Marker marker{};  // set unless kAbsent; not to be trusted when kCorrupt, and zero when less than a marker is there
  std::size_t offset = 0;  // where the payload starts inside the bytes searched
};

// Appends one whole payload of marker.length bytes. Requires kMarkerSize <= length <= kMaxPayloadSize, and numbers
// within the widths above; a send time before the intended one counts as lag 0.
void append_payload(std::string& out, const Marker& marker);

// Looks for the first payload in `bytes` and checks it, filler included. kCorrupt: the magic is there and what follows
// is cut short, or its check, its length or its filler is wrong. What a foreign server puts before and after the
// payload is not looked at. Allocation-free; the common case (payload at offset 0) reads each byte once.
Found find_payload(Bytes bytes);

// Bytes of the payload whose marker `bytes` begin with, filler included; 0 when no good marker stands there. Requires
// kMarkerSize bytes.
std::size_t marker_length(Bytes bytes);

}  // namespace wire
